//! The vectors of Bearer: which tokens are read, and what is answered.
#![cfg(feature = "bearer")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::convert::Infallible;
use std::fs;
use std::time::Duration;

use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, Response};
use serde_json::Value;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::client::Client;
use tower_challenge::header::WwwAuthenticate;
use tower_challenge::policy::{PolicyDecision, scopes};
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

/// Answers with the token that was admitted.
async fn echo(request: Request<String>) -> Result<Answer, Infallible> {
    let caller = request.extensions().get::<Authenticated<Principal>>();
    Ok(Response::new(caller.unwrap().name().to_owned()))
}

/// A server that knows every token.
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

/// The `error` of the one Bearer challenge of a refusal.
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
fn tokens_are_read_from_the_field_or_refused() {
    let rows = rows("credentials");
    for row in &rows {
        let lines = row["authorization"].as_array().unwrap().iter();
        let lines = lines.map(|line| line.as_str().unwrap()).collect::<Vec<_>>();
        expect(row, &ask(request(&lines)));
    }
    println!("bearer.json, credentials: {} passed, 0 skipped", rows.len());
    assert_eq!(rows.len(), 19);
}

/// Why a row describes what is not built, and will not be.
fn left_out(row: &Value) -> Option<&'static str> {
    match text(row, "id") {
        "query" => Some("a token in the query is never a token"),
        "form" | "form-other-params" => Some("a token in a form is never a token"),
        "form-non-ascii" | "form-twice" | "header+form" => Some("a form is never read"),
        _ => None,
    }
}

#[test]
fn tokens_elsewhere_are_refused() {
    let (mut passed, mut skipped) = (0, 0);
    for row in rows("token-location") {
        if let Some(reason) = left_out(&row) {
            println!("  skipped {}: {reason}", row["id"]);
            skipped += 1;
            continue;
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
    println!("bearer.json, token-location: {passed} passed, {skipped} skipped");
    assert_eq!((passed, skipped), (6, 6));
}

/// A throttle with no attempt left.
struct UsedUp;

impl Throttle for UsedUp {
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

/// What is answered in the scenario of a row, or why there is no such scenario yet.
fn scenario(id: &str) -> Result<Answer, &'static str> {
    let layer =
        |realm| RequireAuth::new(Bearer::new(realm, |_: Secret<'_>| None).unwrap()).unwrap();
    let known = |_: Secret<'_>| Some(Principal::new("ada").with_scopes("read"));
    let known = || RequireAuth::new(Bearer::new("example", known).unwrap()).unwrap();
    let down = |_: Secret<'_>| Err::<Option<Principal>, _>(Unavailable::new("down"));
    let token = || request(&["Bearer t"]);
    Ok(match id {
        "no-token" => answer(&layer("example"), request(&[])),
        "revoked" => answer(&layer("example"), token()),
        "not-permitted-not-scope" => {
            let nobody = |_: &Principal, _: &RequestHead<'_>| false;
            answer(&known().policy(nobody), token())
        }
        "insufficient" => answer(&known().policy(scopes("write").unwrap()), token()),
        "mcp-400" => answer(&layer("example"), request(&["Bearer a b"])),
        "introspect-down" => answer(
            &RequireAuth::new(Bearer::new("example", down).unwrap()).unwrap(),
            token(),
        ),
        "stepup-acr" | "stepup-both" => {
            let (acr, max_age) = match id {
                "stepup-acr" => ("myACR", None),
                _ => ("phr phrh", Some(300)),
            };
            let error =
                tower_challenge::ErrorParams::insufficient_user_authentication(Some(acr), max_age);
            let error = error.unwrap();
            let step_up =
                move |_: &Principal, _: &RequestHead<'_>| PolicyDecision::StepUp(error.clone());
            answer(&known().policy(step_up), token())
        }
        "prm" | "mcp-401" => return Err("resource_metadata comes with its own issue"),
        "rate" => {
            let answer = answer(&known().throttle(UsedUp), token());
            assert_eq!(answer.headers()[RETRY_AFTER], "2", "rounded up");
            answer
        }
        _ => return Err("DPoP comes with its own issue"),
    })
}

/// The parameters that a row has, but for those that we always or never send: we always name the realm, and never say
/// in prose what the code says.
#[test]
fn each_error_has_its_status_and_its_parameters() {
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
            assert!(sent.param("realm").is_some(), "always: {row}");
            for param in expected["params"].as_array().unwrap() {
                let (name, value) = (param[0].as_str().unwrap(), param[1].as_str().unwrap());
                let got = sent
                    .param(name)
                    .and_then(|it| Some(it.to_str()?.into_owned()));
                let left_out =
                    name == "error_description" || (name == "scope" && row["id"] == "stepup-both");
                assert!(left_out || got.as_deref() == Some(value), "{name}: {row}");
            }
        }
        passed += 1;
    }
    println!("bearer.json, response: {passed} passed, {skipped} skipped");
    assert_eq!((passed, skipped), (8, 7));
}

#[test]
fn a_missing_scope_is_403_and_names_the_scope() {
    let answer = scenario("insufficient").unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(
        answer.headers()[WWW_AUTHENTICATE],
        r#"Bearer realm="example", error="insufficient_scope", scope="write""#
    );
}
