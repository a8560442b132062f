//! The program of the guide `proxies`.

use axum::{Router, routing::get};
use tower_challenge::client::{ClientResolver, ForwardedHeader};
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{ConfigError, RequireAuth};

pub(super) fn app() -> Result<Router, ConfigError> {
    // As on the page:
    let proxy = ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["127.0.0.1"])?;
    let auth = RequireAuth::basic("notes", [("ada", "lovelace")])?
        .client(proxy)
        .require_tls()
        .throttle(FailureThrottle::new()?);
    Ok(Router::new().route("/", get(async || "a note")).layer(auth))
}
