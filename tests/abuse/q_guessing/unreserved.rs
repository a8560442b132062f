//! Tests a scheme that claims credentials although its `may_claim` did not announce them.

use http::Response;
use tower::ServiceExt;
use tower_challenge::ErrorParams;
use tower_challenge::audit::RefusalReason;
use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::scheme::{Admission, Attempt, BodyUnread, Refusal, Scheme, VerdictNowOrLater};
use tower_challenge::{ClaimedAccount, Principal, RequireAuth};
use tower_layer::Layer as _;

use crate::support::{
    Body, Kind, PASSWORD, Probe, Schemes, TestRequest, TestServer, TestWorld, USER, get, run,
};

/// Reads a field of its own, but `may_claim` does not say so.
struct ApiKey;

impl Scheme for ApiKey {
    type Identity = Principal;
    type BodyAccess = BodyUnread;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        let name = SchemeName::parse("ApiKey").unwrap();
        challenges.push(Challenge::builder(name).build().unwrap());
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        !attempt.is_absent()
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
        let key = attempt.head().headers().get("x-api-key")?;
        Some(match key.as_bytes() {
            b"good" => Admission::new(Principal::new(USER)).at_once(),
            _ => Refusal::wrong("another key").at_once(),
        })
    }

    fn is_malformed(&self, _: &Attempt<'_>) -> bool {
        false
    }
}

/// The server answers a right key as a wrong one, and the audit names the scheme.
#[test]
fn a163_the_layer_judges_no_credentials_that_are_claimed_without_a_reservation() {
    let alone = |_: &TestWorld| -> Schemes { vec![Box::new(ApiKey)] };
    let among = |world: &TestWorld| -> Schemes { vec![world.basic(), Box::new(ApiKey)] };
    for (stand, others) in [
        (TestServer::build(alone, |layer| layer), false),
        (TestServer::build(among, |layer| layer), true),
        (TestServer::build(among, |layer| layer.optional()), true),
    ] {
        for key in ["good", "bad", ""] {
            for _ in 0..30 {
                let answer = stand.ask(get("/").field("x-api-key", key)).is_unavailable();
                assert_eq!((answer.reserved.len(), answer.settled.len()), (0, 0));
                let event = &answer.heard[0];
                assert_eq!(event.text, RefusalReason::NotReserved.text());
                let names = if others {
                    "ApiKey or Basic: "
                } else {
                    "ApiKey: "
                };
                assert!(event.shown.contains(names), "{}", event.shown);
            }
        }
        if others {
            stand
                .ask(get("/").basic(USER, PASSWORD))
                .is_admitted_as(USER);
        }
    }
}

/// Without a throttle no attempt needs a reservation.
#[test]
fn a163_a_layer_without_a_throttle_judges_credentials_without_a_reservation() {
    let service = RequireAuth::new(ApiKey).unwrap().layer(Probe::new());
    let ask = |key: &str| {
        let request = get("/").field("x-api-key", key).into_request();
        let Ok(response): Result<Response<Body>, _> = run(service.clone().oneshot(request));
        response.status().as_u16()
    };
    assert_eq!([ask("good"), ask("bad")], [200, 401]);
}

/// Each scheme of this crate announces what it claims, so its attempts are reserved.
#[test]
fn a163_every_scheme_of_this_crate_announces_the_credentials_that_it_claims() {
    for (_, stand) in TestServer::every() {
        for target in ["/", "/?access_token=x", "/?access_token=x&access_token=y"] {
            for field in [
                "",
                "x",
                "Basic",
                "Bearer x",
                "Digest",
                "Basic \"",
                "Unheard-Of x",
            ] {
                for ask in [
                    get(target).authorization(field),
                    TestRequest::new("GET", target),
                ] {
                    let answer = stand.ask(ask);
                    let reason = answer.heard[0].text;
                    assert_ne!(
                        reason,
                        RefusalReason::NotReserved.text(),
                        "{}",
                        answer.asked
                    );
                }
            }
        }
    }
    let stand = TestServer::of(&[Kind::Bearer]);
    let answer = stand.ask(get("/?access_token=x")).is_refused_uncounted();
    assert_eq!(answer.reserved, [None]);
}
