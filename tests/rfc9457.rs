//! Checks the requirements of RFC 9457 (problem details) for servers, sentence by sentence, for each refusal.

#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::collections::BTreeMap;

use http::Response;
use http_body_util::BodyExt as _;
use serde_json::{Map, Value};
use tower::ServiceExt as _;
use tower_challenge::ErrorParams;
use tower_challenge::policy::PolicyDecision;
use tower_challenge::respond::{NegotiatedBody, ProblemJson};
use tower_challenge::{Principal, RequestHead, RequireAuth, RequirePolicy, Unavailable};
use tower_layer::Layer as _;

use self::support::{
    Body, Kind, Layer, Probe, TOKEN, TestRequest, TestWorld, WRONG_TOKEN, get, run,
};

/// All refusals that depend only on the head of a request, each with its problem details.
fn problems() -> Vec<(Response<()>, Map<String, Value>)> {
    let mut responses = Vec::new();
    for proxy in [false, true] {
        for layer in layers() {
            let layer = if proxy { layer.proxy() } else { layer };
            for ask in [
                get("/"),
                get("/").bearer(TOKEN),
                get("/").bearer(WRONG_TOKEN),
                get("/").bearer("\"x\""),
                get("/?%3Cscript%3E&'").basic("\"<b>", "\\u0000"),
            ] {
                let ask = if proxy { ask.to_proxy() } else { ask };
                let plain = layer.clone().respond_with(ProblemJson);
                responses.push(refusal(plain.layer(Probe::new()), ask.clone()));
                let negotiated = layer.clone().respond_with(NegotiatedBody::new());
                let ask = ask.field("accept", "application/problem+json");
                responses.push(refusal(negotiated.layer(Probe::new()), ask));
            }
        }
    }
    let problems = responses.into_iter().flatten().map(read);
    problems.collect()
}

fn layers() -> Vec<Layer> {
    let world = TestWorld::new();
    let schemes = || Kind::ALL.iter().map(|kind| kind.build(&world)).collect();
    let layer = || -> Layer { RequireAuth::new(schemes()).unwrap() };
    let deciding = |decide: fn() -> PolicyDecision| {
        layer().policy(move |_: &Principal, _: &RequestHead<'_>| decide())
    };
    let exhausted = TestWorld::new();
    exhausted.tally.exhaust();
    vec![
        layer(),
        deciding(|| PolicyDecision::Forbid),
        deciding(|| PolicyDecision::Lacks(ErrorParams::insufficient_scope("a").unwrap())),
        deciding(|| {
            let error = ErrorParams::insufficient_user_authentication(Some("a"), None);
            PolicyDecision::StepUp(error.unwrap())
        }),
        layer().policy(
            |_: &Principal, _: &RequestHead<'_>| -> Result<bool, Unavailable> {
                Err(Unavailable::new("the policy is unavailable"))
            },
        ),
        layer().throttle(exhausted.tally),
        layer().require_tls(),
    ]
}

/// Calls `service` and returns its response, or `None` if the request reached the inner service.
fn refusal<S>(service: S, ask: TestRequest) -> Option<Response<Body>>
where
    S: tower_service::Service<
            http::Request<Body>,
            Response = Response<Body>,
            Error = std::convert::Infallible,
        >,
{
    let Ok(response) = run(service.oneshot(ask.into_request()));
    let reached = response.headers().contains_key(support::probe::REACHED);
    (!reached).then_some(response)
}

fn read(response: Response<Body>) -> (Response<()>, Map<String, Value>) {
    let (head, body) = response.into_parts();
    let Ok(body) = run(body.collect());
    let problem = serde_json::from_slice(&body.to_bytes()).unwrap();
    (Response::from_parts(head, ()), problem)
}

/// Section 3: the media type is `application/problem+json`.
#[test]
fn section_3_the_media_type_is_that_of_problem_details() {
    for (response, _) in problems() {
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
    }
}

/// Section 3.1: "If a member's value type does not match the specified type, the member MUST be ignored". All members
/// of this crate have the specified type: `status` is a number, and the others are strings.
#[test]
fn section_3_1_each_member_has_the_specified_type() {
    for (_, problem) in problems() {
        let names: Vec<_> = problem.keys().map(String::as_str).collect();
        assert_eq!(names, ["detail", "status", "title", "type"]);
        for name in ["detail", "title", "type"] {
            assert!(
                problem[name]
                    .as_str()
                    .is_some_and(|value| !value.is_empty()),
                "{name}"
            );
        }
        assert!(problem["status"].is_u64());
    }
}

/// Section 3.1.1: "The "type" member is a JSON string containing a URI reference [URI] that identifies the problem
/// type." Section 4.2.1 defines "about:blank" for problems that mean no more than their status. Their title is the name
/// of the status.
#[test]
fn section_3_1_1_the_type_is_about_blank_and_the_title_is_the_name_of_the_status() {
    for (response, problem) in problems() {
        assert_eq!(problem["type"], "about:blank");
        assert_eq!(
            problem["title"],
            response.status().canonical_reason().unwrap()
        );
    }
}

/// Section 3.1.2: "Generators MUST use the same status code in the actual HTTP response".
#[test]
fn section_3_1_2_the_status_member_equals_the_status_of_the_response() {
    let mut seen = BTreeMap::new();
    for (response, problem) in problems() {
        assert_eq!(problem["status"], response.status().as_u16());
        *seen.entry(response.status().as_u16()).or_insert(0) += 1;
    }
    println!("{seen:?}");
    assert!(seen.keys().eq(&[400, 401, 403, 407, 429, 503]), "{seen:?}");
}

/// A `RequirePolicy` of a route refuses the request, and the layer around it renders the refusal.
#[test]
fn section_3_1_2_the_status_member_equals_the_status_for_a_refusal_by_a_route() {
    for (decide, status) in [
        ((|| PolicyDecision::Forbid) as fn() -> PolicyDecision, 403),
        (
            || {
                let error = ErrorParams::insufficient_user_authentication(None, Some(1));
                PolicyDecision::StepUp(error.unwrap())
            },
            401,
        ),
    ] {
        let route = RequirePolicy::new(move |_: &Principal, _: &RequestHead<'_>| decide());
        let layer = layers().remove(0).respond_with(ProblemJson);
        let service = layer.layer(route.layer(Probe::new()));
        let (response, problem) = read(refusal(service, get("/").bearer(TOKEN)).unwrap());
        assert_eq!(response.status(), status);
        assert_eq!(problem["status"], status);
    }
}
