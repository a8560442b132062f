//! Compares the OpenAPI document with what the application answers.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod api;
mod notes;

use std::collections::BTreeSet;

use axum::Router;
use axum::body::{Body, to_bytes};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;
use tower_challenge::Principal;
use tower_challenge::header::Challenge;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::scheme::bearer::StaticTokens;

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// The application, with one caller that has these scopes.
fn app(scopes: &[&str]) -> Router {
    let ada = Principal::new("ada").with_scopes(&scopes.join(" "));
    let accounts = PlaintextAccounts::with_identities([("ada", "lovelace", ada.clone())]).unwrap();
    let tokens = StaticTokens::new().unwrap().token("t0ken", ada).unwrap();
    notes::app(accounts, tokens).unwrap()
}

async fn ask(app: Router, method: &str, path: &str, login: Option<&str>) -> Response<Body> {
    let request = Request::builder().method(method.to_uppercase().as_str());
    let request = request.uri(path.replace("{id}", "1"));
    let request = login.into_iter().fold(request, |request, login| {
        request.header(AUTHORIZATION, login)
    });
    app.oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

/// Right credentials of the caller for the scheme of this name.
fn login(scheme: &str) -> Option<String> {
    match scheme {
        "basic" => Some(format!("Basic {}", STANDARD.encode("ada:lovelace"))),
        "bearer" => Some("Bearer t0ken".to_owned()),
        _ => None,
    }
}

async fn document() -> Value {
    let response = ask(app(&[]), "get", "/openapi.json", None).await;
    assert_eq!(response.status(), StatusCode::OK);
    let json = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    serde_json::from_slice(&json).unwrap()
}

/// Lists the operations that the document describes otherwise than the application answers.
async fn disagreements(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                let faults = faults_of(document, operation, (method, path)).await;
                found.extend(
                    faults
                        .into_iter()
                        .map(|fault| format!("{method} {path}: {fault}")),
                );
            }
        }
    }
    found
}

async fn faults_of(
    document: &Value,
    operation: &Value,
    (method, path): (&str, &str),
) -> Vec<String> {
    let mut faults = Vec::new();
    let Some(security) = operation["security"].as_array() else {
        return vec!["it has no `security`".to_owned()];
    };
    let stranger = ask(app(&[]), method, path, None).await;
    if security.is_empty() {
        if !stranger.status().is_success() {
            faults.push(format!(
                "it is public, but a stranger gets {}",
                stranger.status()
            ));
        }
        return faults;
    }
    if stranger.status() != StatusCode::UNAUTHORIZED {
        faults.push(format!(
            "it needs a login, but a stranger gets {}",
            stranger.status()
        ));
    }
    let alternatives = || security.iter().flat_map(|one| one.as_object().unwrap());
    let described: BTreeSet<String> = alternatives().map(|(name, _)| name.clone()).collect();
    let challenged = challenged(&stranger);
    if described != challenged {
        faults.push(format!(
            "it names {described:?}, but the challenges are {challenged:?}"
        ));
    }
    for (name, scopes) in alternatives() {
        if document["components"]["securitySchemes"][name]["scheme"] != json!(name) {
            faults.push(format!("the document does not describe {name}"));
        }
        let Some(login) = login(name) else { continue };
        let scopes: Vec<&str> = scopes
            .as_array()
            .unwrap()
            .iter()
            .map(|scope| scope.as_str().unwrap())
            .collect();
        let status = ask(app(&scopes), method, path, Some(&login)).await.status();
        if !status.is_success() {
            faults.push(format!("{scopes:?} by {name} should do, but get {status}"));
        }
        for missing in &scopes {
            let others: Vec<&str> = scopes
                .iter()
                .copied()
                .filter(|scope| scope != missing)
                .collect();
            let status = ask(app(&others), method, path, Some(&login)).await.status();
            if status != StatusCode::FORBIDDEN {
                faults.push(format!(
                    "without {missing} by {name}, the answer is {status}"
                ));
            }
        }
    }
    faults
}

/// The names of the schemes whose challenges a response has, in lower case.
fn challenged(response: &Response<Body>) -> BTreeSet<String> {
    let lines = response.headers().get_all(WWW_AUTHENTICATE).iter();
    let challenges = lines.map(|line| Challenge::parse(line.as_bytes()).unwrap());
    challenges
        .map(|challenge| challenge.scheme().to_string().to_ascii_lowercase())
        .collect()
}

#[tokio::test]
async fn the_document_says_what_the_layer_enforces() {
    let document = document().await;
    let operations = document["paths"].as_object().unwrap().values();
    let operations = operations.map(|item| item.as_object().unwrap().len());
    assert_eq!(operations.sum::<usize>(), 5);
    assert_eq!(disagreements(&document).await, [""; 0]);
    let add = &document["paths"]["/notes"]["post"];
    let scopes = ["notes:read", "notes:write"];
    assert_eq!(
        add["security"],
        json!([{"basic": scopes}, {"bearer": scopes}])
    );
    assert_eq!(document["paths"]["/health"]["get"]["security"], json!([]));
}

/// Each of these documents is wrong in one place.
#[tokio::test]
async fn a_document_that_says_anything_else_is_noticed() {
    let both = |scopes: &[&str]| json!([{"basic": scopes}, {"bearer": scopes}]);
    for (operation, security) in [
        ("/paths/~1notes/get", json!([])),
        ("/paths/~1notes/get", Value::Null),
        ("/paths/~1notes/get", both(&[])),
        ("/paths/~1notes/get", both(&["notes:read", "notes:write"])),
        ("/paths/~1notes/get", both(&["notes:write"])),
        ("/paths/~1notes/get", json!([{"bearer": ["notes:read"]}])),
        ("/paths/~1profile/get", both(&["notes:read"])),
        (
            "/paths/~1profile/get",
            json!([{"basic": []}, {"bearer": []}, {"digest": []}]),
        ),
        ("/paths/~1health/get", both(&[])),
    ] {
        let mut wrong = document().await;
        wrong.pointer_mut(operation).unwrap()["security"] = security.clone();
        let found = disagreements(&wrong).await;
        assert!(!found.is_empty(), "{operation} with {security}");
    }
    let mut wrong = document().await;
    wrong["components"]["securitySchemes"]
        .as_object_mut()
        .unwrap()
        .remove("bearer");
    assert!(!disagreements(&wrong).await.is_empty());
}
