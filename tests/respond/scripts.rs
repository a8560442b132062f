//! Tests `hide_from_scripts`, which keeps browsers from asking for a password for parts of a page.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response};
use tower::ServiceExt;
use tower_challenge::audit::AuditEvent;
use tower_challenge::scheme::Bearer;
use tower_challenge::{Principal, RequireAuth, Secret};

use crate::watchdog::Watchdog;
use crate::{ADA, WRONG, basic};

const BASIC: &str = r#"Basic realm="files", charset="UTF-8""#;
const X_BASIC: &str = r#"xBasic realm="files", charset="UTF-8""#;

async fn ask(app: &Router, fields: &[(&str, &str)]) -> Response<Body> {
    let request = Request::get("/");
    let request = fields.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    app.clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

fn app() -> Router {
    let auth = RequireAuth::new(basic().hide_from_scripts()).unwrap();
    Router::new().route("/", get(async || "hello")).layer(auth)
}

fn challenges(response: &Response<Body>) -> Vec<&str> {
    let lines = response.headers().get_all(WWW_AUTHENTICATE).iter();
    lines.map(|line| line.to_str().unwrap()).collect()
}

#[tokio::test]
async fn scripts_and_parts_of_pages_get_a_challenge_for_xbasic() {
    for (fields, expected) in [
        (&[][..], BASIC),
        (&[("sec-fetch-mode", "navigate")], BASIC),
        (&[("sec-fetch-site", "none")], BASIC),
        (&[("accept", "application/json")], BASIC),
        (&[("sec-fetch-mode", "cors")], X_BASIC),
        (&[("sec-fetch-mode", "same-origin")], X_BASIC),
        (
            &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
            X_BASIC,
        ),
        (&[("sec-fetch-mode", "websocket")], X_BASIC),
        (
            &[("sec-fetch-mode", "navigate"), ("sec-fetch-mode", "cors")],
            X_BASIC,
        ),
        (&[("x-requested-with", "XMLHttpRequest")], X_BASIC),
        (
            &[
                ("sec-fetch-mode", "navigate"),
                ("x-requested-with", "XMLHttpRequest"),
            ],
            X_BASIC,
        ),
        (&[("x-requested-with", "org.example.app")], BASIC),
        (&[("x-requested-with", "fetch")], BASIC),
    ] {
        for credentials in [None, Some(WRONG)] {
            let mut fields = fields.to_vec();
            fields.extend(credentials.map(|value| ("authorization", value)));
            let refused = ask(&app(), &fields).await;
            assert_eq!(refused.status(), 401);
            assert_eq!(challenges(&refused), [expected], "{fields:?}");
        }
    }
}

/// The scheme accepts credentials under the name that its challenge has, and verifies them as Basic.
#[tokio::test]
async fn the_scheme_accepts_right_credentials_under_both_names() {
    for (credentials, status) in [(ADA, 200), (WRONG, 401), ("Basic !", 400)] {
        for name in ["Basic", "xBasic", "XBASIC"] {
            let credentials = credentials.replace("Basic", name);
            for mode in ["cors", "navigate"] {
                let fields = [("sec-fetch-mode", mode), ("authorization", &*credentials)];
                let response = ask(&app(), &fields).await;
                assert_eq!(response.status(), status, "{credentials}");
            }
        }
    }
}

/// The audit receives the name that the client used if a scheme of the layer offers it, and `None` otherwise.
#[tokio::test]
async fn the_audit_receives_the_scheme_name_that_the_client_used() {
    let received = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&received);
    let audit = move |event: &AuditEvent<'_>| {
        let scheme = event.scheme.map(str::to_owned);
        sink.lock().unwrap().push(scheme);
    };
    for basic in [basic().hide_from_scripts(), basic()] {
        let auth = RequireAuth::new(basic).unwrap().audit(audit.clone());
        let app = Router::new().route("/", get(async || "hello")).layer(auth);
        for name in ["Basic", "XBASIC"] {
            let credentials = WRONG.replace("Basic", name);
            ask(&app, &[("authorization", &*credentials)]).await;
        }
    }
    let received = received.lock().unwrap();
    let received: Vec<_> = received.iter().map(Option::as_deref).collect();
    assert_eq!(
        received,
        [Some("Basic"), Some("xBasic"), Some("Basic"), None]
    );
}

#[tokio::test]
async fn xbasic_is_refused_if_the_scheme_does_not_offer_it() {
    let auth = RequireAuth::new(basic()).unwrap();
    let app = Router::new().route("/", get(async || "hello")).layer(auth);
    let x_basic = ADA.replace("Basic", "xBasic");
    let fields = [
        ("sec-fetch-mode", "cors"),
        (AUTHORIZATION.as_str(), &*x_basic),
    ];
    let refused = ask(&app, &fields).await;
    assert_eq!(refused.status(), 401);
    assert_eq!(challenges(&refused), [BASIC]);
}

#[tokio::test]
async fn hide_from_scripts_does_not_change_the_challenges_of_other_schemes() {
    let _watchdog = Watchdog::start("repeated challenges are removed");
    let bearer = Bearer::new("files", |_: Secret<'_>| None::<Principal>).unwrap();
    let auth = RequireAuth::new((bearer, basic().hide_from_scripts())).unwrap();
    let app = Router::new().route("/", get(async || "hello")).layer(auth);
    let refused = ask(&app, &[("sec-fetch-mode", "cors")]).await;
    assert_eq!(challenges(&refused), [r#"Bearer realm="files""#, X_BASIC]);
}
