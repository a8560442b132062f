//! The result of a fetch, for the operator.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::config_error::ConfigError;

/// The result of a fetch, for the [listener](super::RemoteKeysBuilder::on_fetch).
///
/// # Example
///
/// ```
/// # #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::convert::Infallible;
/// use std::sync::{Arc, Mutex};
/// use http::{Request, Response, StatusCode};
/// use tower::service_fn;
/// use tower_challenge::jose::KeySource;
/// use tower_challenge::jwks::{FetchEvent, RemoteKeys};
///
/// let client = service_fn(async |request: Request<String>| {
///     let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
///     let mut response = Response::new(format!(r#"{{"keys":[{jwk}]}}"#));
///     if request.uri().path() != "/jwks" {
///         *response.status_mut() = StatusCode::NOT_FOUND;
///     }
///     Ok::<_, Infallible>(response)
/// });
/// let log = Arc::new(Mutex::new(Vec::new()));
/// let listener = |log: Arc<Mutex<Vec<String>>>| move |event: &FetchEvent| {
///     let line = event.fault().map_or("fetched".to_owned(), ToString::to_string);
///     log.lock().unwrap().push(line);
/// };
/// for url in ["https://as.example/jwks", "https://as.example/keys"] {
///     let keys = RemoteKeys::at(url).client(client).on_fetch(listener(log.clone())).build()?;
///     let _ = keys.keys().await;
/// }
/// assert_eq!(*log.lock().unwrap(), ["fetched", "https://as.example/keys: the status is 404"]);
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub enum FetchEvent {
    /// Other keys than before are in use, or the first fetch after a failure has succeeded.
    Fetched,
    /// Other keys than before are in use, and one key of the set was skipped for this reason. There is one event for
    /// each such key, up to 16.
    FetchedWith(ConfigError),
    /// The fetch failed for this reason. The keys of the last good fetch stay in use.
    Failed(ConfigError),
}

pub(super) type FetchListener = Arc<dyn Fn(&FetchEvent) + Send + Sync>;

impl FetchEvent {
    /// The text for the operator, if there is one: why the fetch [failed](Self::Failed), or why a key
    /// [was skipped](Self::FetchedWith). It contains no token and no query of a URL.
    #[must_use]
    pub const fn fault(&self) -> Option<&ConfigError> {
        match self {
            Self::Fetched => None,
            Self::FetchedWith(fault) | Self::Failed(fault) => Some(fault),
        }
    }
}

/// Calls the listener. A panic of the listener must not end the task that fetches.
pub(super) fn tell(listener: &FetchListener, event: &FetchEvent) {
    let _ = catch_unwind(AssertUnwindSafe(|| listener(event)));
}
