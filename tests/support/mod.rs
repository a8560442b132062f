//! Helpers for the tests of the layer: dependencies that record their calls, clients that are written without this
//! crate, and marked secrets that the tests search for in every output.
//!
//! A test binary declares this module as `pub mod support;`. Because it is public, the compiler does not warn about the
//! helpers that a binary does not use.
//!
//! ```ignore
//! let stand = TestServer::of(&[Kind::Basic]);
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
pub mod dpop;
pub mod fault_proxy;
pub mod hoba;
pub mod mutual_client;
pub mod probe;
pub mod redis;
pub mod request;
pub mod run;
pub mod scram_client;
pub mod sigv4;
pub mod sinks;
pub mod stand;
pub mod vapid;
pub mod watch;
pub mod watchdog;
pub mod world;

pub use self::answer::Answer;
pub use self::canary::{
    MARK, OTHER_PASSWORD, OTHER_TOKEN, OTHER_USER, PASSWORD, REALM, TOKEN, USER, WRONG, WRONG_TOKEN,
};
pub use self::digest_client::{Fields, Login};
pub use self::fault_proxy::{FaultProxy, NetworkFault};
pub use self::mutual_client::{MutualLogin, MutualTurns};
pub use self::probe::{Probe, Seen};
pub use self::redis::{RedisCluster, RedisServer, Reply};
pub use self::request::{Body, TestRequest, get};
pub use self::run::run;
pub use self::scram_client::{ScramLogin, ScramProof};
pub use self::sinks::Written;
pub use self::stand::{Boxed, Kind, Layer, Schemes, TestServer};
pub use self::watch::{CountingStore, RecordedEvent, Recording, RecordingAudit, RecordingThrottle};
pub use self::watchdog::Watchdog;
pub use self::world::TestWorld;
