//! H. Policy and layering.

mod breaking;
mod certificates;
mod handing_on;
mod paths;
mod policies;
mod readiness;

use std::future::pending;

use axum::Router;
use http::StatusCode;
use tower::ServiceExt;
use tower_challenge::scheme::Basic;
use tower_challenge::{NowOrLater, Principal, Secret, Unavailable};

use crate::support::run::later;
use crate::support::{REALM, TestRequest, TestServer, run};

pub(crate) fn status_of(app: &Router, ask: TestRequest) -> StatusCode {
    let request = ask.into_request().map(axum::body::Body::new);
    let Ok(response) = run(app.clone().oneshot(request));
    response.status()
}

/// A verifier that misbehaves in the way that the user name says. For example, it panics for the user `panics`.
pub(crate) fn misbehaving(user: &str) -> NowOrLater<Result<Option<Principal>, Unavailable>> {
    match user {
        "panics" => panic!("a panic of the test"),
        "panics-later" => NowOrLater::later(async {
            later().await;
            panic!("a panic of the test")
        }),
        "hangs" => NowOrLater::later(pending()),
        "fails" => NowOrLater::now(Err(Unavailable::new("down"))),
        "fails-later" => NowOrLater::later(async {
            later().await;
            Err(Unavailable::new("down"))
        }),
        "away" => NowOrLater::now(Err(Unavailable::new("down").not_compared())),
        "away-later" => NowOrLater::later(async {
            later().await;
            Err(Unavailable::new("down").not_compared())
        }),
        "is-there" => NowOrLater::now(Ok(Some(Principal::new(user)))),
        _ => NowOrLater::now(Ok(None)),
    }
}

pub(crate) fn misbehaving_stand() -> TestServer {
    let verifier = |user: &str, _: Secret<'_>| misbehaving(user);
    TestServer::build(
        |_| vec![Box::new(Basic::new(REALM, verifier).unwrap())],
        |layer| layer,
    )
}
