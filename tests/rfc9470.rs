//! Checks the requirements of RFC 9470 (step-up authentication) for resource servers, sentence by sentence.

#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use http::StatusCode;
use tower_challenge::ErrorParams;
use tower_challenge::header::Challenge;
use tower_challenge::policy::PolicyDecision;
use tower_challenge::{Principal, RequestHead, RequireAuth, RequirePolicy};
use tower_layer::Layer as _;

use self::support::{Answer, Kind, Layer, TOKEN, TestServer, USER, get};

/// The required authentication context classes, and the maximum age of the login in seconds.
type Requirement = (Option<&'static str>, Option<u32>);

/// The requirements that the policies of these tests have.
const REQUIREMENTS: [Requirement; 5] = [
    (None, None),
    (Some("mfa"), None),
    (Some("phr urn:example:acr:2 mfa"), Some(60)),
    (None, Some(0)),
    (Some("a\"b\\c"), Some(u32::MAX)),
];

/// Each order of schemes that contains Bearer, with each requirement.
fn stands() -> Vec<(Vec<Kind>, TestServer, Requirement)> {
    let orders = Kind::orders().into_iter();
    let orders = orders.filter(|kinds| kinds.contains(&Kind::Bearer));
    let mut stands = Vec::new();
    for kinds in orders {
        for requirement in REQUIREMENTS {
            let policy = move |_: &Principal, _: &RequestHead<'_>| step_up(requirement);
            let stand = TestServer::tuned(&kinds, |layer: Layer| layer.policy(policy));
            stands.push((kinds.clone(), stand, requirement));
        }
    }
    stands
}

fn step_up((classes, age): Requirement) -> PolicyDecision {
    PolicyDecision::StepUp(ErrorParams::insufficient_user_authentication(classes, age).unwrap())
}

fn bearer(answer: &Answer) -> Challenge {
    let challenges = answer.challenges().into_iter();
    let mut bearers = challenges.filter(|challenge| challenge.scheme().as_str() == "Bearer");
    let bearer = bearers.next().unwrap();
    assert_eq!(bearers.next(), None);
    bearer
}

fn param_of(challenge: &Challenge, name: &str) -> Option<String> {
    let value = challenge.param(name)?;
    Some(value.to_str().unwrap().into_owned())
}

/// Section 3: "This specification introduces a new error code value", for "The authentication event associated with the
/// access token presented with the request does not meet the authentication requirements of the protected resource." It
/// is a `401`, and the token is not `invalid_token`.
#[test]
fn section_3_a_client_with_an_insufficient_login_gets_401_and_that_error() {
    for (kinds, stand, _) in stands() {
        let answer = stand.ask(get("/").bearer(TOKEN));
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.seen.len(), 0);
        let error = param_of(&bearer(&answer), "error");
        assert_eq!(error.as_deref(), Some("insufficient_user_authentication"));
        let others = answer.challenges().into_iter();
        let others: Vec<_> = others
            .filter(|challenge| challenge.scheme().as_str() != "Bearer")
            .collect();
        assert_eq!(others.len(), kinds.len() - 1);
        for name in ["error", "acr_values", "max_age"] {
            assert!(
                others.iter().all(|other| other.param(name).is_none()),
                "{name}"
            );
        }
    }
}

/// Section 3 defines the error for "the access token presented with the request". A client that sends no token gets no
/// error (RFC 6750 section 3.1).
#[test]
fn section_3_a_client_that_sends_no_token_gets_no_error_params() {
    for (_, stand, _) in stands() {
        let answer = stand.ask(get("/")).is_challenged();
        for name in ["error", "acr_values", "max_age"] {
            assert_eq!(param_of(&bearer(&answer), name), None, "{name}");
        }
    }
}

/// Section 3: acr_values is "A space-separated string listing the authentication context class reference values in
/// order of preference."
#[test]
fn section_3_acr_values_lists_the_classes_in_order_separated_by_one_space() {
    for (_, stand, (classes, _)) in stands() {
        let answer = stand.ask(get("/").bearer(TOKEN));
        assert_eq!(param_of(&bearer(&answer), "acr_values").as_deref(), classes);
    }
    for bad in ["", " ", "a  b", " a", "a ", "a\nb", "a\0"] {
        let error = ErrorParams::insufficient_user_authentication(Some(bad), None);
        assert!(error.is_err(), "{bad:?}");
    }
}

/// Section 3 says of max_age: "while the auth-param value can be conveyed as a token or quoted-string (see Section 11.2
/// of
/// [RFC9110]), it has to represent a non-negative integer."
#[test]
fn section_3_max_age_is_a_non_negative_integer() {
    for (_, stand, (_, age)) in stands() {
        let answer = stand.ask(get("/").bearer(TOKEN));
        let text = param_of(&bearer(&answer), "max_age");
        let digits = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit());
        assert!(text.iter().all(digits));
        assert_eq!(text.map(|text| text.parse().unwrap()), age);
    }
}

/// A `RequirePolicy` of a route makes the refusal, also after the layer has removed the credentials. Only a client that
/// sent a Bearer token gets the error.
#[test]
fn section_3_a_policy_of_a_route_sends_the_same_error() {
    for tune in [|layer: Layer| layer, Layer::strip_credentials] {
        for requirement in REQUIREMENTS {
            let world = support::TestWorld::new();
            let schemes = Kind::ALL.iter().map(|kind| kind.build(&world)).collect();
            let layer = tune(RequireAuth::new(schemes).unwrap());
            let route =
                RequirePolicy::new(move |_: &Principal, _: &RequestHead<'_>| step_up(requirement));
            let probe = support::Probe::new();
            let service = layer.layer(route.layer(probe.clone()));
            let ask = |ask: support::TestRequest| {
                let service = tower::ServiceExt::oneshot(service.clone(), ask.into_request());
                let Ok(response) = support::run(service);
                let lines = response.headers().get_all("www-authenticate").iter();
                let lines = lines.map(|line| line.to_str().unwrap().to_owned());
                (response.status(), lines.collect::<Vec<_>>().join("\n"))
            };
            let (status, challenges) = ask(get("/").bearer(TOKEN));
            assert_eq!(status, StatusCode::UNAUTHORIZED);
            assert!(
                challenges.contains(r#"error="insufficient_user_authentication""#),
                "{challenges}"
            );
            let (status, challenges) = ask(get("/").basic(USER, support::PASSWORD));
            assert_eq!(status, StatusCode::UNAUTHORIZED);
            assert!(!challenges.contains("error="), "{challenges}");
            assert_eq!(probe.calls(), 0);
        }
    }
}
