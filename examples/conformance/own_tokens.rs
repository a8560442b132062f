//! Issues and revokes tokens, for clients on the same machine.

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::{Extension, Query};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get, post};
use serde_json::json;
use tower_challenge::client::PeerAddress;
use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::testing::{TestIssuer, TestToken};

use crate::stores::Revocations;

type Parameters = HashMap<String, String>;

/// The longest time for which a token is issued, in seconds.
const DAY: i64 = 24 * 60 * 60;

/// After a year, no token that was revoked is valid any more.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Answers with a new token: the subject `sub` (`mufasa` by default), the scopes `scope`, the audience `aud`, valid for
/// `ttl` seconds (300 by default). With a negative `ttl`, the token has expired. The login has the class `acr`, and was
/// `auth_age` seconds ago; without these, the token says nothing of it. With `jkt`, it is bound to the key with this
/// thumbprint.
///
/// `finish` makes the text of the token.
pub(crate) fn issue(
    issuer: TestIssuer,
    audience: String,
    finish: fn(&TestToken) -> String,
) -> MethodRouter {
    get(async move |peer, Query(asked): Query<Parameters>| {
        if !is_here(&peer) {
            return StatusCode::FORBIDDEN.into_response();
        }
        let text = |name, default| asked.get(name).map_or(default, String::as_str);
        let seconds = text("ttl", "300").parse::<i64>().ok();
        let Some(seconds) = seconds.filter(|seconds| (-DAY..=DAY).contains(seconds)) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        let token = issuer.token(text("sub", "mufasa"));
        let token = token.audience(text("aud", &audience));
        let token = token.scope(text("scope", "")).claim("exp", now() + seconds);
        let mut token = with_login(token, &asked);
        if let Some(thumbprint) = asked.get("jkt") {
            token = token.claim("cnf", json!({ "jkt": thumbprint }));
        }
        ([(CACHE_CONTROL, "no-store")], finish(&token)).into_response()
    })
}

fn with_login(mut token: TestToken, asked: &Parameters) -> TestToken {
    if let Some(acr) = asked.get("acr") {
        token = token.claim("acr", acr.as_str());
    }
    let age = asked
        .get("auth_age")
        .and_then(|age| age.parse::<i64>().ok());
    match age.filter(|age| (-DAY..=DAY).contains(age)) {
        Some(age) => token.claim("auth_time", now() - age),
        None => token,
    }
}

/// Refuses the token with the identifier `jti` from now on, at all copies of the server.
pub(crate) fn revoke(revocations: Revocations) -> MethodRouter {
    post(async move |peer, Query(asked): Query<Parameters>| {
        if !is_here(&peer) {
            return StatusCode::FORBIDDEN;
        }
        let Some(token_id) = asked.get("jti") else {
            return StatusCode::BAD_REQUEST;
        };
        let until = SystemClock::new().wall() + YEAR;
        revocations.revoke(token_id, until).await
    })
}

/// Whether the client is on this machine.
fn is_here(Extension(PeerAddress(peer)): &Extension<PeerAddress>) -> bool {
    peer.ip().to_canonical().is_loopback()
}

fn now() -> i64 {
    let now = SystemClock::new().wall();
    let since = now.duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or_default()
    })
}
