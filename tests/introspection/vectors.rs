//! The vectors of introspection, through the layer.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Request, Response};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::introspection::VerifiedClaims;
use tower_challenge::policy::step_up;
use tower_challenge::scheme::bearer::VerifyBoundToken;
use tower_challenge::{Authenticated, RequireAuth, Secret};

use crate::server::{FakeServer, NOW, Reply, active};

/// The rows whose expectation is another than that of the file, with the reason.
const OTHERS: &[(&str, &str)] = &[
    (
        "jwt-response",
        "a signed answer (RFC 9701) is not asked for, so it is 503 as every other type is",
    ),
    (
        "cnf-jkt",
        "the row describes the answer alone; as a bearer token, a bound token is 401",
    ),
];

/// The identifier of this server in the vectors.
const AUDIENCE: &str = "https://protected.example.net/resource";

fn file() -> Value {
    vectors("introspection.json")
}

fn vectors(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn server(row: &Value) -> FakeServer {
    let text = |name: &str| row[name].as_str().unwrap().to_owned();
    let status = row["introspection_http_status"].as_u64().unwrap();
    FakeServer::new(Reply::Answer(
        u16::try_from(status).unwrap(),
        text("content_type").leak(),
        text("introspection_response"),
    ))
}

/// The status, the challenge, and the body, which has the scopes and the answer of the server.
async fn play(row: &Value) -> (u16, String, Value) {
    let server = server(row);
    let builder = server.builder().audience(AUDIENCE).allow_missing_audience();
    let verifier = builder.nameless_as("a bearer").claims::<Value>().build();
    let auth = RequireAuth::bearer("api", verifier).unwrap();
    let inner = service_fn(async |request: Request<()>| {
        let caller = request
            .extensions()
            .get::<Authenticated<VerifiedClaims<Value>>>();
        let caller = caller.unwrap();
        let mut body = caller.claims().clone();
        let principal = caller.principal();
        body["scope"] = principal.scopes().iter().collect();
        body["acr"] = principal.acr().into();
        let since = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_secs();
        body["auth_time"] = principal.auth_time().map(since).into();
        Ok::<_, std::convert::Infallible>(Response::new(body.to_string()))
    });
    let request = Request::get("/").header(AUTHORIZATION, "Bearer t0ken");
    let answer = auth.layer(inner).oneshot(request.body(()).unwrap()).await;
    let (head, body) = answer.unwrap().into_parts();
    let challenge = head.headers.get(WWW_AUTHENTICATE);
    let challenge = challenge.map_or("", |field| field.to_str().unwrap());
    assert_eq!(head.status == 503, head.headers.contains_key(RETRY_AFTER));
    let body = serde_json::from_str(&body).unwrap_or_default();
    (head.status.as_u16(), challenge.to_owned(), body)
}

#[tokio::test]
async fn each_answer_has_the_expected_outcome() {
    let (mut passed, mut others) = (0, 0);
    let file = file();
    for row in file["cases"].as_array().unwrap() {
        let id = row["id"].as_str().unwrap();
        let (status, challenge, body) = play(row).await;
        let expected = &row["expect"];
        let invalid = r#"Bearer realm="api", error="invalid_token""#;
        match id {
            "jwt-response" => assert_eq!((status, &*challenge), (503, "")),
            "cnf-jkt" => assert_eq!((status, &*challenge), (401, invalid)),
            _ if expected["result"] == "active" => {
                assert_eq!((status, &*challenge), (200, ""), "{id}");
                for name in ["scope", "acr", "auth_time"] {
                    let value = &expected[name];
                    assert!(value.is_null() || *value == body[name], "{id}: {name}");
                }
            }
            _ => {
                let expected = expected["status"].as_u64().unwrap();
                let told = if expected == 401 { invalid } else { "" };
                assert_eq!((u64::from(status), &*challenge), (expected, told), "{id}");
            }
        }
        match OTHERS.iter().find(|(other, _)| *other == id) {
            Some((_, why)) => println!("{id}: {why}"),
            None => passed += 1,
        }
        others += usize::from(OTHERS.iter().any(|(other, _)| *other == id));
    }
    println!(
        "introspection.json: {passed} passed, {others} skipped (answered differently, with a reason)"
    );
    assert_eq!((passed, others), (15, 2));
    assert_eq!(file["count"], json!(passed + others));
}

/// The rows of other files about an authorization server that cannot be asked.
#[tokio::test]
async fn an_authorization_server_that_is_down_is_503_as_the_rows_of_other_files_say() {
    for (name, id) in [
        ("bearer.json", "introspect-down"),
        ("response_matrix.json", "validator-unavailable"),
    ] {
        let file = vectors(name);
        let lists = file.as_object().unwrap().values();
        let mut rows = lists.filter_map(Value::as_array).flatten();
        let row = rows.find(|row| row["id"] == id).unwrap();
        let server = FakeServer::new(Reply::Error);
        let auth = RequireAuth::bearer("api", server.builder().build()).unwrap();
        let inner =
            service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::new(())));
        let request = Request::get("/").header(AUTHORIZATION, "Bearer t0ken");
        let answer = auth.layer(inner).oneshot(request.body(()).unwrap()).await;
        let answer = answer.unwrap();
        assert_eq!(row["status"], answer.status().as_u16(), "{id}");
        assert_eq!(answer.headers()[RETRY_AFTER], "5");
        assert!(!answer.headers().contains_key(WWW_AUTHENTICATE), "{id}");
        println!("{name}, {id}: passed");
    }
}

/// RFC 9470 section 6.2: the answer about an opaque token has the login, so a policy can ask for a better one.
#[tokio::test]
async fn a_login_that_does_not_suffice_is_asked_for_again() {
    let ask = async |login: &str| {
        let server = FakeServer::new(active(login));
        let five_minutes = Duration::from_secs(300);
        let policy = step_up().acr_values("phr").max_age(five_minutes);
        let policy = policy.clock(server.clock().clone()).build().unwrap();
        let auth = RequireAuth::bearer("api", server.builder().build()).unwrap();
        let inner =
            service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::new(())));
        let request = Request::get("/").header(AUTHORIZATION, "Bearer t0ken");
        let service = auth.policy(policy).layer(inner);
        let answer = service.oneshot(request.body(()).unwrap()).await.unwrap();
        let challenge = answer.headers().get(WWW_AUTHENTICATE);
        let challenge = challenge.map_or("", |field| field.to_str().unwrap());
        (answer.status().as_u16(), challenge.to_owned())
    };
    // The leeway is 30 seconds.
    let recent = NOW - 330;
    let suffices = ask(&format!(r#","acr":"phr","auth_time":{recent}"#)).await;
    assert_eq!(suffices, (200, String::new()));
    let old = NOW - 331;
    for login in [
        String::new(),
        format!(r#","acr":"pwd","auth_time":{recent}"#),
        format!(r#","acr":"phr","auth_time":{old}"#),
        r#","acr":"phr","auth_time":"now""#.to_owned(),
        r#","acr":"phr""#.to_owned(),
    ] {
        let (status, challenge) = ask(&login).await;
        assert_eq!(status, 401, "{login}");
        let error = r#"error="insufficient_user_authentication""#;
        assert!(challenge.contains(error), "{login}: {challenge}");
        assert!(
            challenge.contains(r#"acr_values="phr", max_age="300""#),
            "{challenge}"
        );
    }
}

/// The rest of the row `cnf-jkt`: a scheme that checks proofs learns the key.
#[tokio::test]
async fn a_scheme_that_checks_proofs_learns_the_key() {
    let file = file();
    let rows = file["cases"].as_array().unwrap().iter();
    let row = rows.clone().find(|row| row["id"] == "cnf-jkt").unwrap();
    let verifier = server(row).builder().nameless_as("a bearer").build();
    let verified = verifier.unwrap().verify_bound(Secret::new("t0ken")).await;
    let bound = verified.unwrap().unwrap();
    let key = bound.confirmation().unwrap().key_thumbprint().unwrap();
    assert_eq!(key[..4], [0xd1, 0x97, 0x0e, 0x08]);
}
