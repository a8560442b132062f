//! HTTP authentication for Tower services.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod audit;
pub mod clock;
pub mod header;
pub mod password;
pub mod policy;
pub mod require_auth;
pub mod respond;
pub mod scheme;
pub mod store;
pub mod throttle;

mod config_error;
mod now_or_later;
mod principal;
mod request_head;
mod secret;
mod unavailable;

pub use self::config_error::ConfigError;
pub use self::now_or_later::{IntoAnswer, NowOrLater};
pub use self::principal::{Account, Principal, Scopes};
pub use self::request_head::RequestHead;
pub use self::require_auth::{Authenticated, RequireAuth, RequireAuthService};
pub use self::scheme::Scheme;
pub use self::secret::{Secret, SecretString};
pub use self::unavailable::Unavailable;
