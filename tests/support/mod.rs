//! What tests of the middleware share: dependencies that keep count, a client that owes nothing to this crate, and
//! secrets that are marked so that they can be found wherever they leak to.
//!
//! A test binary declares it as `pub mod support;`: what is public there is no dead code where it is not used.
//!
//! ```ignore
//! let stand = Stand::of(&[Kind::Basic]);
//! stand.ask(get("/").basic(USER, PASSWORD)).is_admitted_as(USER);
//! stand.ask(get("/").basic(USER, WRONG)).is_refused();
//! stand.ask(get("/")).is_challenged();
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::return_self_not_must_use,
    reason = "a helper of tests fails as a test does"
)]

pub mod answer;
pub mod canary;
pub mod digest_client;
pub mod probe;
pub mod request;
pub mod run;
pub mod sigv4;
pub mod sinks;
pub mod stand;
pub mod watch;
pub mod world;

pub use self::answer::Answer;
pub use self::canary::{
    MARK, OTHER_PASSWORD, OTHER_TOKEN, OTHER_USER, PASSWORD, REALM, TOKEN, USER, WRONG, WRONG_TOKEN,
};
pub use self::digest_client::{Fields, Login};
pub use self::probe::{Probe, Seen};
pub use self::request::{Ask, Body, get};
pub use self::run::run;
pub use self::sinks::Written;
pub use self::stand::{Boxed, Kind, Layer, Schemes, Stand};
pub use self::watch::{Ear, Heard, Tally, Watched, WatchedStore};
pub use self::world::World;
