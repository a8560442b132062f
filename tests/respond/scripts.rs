//! No browser asks for a password in the middle of a page.

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

use crate::{ADA, WRONG, basic};

const OPEN: &str = r#"Basic realm="files", charset="UTF-8""#;
const QUIET: &str = r#"xBasic realm="files", charset="UTF-8""#;

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
    lines.map(|it| it.to_str().unwrap()).collect()
}

#[tokio::test]
async fn scripts_and_parts_of_pages_are_told_another_name() {
    for (fields, expected) in [
        (&[][..], OPEN),
        (&[("sec-fetch-mode", "navigate")], OPEN),
        (&[("sec-fetch-site", "none")], OPEN),
        (&[("accept", "application/json")], OPEN),
        (&[("sec-fetch-mode", "cors")], QUIET),
        (&[("sec-fetch-mode", "same-origin")], QUIET),
        (
            &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
            QUIET,
        ),
        (&[("sec-fetch-mode", "websocket")], QUIET),
        (
            &[("sec-fetch-mode", "navigate"), ("sec-fetch-mode", "cors")],
            QUIET,
        ),
        (&[("x-requested-with", "XMLHttpRequest")], QUIET),
        (
            &[
                ("sec-fetch-mode", "navigate"),
                ("x-requested-with", "fetch"),
            ],
            QUIET,
        ),
    ] {
        for credentials in [None, Some(WRONG)] {
            let mut fields = fields.to_vec();
            fields.extend(credentials.map(|it| ("authorization", it)));
            let refused = ask(&app(), &fields).await;
            assert_eq!(refused.status(), 401);
            assert_eq!(challenges(&refused), [expected], "{fields:?}");
        }
    }
}

/// The challenge is true: what it names is taken, and judged as Basic is.
#[tokio::test]
async fn credentials_are_good_under_either_name() {
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

/// Whoever reads the log finds the name that the client used, as for every scheme that is offered.
#[tokio::test]
async fn audit_knows_the_other_name() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    let audit = move |event: &AuditEvent<'_>| {
        let scheme = event.scheme.map(str::to_owned);
        hears.lock().unwrap().push(scheme);
    };
    for basic in [basic().hide_from_scripts(), basic()] {
        let auth = RequireAuth::new(basic).unwrap().audit(audit.clone());
        let app = Router::new().route("/", get(async || "hello")).layer(auth);
        for name in ["Basic", "XBASIC"] {
            let credentials = WRONG.replace("Basic", name);
            ask(&app, &[("authorization", &*credentials)]).await;
        }
    }
    let heard = heard.lock().unwrap();
    let heard: Vec<_> = heard.iter().map(Option::as_deref).collect();
    assert_eq!(heard, [Some("Basic"), Some("xBasic"), Some("Basic"), None]);
}

#[tokio::test]
async fn other_name_is_no_scheme_where_it_is_not_offered() {
    let auth = RequireAuth::new(basic()).unwrap();
    let app = Router::new().route("/", get(async || "hello")).layer(auth);
    let quiet = ADA.replace("Basic", "xBasic");
    let fields = [
        ("sec-fetch-mode", "cors"),
        (AUTHORIZATION.as_str(), &*quiet),
    ];
    let refused = ask(&app, &fields).await;
    assert_eq!(refused.status(), 401);
    assert_eq!(challenges(&refused), [OPEN]);
}

#[tokio::test]
async fn other_schemes_stay_as_they_are() {
    let bearer = Bearer::new("files", |_: Secret<'_>| None::<Principal>).unwrap();
    let auth = RequireAuth::new((bearer, basic().hide_from_scripts())).unwrap();
    let app = Router::new().route("/", get(async || "hello")).layer(auth);
    let refused = ask(&app, &[("sec-fetch-mode", "cors")]).await;
    assert_eq!(challenges(&refused), [r#"Bearer realm="files""#, QUIET]);
}
