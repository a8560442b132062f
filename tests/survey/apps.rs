//! Applications for the tests of the survey, and the access that their routes should allow.

use axum::Router;
use axum::routing::{delete, get};
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::scheme::{Basic, Bearer, Digest};
use tower_challenge::testing::{AccessSurvey, TestLogin};
use tower_challenge::{PlainScheme, Principal, RequestHead, RequireAuth};

pub(crate) const REALM: &str = "notes";
pub(crate) const ADA: (&str, &str) = ("ada", "C4NARY-lovelace");
pub(crate) const TOKEN: &str = "C4NARY.t0ken";

/// Returns Digest, Bearer and Basic together.
pub(crate) fn schemes() -> impl PlainScheme {
    let digest = Digest::new(REALM, [ADA]).unwrap();
    let bearer = Bearer::new(REALM, [("ada", TOKEN)]).unwrap();
    (digest, bearer, basic())
}

pub(crate) fn basic() -> Basic<PlaintextAccounts> {
    Basic::new(REALM, [ADA]).unwrap()
}

/// Returns the routes that need credentials, without the layer.
pub(crate) fn routes() -> Router {
    let notes = get(|| async { "notes" }).post(|| async { "written" });
    Router::new()
        .route("/notes", notes)
        .route("/notes/{id}", delete(|| async { "gone" }))
}

/// A policy that forbids `DELETE`.
pub(crate) fn delete_is_forbidden(_: &Principal, request: &RequestHead<'_>) -> bool {
    request.method() != "DELETE"
}

/// An application that is closed.
pub(crate) fn closed() -> Router {
    let auth = RequireAuth::new(schemes()).unwrap();
    let guarded = routes().layer(auth.policy(delete_is_forbidden));
    guarded.route("/health", get(|| async { "fine" }))
}

/// Returns a survey of `closed` that logs in with `login`.
pub(crate) fn expected(login: TestLogin) -> AccessSurvey {
    AccessSurvey::new(login)
        .guarded("GET", "/notes")
        .guarded("POST", "/notes")
        .forbidden("DELETE", "/notes/1")
        .public("GET", "/health")
        .guarded_below("/notes")
}

/// Returns a survey of `closed` that logs in with Basic.
pub(crate) fn survey() -> AccessSurvey {
    expected(TestLogin::basic(ADA.0, ADA.1))
}
