//! Tests Bearer against vectors: which tokens are read, and how refusals look.
#![cfg(feature = "bearer")]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

use std::convert::Infallible;
use std::fs;
use std::time::Duration;

use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, Response};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::client::Client;
use tower_challenge::header::WwwAuthenticate;
use tower_challenge::policy::{scopes, step_up};
use tower_challenge::scheme::Bearer;
use tower_challenge::throttle::{AttemptOutcome, Reservation, Throttle, ThrottleTicket};
use tower_challenge::{
    Authenticated, ClaimedAccount, NowOrLater, Principal, RequestHead, RequireAuth, Secret,
    Unavailable,
};

type Answer = Response<String>;

fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name].as_str().unwrap_or_default()
}

fn rows(kind: &str) -> Vec<Value> {
    let path = format!("{}/tests/vectors/bearer.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut rows: Vec<Value> = serde_json::from_value(file["vectors"].clone()).unwrap();
    rows.retain(|row| row["kind"] == kind);
    rows
}

/// Answers with the name of the admitted principal, which is the token here.
async fn echo(request: Request<String>) -> Result<Answer, Infallible> {
    let caller = request.extensions().get::<Authenticated<Principal>>();
    Ok(Response::new(caller.unwrap().name().to_owned()))
}

/// Asks a server that accepts every token.
fn ask(request: Request<String>) -> Answer {
    let known = |token: Secret<'_>| Some(Principal::new(token.expose()));
    answer(
        &RequireAuth::new(Bearer::new("example", known).unwrap()).unwrap(),
        request,
    )
}

fn answer<A>(layer: &RequireAuth<A>, request: Request<String>) -> Answer
where
    A: tower_challenge::Scheme<
            Identity = Principal,
            BodyAccess = tower_challenge::scheme::BodyUnread,
        >,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime
        .block_on(layer.layer(service_fn(echo)).oneshot(request))
        .unwrap()
}

fn request(lines: &[&str]) -> Request<String> {
    let mut request = Request::new(String::new());
    for line in lines {
        let value = HeaderValue::from_str(line).unwrap();
        request.headers_mut().append(AUTHORIZATION, value);
    }
    request
}

/// The `error` of the only Bearer challenge of a refusal, if it has one.
fn error(answer: &Answer) -> Option<String> {
    let lines = answer.headers().get_all(WWW_AUTHENTICATE).iter();
    let challenges = WwwAuthenticate::parse(lines.map(HeaderValue::as_bytes)).unwrap();
    assert!(challenges.as_slice().len() <= 1);
    let error = challenges.iter().next()?.param("error")?.to_str()?;
    Some(error.into_owned())
}

fn expect(row: &Value, answer: &Answer) {
    let expected = &row["expect"];
    match expected["token"].as_str() {
        Some(token) => {
            assert_eq!(answer.status(), 200, "{row}");
            assert_eq!(answer.body(), token, "{row}");
        }
        None => {
            assert_eq!(
                u64::from(answer.status().as_u16()),
                expected["status"],
                "{row}"
            );
            assert_eq!(
                error(answer).as_deref(),
                expected["error"].as_str(),
                "{row}"
            );
        }
    }
}

#[test]
fn tokens_in_the_authorization_field_are_admitted_or_refused() {
    let rows = rows("credentials");
    for row in &rows {
        let lines = row["authorization"].as_array().unwrap().iter();
        let lines = lines.map(|line| line.as_str().unwrap()).collect::<Vec<_>>();
        expect(row, &ask(request(&lines)));
    }
    println!("bearer.json, credentials: {} passed, 0 skipped", rows.len());
    assert_eq!(rows.len(), 19);
}

/// The answer of this crate where the row assumes that the server reads tokens in queries and forms. RFC 6750 sections 2.2
/// and 2.3 leave both to the server, and OAuth 2.1 forbids the query. This scheme reads the field alone, so such a client
/// has sent no credentials: `401` without an error (section 3.1). A token in the field is then the only one.
fn difference(id: &str) -> Option<Value> {
    let no_credentials = Some(json!({ "status": 401, "error": null }));
    match id {
        // The row expects that the token is accepted. Section 2.3: tokens in a query "SHOULD NOT be used".
        "query" => no_credentials,
        // The rows expect that the token is accepted, or `400` for a body that is no good form. The scheme reads no body.
        "form" | "form-other-params" | "form-non-ascii" | "form-twice" => no_credentials,
        // The row expects `400`, because the client uses two methods. For this server, the body is the application's.
        "header+form" => Some(json!({ "token": "mF_9.B5f-4.1JqM" })),
        _ => None,
    }
}

#[test]
fn tokens_in_a_query_or_a_body_admit_no_client() {
    let (mut passed, mut different) = (0, 0);
    for mut row in rows("token-location") {
        if let Some(expected) = difference(text(&row, "id")) {
            assert_ne!(row["expect"], expected, "the row expects the same: {row}");
            println!("  {} differs from the row: {expected}", row["id"]);
            row["expect"] = expected;
            different += 1;
        }
        let sent = &row["request"];
        let lines = sent["authorization"].as_str();
        let mut request = request(lines.as_slice());
        *request.method_mut() = text(sent, "method").parse().unwrap();
        if let Some(target) = sent["target"].as_str() {
            *request.uri_mut() = target.parse().unwrap();
        }
        if let Some(content_type) = sent["content_type"].as_str() {
            let value = HeaderValue::from_str(content_type).unwrap();
            request.headers_mut().insert(CONTENT_TYPE, value);
        }
        *request.body_mut() = text(sent, "body").to_owned();
        expect(&row, &ask(request));
        passed += 1;
    }
    println!(
        "bearer.json, token-location: {passed} passed, 0 skipped ({different} by this crate's rule)"
    );
    assert_eq!((passed, different), (12, 6));
}

/// A throttle without an attempt left.
struct Exhausted;

impl Throttle for Exhausted {
    fn reserve(
        &self,
        _: Option<&ClaimedAccount<'_>>,
        _: &Client,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>> {
        NowOrLater::now(Ok(Reservation::Exhausted(Duration::from_millis(1200))))
    }

    fn settle(&self, _: ThrottleTicket, _: AttemptOutcome) -> NowOrLater<()> {
        NowOrLater::now(())
    }
}

fn metadata_url(host: &str) -> String {
    format!("https://{host}.example.com/.well-known/oauth-protected-resource")
}

/// The answer in the scenario of a row, or the reason to skip the row.
fn scenario(id: &str) -> Result<Answer, &'static str> {
    let layer =
        |realm| RequireAuth::new(Bearer::new(realm, |_: Secret<'_>| None).unwrap()).unwrap();
    let known = |_: Secret<'_>| Some(Principal::new("ada").with_scopes("read"));
    let known = || RequireAuth::new(Bearer::new("example", known).unwrap()).unwrap();
    let down = |_: Secret<'_>| Err::<Option<Principal>, _>(Unavailable::new("down"));
    let token = || request(&["Bearer t"]);
    Ok(match id {
        "no-token" => answer(&layer("example"), request(&[])),
        // `tests/jwt/layer.rs` plays this row with JSON Web Tokens, once for each reason.
        "revoked" => answer(&layer("example"), token()),
        "not-permitted-not-scope" => {
            let no_caller = |_: &Principal, _: &RequestHead<'_>| false;
            answer(&known().policy(no_caller), token())
        }
        "insufficient" => answer(&known().policy(scopes("write").unwrap()), token()),
        "mcp-400" => answer(&layer("example"), request(&["Bearer a b"])),
        "introspect-down" => answer(
            &RequireAuth::new(Bearer::new("example", down).unwrap()).unwrap(),
            token(),
        ),
        "stepup-acr" => {
            let strong = step_up().acr_values("myACR").build().unwrap();
            answer(&known().policy(strong), token())
        }
        "stepup-both" => {
            let login = step_up().acr_values("phr phrh");
            let login = login.max_age(Duration::from_secs(300)).build().unwrap();
            let layer = known().policy(login).policy(scopes("pay").unwrap());
            answer(&layer, token())
        }
        "prm" | "mcp-401" => {
            let bearer = Bearer::new("example", |_: Secret<'_>| None::<Principal>).unwrap();
            let bearer = match id {
                "prm" => bearer.resource_metadata(&metadata_url("resource")),
                _ => bearer
                    .resource_metadata(&metadata_url("mcp"))
                    .and_then(|bearer| bearer.scope("files:read")),
            };
            answer(&RequireAuth::new(bearer.unwrap()).unwrap(), request(&[]))
        }
        "rate" => {
            let answer = answer(&known().throttle(Exhausted), token());
            assert_eq!(
                answer.headers()[RETRY_AFTER],
                "2",
                "1.2 seconds are rounded up"
            );
            answer
        }
        _ => return Err("tests/dpop_vectors.rs plays this row"),
    })
}

/// Each answer has the status of its row and the parameters of the row. There are two exceptions: this crate always
/// sends the realm, and never sends `error_description`, which repeats the code in prose.
#[test]
fn each_bearer_error_has_its_status_and_its_parameters() {
    let (mut passed, mut skipped) = (0, 0);
    for row in rows("response") {
        let answer = match scenario(text(&row, "id")) {
            Ok(answer) => answer,
            Err(reason) => {
                println!("  skipped {}: {reason}", row["id"]);
                skipped += 1;
                continue;
            }
        };
        assert_eq!(u64::from(answer.status().as_u16()), row["status"], "{row}");
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
        let lines = answer.headers().get_all(WWW_AUTHENTICATE).iter();
        let sent = WwwAuthenticate::parse(lines.map(HeaderValue::as_bytes)).unwrap();
        let expected = row["challenges"].as_array().unwrap();
        assert_eq!(sent.as_slice().len(), expected.len(), "{row}");
        for (sent, expected) in sent.iter().zip(expected) {
            assert_eq!(sent.scheme().as_str(), text(expected, "scheme"), "{row}");
            assert!(
                sent.param("realm").is_some(),
                "every challenge has a realm: {row}"
            );
            for param in expected["params"].as_array().unwrap() {
                let (name, value) = (param[0].as_str().unwrap(), param[1].as_str().unwrap());
                let got = sent
                    .param(name)
                    .and_then(|value| Some(value.to_str()?.into_owned()));
                let left_out = name == "error_description";
                assert!(left_out || got.as_deref() == Some(value), "{name}: {row}");
            }
        }
        passed += 1;
    }
    println!("bearer.json, response: {passed} passed, {skipped} skipped");
    assert_eq!((passed, skipped), (10, 5));
}

#[test]
fn a_token_without_the_scope_gets_403_and_the_name_of_the_scope() {
    let answer = scenario("insufficient").unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(
        answer.headers()[WWW_AUTHENTICATE],
        r#"Bearer realm="example", error="insufficient_scope", scope="write""#
    );
}
