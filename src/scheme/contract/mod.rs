//! What does every scheme agree on with the layer?

mod admission;
mod attempt;
mod body_refused;
pub(super) mod reads;
mod reads_from;
mod refusal;
mod scheme;
mod verdict;

pub use self::admission::{Admission, ReplyFields};
pub use self::attempt::Attempt;
pub use self::body_refused::BodyRefused;
pub use self::reads::{Head, Reads};
pub use self::reads_from::{Checked, OnRefusal, ReadsFrom};
pub use self::refusal::Refusal;
pub use self::scheme::Scheme;
pub use self::verdict::{Judgement, Verdict};
