//! The contract between a scheme and the layer: the `Scheme` trait and the types that its methods take and return.

mod admission;
mod attempt;
pub(super) mod body_access;
mod body_access_for;
mod body_error;
mod credentials_field;
mod few;
mod field_edit;
pub(in crate::scheme) mod presented_field;
mod refusal;
mod scheme;
#[cfg(any(feature = "basic", feature = "bearer"))]
mod unverified;
mod verdict;

pub use self::admission::{Admission, ReplyFields};
pub use self::attempt::Attempt;
pub use self::body_access::{BodyAccess, BodyUnread};
pub use self::body_access_for::{BodyAccessFor, BodyVerdict, OnRefusal};
pub use self::body_error::BodyError;
pub use self::credentials_field::CredentialsField;
pub use self::refusal::Refusal;
pub use self::scheme::Scheme;
pub use self::verdict::{Verdict, VerdictNowOrLater};
