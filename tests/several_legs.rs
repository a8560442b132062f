//! Tests an exchange that takes two requests, as that of SCRAM does: the challenge in between, the field with which the
//! server proves itself at the end, and what the throttle counts.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderMap, HeaderValue, SET_COOKIE};
use http::{Request, Response, StatusCode};
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::audit::{AuditEvent, AuditOutcome};
use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::policy::{Policy, PolicyDecision};
use tower_challenge::respond::{NotFound, Respond};
use tower_challenge::scheme::{
    Admission, Attempt, BodyUnread, Refusal, Scheme, ServerRole, Verdict, VerdictNowOrLater,
};
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{
    ClaimedAccount, ErrorParams, NowOrLater, Principal, RequestHead, RequireAuth, RequirePolicy,
    Unavailable,
};

use self::support::run;
use self::support::run::later;

const TWICE: SchemeName<'_> = SchemeName::NEGOTIATE;

/// The first request has the token `hello`, and the second one `proof`. The response of an admitted request proves the
/// server.
#[derive(Clone, Copy)]
struct TwoLegs {
    waits: bool,
}

impl TwoLegs {
    fn verdict(attempt: &Attempt<'_>) -> Option<Verdict<Principal>> {
        let info = attempt.role().info_field();
        Some(match attempt.credentials(TWICE)?.token68() {
            Some("hello") => Verdict::Continue(challenge("again")),
            Some("proof") => Verdict::Admit(
                Admission::new(Principal::new("ada"))
                    .with_reply(info, HeaderValue::from_static("data=\"proven\""))
                    .with_reply(CACHE_CONTROL, HeaderValue::from_static("private"))
                    .with_reply(SET_COOKIE, HeaderValue::from_static("session=1")),
            ),
            _ => Verdict::Refuse(Refusal::wrong("wrong proof")),
        })
    }
}

impl Scheme for TwoLegs {
    type Identity = Principal;
    type BodyAccess = BodyUnread;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        challenges.push(challenge("start"));
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        attempt.names(TWICE)
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        Some(ClaimedAccount::new("ada"))
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
        let verdict = Self::verdict(attempt)?;
        if !self.waits {
            return Some(NowOrLater::now(Ok(verdict)));
        }
        Some(NowOrLater::later(async move {
            later().await;
            Ok(verdict)
        }))
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        attempt.breaks_grammar(TWICE)
    }
}

fn challenge(token: &str) -> Challenge {
    Challenge::builder(TWICE).token68(token).build().unwrap()
}

fn request(token: Option<&str>) -> Request<String> {
    let mut request = Request::get("/");
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Negotiate {token}"));
    }
    request.body(String::new()).unwrap()
}

fn layer(waits: bool) -> RequireAuth<TwoLegs> {
    RequireAuth::new(TwoLegs { waits }).unwrap()
}

/// Sends one request through the layer, around a service that answers with `status`.
fn ask<R>(layer: &RequireAuth<TwoLegs, R>, status: u16, token: Option<&str>) -> Response<String>
where
    R: Respond<String> + Clone,
{
    let service = layer.layer(service_fn(move |_: Request<String>| async move {
        let response = Response::builder().status(status);
        Ok::<_, Infallible>(response.body("inner".to_owned()).unwrap())
    }));
    let Ok(response) = run(service.oneshot(request(token)));
    response
}

fn lines<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    let lines = headers.get_all(name).iter();
    lines.map(|line| line.to_str().unwrap()).collect()
}

#[test]
fn each_leg_has_its_challenge_and_its_outcome_in_the_audit() {
    for waits in [false, true] {
        let heard = Arc::<Mutex<Vec<AuditOutcome>>>::default();
        let told = Arc::clone(&heard);
        let layer = layer(waits).audit(move |event: &AuditEvent<'_>| {
            told.lock().unwrap().push(event.outcome);
        });
        for (token, status, challenges) in [
            (None, 401, vec!["Negotiate start"]),
            (Some("hello"), 401, vec!["Negotiate again"]),
            (Some("wrong"), 401, vec!["Negotiate start"]),
            (Some("proof"), 200, vec![]),
        ] {
            let response = ask(&layer, 200, token);
            assert_eq!(response.status(), status);
            assert_eq!(lines(response.headers(), "www-authenticate"), challenges);
        }
        let heard = heard.lock().unwrap();
        assert_eq!(
            *heard,
            [
                AuditOutcome::Challenged,
                AuditOutcome::Continued,
                AuditOutcome::Refused,
                AuditOutcome::Admitted
            ]
        );
    }
}

#[test]
fn the_proof_of_the_server_is_in_a_response_of_any_status() {
    for waits in [false, true] {
        for status in [200, 204, 304, 400, 403, 404, 500, 503] {
            let response = ask(&layer(waits), status, Some("proof"));
            assert_eq!(response.status(), status);
            let proof = lines(response.headers(), "authentication-info");
            assert_eq!(proof, ["data=\"proven\""]);
            for unproven in [None, Some("hello"), Some("wrong")] {
                let response = ask(&layer(waits), status, unproven);
                assert!(!response.headers().contains_key("authentication-info"));
            }
        }
    }
}

type Answer = NowOrLater<Result<PolicyDecision, Unavailable>>;

/// A policy that refuses with `status`, now or later.
fn refuses(status: u16, waits: bool) -> impl Policy<Principal> + Clone {
    let decide = move || match status {
        401 => Ok(PolicyDecision::StepUp(
            ErrorParams::insufficient_user_authentication(Some("mfa"), None).unwrap(),
        )),
        403 => Ok(PolicyDecision::Forbid),
        _ => Err(Unavailable::new("down")),
    };
    move |_: &Principal, _: &RequestHead<'_>| -> Answer {
        if !waits {
            return NowOrLater::now(decide());
        }
        NowOrLater::later(async move {
            later().await;
            decide()
        })
    }
}

/// The client has proved itself, and wants to know that it was this server that refused.
#[test]
fn the_proof_of_the_server_is_in_the_refusal_of_a_policy() {
    for (status, waits) in [
        (401, false),
        (401, true),
        (403, false),
        (403, true),
        (503, false),
        (503, true),
    ] {
        let in_the_layer = layer(waits).policy(refuses(status, waits));
        let refused = ask(&in_the_layer, 200, Some("proof"));
        assert_proven(&refused, status);

        let route = RequirePolicy::new(refuses(status, waits));
        let own = RequirePolicy::new(refuses(status, waits)).respond_with(says_own());
        assert_proven(&through(&layer(waits), &route), status);
        assert_proven(&through(&layer(waits), &own), status);
    }
}

fn says_own() -> impl Respond<String> + Clone {
    |_: &tower_challenge::respond::Denial, _: &RequestHead<'_>| {
        let response = Response::builder().header(SET_COOKIE, "theme=dark");
        response.body("own".to_owned()).unwrap()
    }
}

fn through<R>(layer: &RequireAuth<TwoLegs>, route: &RequirePolicy<Principal, R>) -> Response<String>
where
    R: Respond<String> + Clone,
{
    let inner = service_fn(|_: Request<String>| async {
        Ok::<_, Infallible>(Response::new("inner".to_owned()))
    });
    let Ok(response) = run(layer
        .layer(route.layer(inner))
        .oneshot(request(Some("proof"))));
    response
}

fn assert_proven(refused: &Response<String>, status: u16) {
    assert_eq!(refused.status(), status);
    let headers = refused.headers();
    assert_eq!(lines(headers, "authentication-info"), ["data=\"proven\""]);
    // The layer's own field stays, though the scheme wants another value.
    assert_eq!(lines(headers, "cache-control"), ["no-store"]);
    let cookies: &[&str] = match refused.body().as_str() {
        "own" => &["theme=dark", "session=1"],
        _ => &["session=1"],
    };
    assert_eq!(lines(headers, "set-cookie"), cookies);
}

/// A concealed route looks like an unknown path outside of the layer, with nothing added: neither by the layer nor by a
/// route inside of it.
#[test]
fn a_concealed_refusal_has_no_field_of_the_scheme() {
    let not_found = || {
        NotFound::new(|_: &RequestHead<'_>| {
            let response = Response::builder().status(404);
            response.body("inner".to_owned()).unwrap()
        })
    };
    let by_layer = layer(false)
        .policy(refuses(403, false))
        .respond_with(not_found());
    let by_route = RequirePolicy::new(refuses(403, false)).respond_with(not_found());
    let around = layer(false).respond_with(not_found());
    let route = RequirePolicy::new(refuses(403, false));
    let inner = service_fn(|_: Request<String>| async {
        Ok::<_, Infallible>(Response::new("inner".to_owned()))
    });
    let Ok(by_outer) = run(around
        .layer(route.layer(inner))
        .oneshot(request(Some("proof"))));
    let all = [
        ask(&by_layer, 200, Some("proof")),
        through(&layer(false), &by_route),
        by_outer,
    ];
    for concealed in all {
        assert_eq!(concealed.status(), StatusCode::NOT_FOUND);
        assert!(concealed.headers().is_empty(), "{:?}", concealed.headers());
    }
}

#[test]
fn a_not_found_of_the_inner_service_has_the_fields_of_the_scheme() {
    let unknown = ask(&layer(false), 404, Some("proof"));
    assert_eq!(
        lines(unknown.headers(), "authentication-info"),
        ["data=\"proven\""]
    );
}

/// Each line of `Set-Cookie` is a cookie of its own, so a scheme that begins a session replaces no cookie of the handler.
#[test]
fn a_cookie_of_the_scheme_stands_beside_those_of_the_application() {
    let admission = || {
        Admission::new(Principal::new("ada"))
            .with_reply(SET_COOKIE, HeaderValue::from_static("session=1"))
            .with_reply(CACHE_CONTROL, HeaderValue::from_static("private"))
    };
    let mut response = HeaderMap::new();
    response.append(SET_COOKIE, HeaderValue::from_static("theme=dark"));
    response.append(SET_COOKIE, HeaderValue::from_static("basket=2"));
    response.append(CACHE_CONTROL, HeaderValue::from_static("public"));
    admission()
        .into_parts()
        .1
        .apply(ServerRole::Origin, StatusCode::OK, &mut response);
    let cookies = ["theme=dark", "basket=2", "session=1"];
    assert_eq!(lines(&response, "set-cookie"), cookies);
    assert_eq!(lines(&response, "cache-control"), ["private"]);
}

#[test]
fn a_field_may_be_left_out_of_a_response_that_asks_for_credentials() {
    let proof = HeaderValue::from_static("proven");
    let added = |role: ServerRole, status: StatusCode| {
        let admission = Admission::new(Principal::new("ada"));
        let admission = admission.with_reply_unless_401(role.info_field(), proof.clone());
        let (_, reply) = admission.into_parts();
        let mut response = HeaderMap::new();
        reply.apply(role, status, &mut response);
        response.get(role.info_field()) == Some(&proof)
    };
    for status in [200, 401, 403, 407, 500] {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(added(ServerRole::Origin, status), status != 401, "{status}");
        assert_eq!(added(ServerRole::Proxy, status), status != 407, "{status}");
    }
}

#[test]
fn a_proxy_proves_itself_in_its_own_field() {
    let service = layer(false).proxy().policy(refuses(403, false));
    let service = service.layer(service_fn(|_: Request<String>| async {
        Ok::<_, Infallible>(Response::new("inner".to_owned()))
    }));
    let ask = Request::get("/").header("proxy-authorization", "Negotiate proof");
    let Ok(refused) = run(service.oneshot(ask.body(String::new()).unwrap()));
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let proof = lines(refused.headers(), "proxy-authentication-info");
    assert_eq!(proof, ["data=\"proven\""]);
    assert!(!refused.headers().contains_key("authentication-info"));
}

/// Each leg reserves an attempt of its own and settles it: the first one gives it back, a wrong proof uses it up. An
/// exchange that the client abandons after the first leg costs no attempt.
#[test]
fn the_throttle_counts_wrong_proofs_and_no_first_legs() {
    for waits in [false, true] {
        let layer = layer(waits).throttle(FailureThrottle::new().unwrap());
        for _ in 0..200 {
            assert_eq!(ask(&layer, 200, Some("hello")).status(), 401);
        }
        assert_eq!(ask(&layer, 200, Some("proof")).status(), 200);
        let wrong = |_| ask(&layer, 200, Some("wrong")).status() == 429;
        assert!((0..200).any(wrong), "guesses are limited");
        assert_eq!(ask(&layer, 200, Some("hello")).status(), 429);
    }
}
