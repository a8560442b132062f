//! Regression tests. The comment of each test describes the bug.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::future::Future;
use std::time::Duration;

use http::header::WWW_AUTHENTICATE;
use tower::{Layer as _, ServiceExt};
use tower_challenge::ErrorParams;
use tower_challenge::client::Client;
use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::policy::role;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::digest::{DigestAccount, DigestAccounts};
use tower_challenge::scheme::{
    Admission, Attempt, Basic, Bearer, BodyUnread, Digest, Refusal, Scheme, SchemeExt,
    VerdictNowOrLater,
};
use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MemoryStore, ReplayStore, StoreEpoch};
use tower_challenge::throttle::{self, Reservation, Throttle, ThrottleTicket};
use tower_challenge::{
    ClaimedAccount, NowOrLater, Principal, RequestHead, RequireAuth, Secret, Unavailable,
};

use self::support::{Kind, PASSWORD, Probe, REALM, Schemes, TestServer, TestWorld, USER, get, run};

/// The layer answered `503` for names that exist and `401` for others, so that a client could tell them apart.
#[test]
fn an_account_of_another_realm_gets_the_same_refusal_as_an_unknown_account() {
    let elsewhere = DigestAccounts::new("elsewhere", TestWorld::accounts()).unwrap();
    let digest = Digest::new(REALM, elsewhere).unwrap();
    let stand = TestServer::build(|_| vec![Box::new(digest)], |layer| layer);
    let ask = get("/");
    let known = Kind::Digest.good(&stand, &ask);
    let unknown = known.replace(USER, "nobody");
    let answers = [known, unknown].map(|line| stand.ask(get("/").authorization(line)).is_refused());
    let [known, unknown] = answers.map(|answer| (answer.headers.len(), answer.body.len()));
    assert_eq!(known, unknown);
}

/// A scheme that reads its credentials from a field of its own.
struct ApiKey;

impl Scheme for ApiKey {
    type Identity = Principal;
    type BodyAccess = BodyUnread;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        let name = SchemeName::parse("ApiKey").unwrap();
        challenges.push(Challenge::builder(name).build().unwrap());
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        attempt.head().headers().contains_key("x-api-key")
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

/// The throttle reserved attempts only for credentials in the credentials field.
#[test]
fn the_throttle_reserves_attempts_for_credentials_in_another_field() {
    let stand = TestServer::build(|_| vec![Box::new(ApiKey)], |layer| layer);
    let answer = stand.ask(get("/").field("x-api-key", "bad")).is_refused();
    assert_eq!(answer.reserved.len(), 1);
    let answer = stand.ask(get("/")).is_challenged();
    assert_eq!(
        answer.reserved.len(),
        0,
        "a request without credentials is not an attempt"
    );
    stand.world.tally.exhaust();
    stand
        .ask(get("/").field("x-api-key", "good"))
        .is_throttled();
}

/// Sets of tokens or accounts that admit no client, and the policy of an empty role, could be built.
#[test]
fn a_configuration_that_admits_no_client_is_a_config_error() {
    let none = StaticTokens::<Principal>::new().unwrap();
    assert!(Bearer::new(REALM, none).is_err());
    let without = DigestAccount::new(REALM, Principal::new(USER));
    assert!(DigestAccounts::from_accounts([(USER.to_owned(), without)]).is_err());
    let unset = Secret::new("");
    let unset = DigestAccount::from_password(REALM, USER, unset, Principal::new(USER));
    assert!(DigestAccounts::from_accounts([(USER.to_owned(), unset)]).is_err());
    assert!(role("").is_err());
}

/// A store that always answers later.
struct Slow(MemoryStore);

fn later<T: Send + 'static>(answer: NowOrLater<T>) -> NowOrLater<T> {
    NowOrLater::later(answer)
}

impl ReplayStore for Slow {
    fn claim_once(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        later(self.0.claim_once(key, holder, ttl))
    }

    fn claim_count(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        count: u32,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        later(self.0.claim_count(key, holder, count, ttl))
    }

    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>> {
        later(self.0.epoch())
    }
}

/// Digest kept the epoch of the store only if the store answered a challenge at once. With a store that answers later,
/// every login was stale.
#[test]
fn with_a_store_that_answers_later_only_the_first_login_is_stale() {
    let slow = |world: &TestWorld| -> Schemes {
        let store = Slow(MemoryStore::new().with_clock(world.clock.clone()));
        vec![world.digest_with(|digest| digest.store(store))]
    };
    let stand = TestServer::build(slow, |layer| layer);
    let login = || get("/").authorization(Kind::Digest.good(&stand, &get("/")));
    stand.ask(login()).is_stale();
    stand.ask(login()).is_admitted_as(USER);
    stand.ask(login()).is_admitted_as(USER);
}

/// The type of boxed schemes was an alias of a boxed trait object, whose response futures could not be sent to another
/// task.
#[test]
fn a_service_with_boxed_schemes_can_be_spawned() {
    fn spawned<F: Future + Send + 'static>(future: F) -> F::Output {
        run(future)
    }
    let account = tower_challenge::password::OneAccount::new(USER, PASSWORD).unwrap();
    let schemes = vec![Basic::new(REALM, account).unwrap().boxed()];
    let service = RequireAuth::new(schemes).unwrap().layer(Probe::new());
    let refused = spawned(async move { service.oneshot(get("/").into_request()).await });
    assert!(refused.unwrap().headers().contains_key(WWW_AUTHENTICATE));
}

#[test]
fn principals_with_the_same_scopes_and_roles_in_any_order_are_equal() {
    let ada = || Principal::new("ada");
    assert_eq!(ada().with_scopes(" "), ada());
    assert_eq!(ada().with_scopes("a b"), ada().with_scopes("b a a"));
    assert_eq!(
        ada().with_role("x").with_role("y"),
        ada().with_role("y").with_role("x").with_role("y")
    );
    assert_ne!(ada().with_role("x"), ada().with_scopes("x"));
}

/// Only the last call of `public` had an effect.
#[test]
fn every_call_of_public_adds_public_requests() {
    let path =
        |path: &'static str| move |request: &RequestHead<'_>| request.target().path() == path;
    let tune = |layer: support::Layer| layer.public(path("/health")).public(path("/login"));
    let stand = TestServer::tuned(&[Kind::Basic], tune);
    for public in ["/health", "/login"] {
        assert!(stand.ask(get(public)).is_from_inside());
    }
    stand.ask(get("/health/")).is_challenged();
}

/// A throttle that grants every attempt, now or later.
struct Grants {
    waits: bool,
}

impl Throttle for Grants {
    fn reserve(
        &self,
        _: Option<&ClaimedAccount<'_>>,
        _: &Client,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>> {
        let granted = NowOrLater::now(Ok(Reservation::Granted(ThrottleTicket::default())));
        match self.waits {
            true => later(granted),
            false => granted,
        }
    }

    fn settle(&self, _: ThrottleTicket, _: throttle::AttemptOutcome) -> NowOrLater<()> {
        NowOrLater::now(())
    }
}

/// The status was 200 or 400, depending on whether another scheme had read the field before, and on the throttle.
#[test]
fn a_credentials_field_that_breaks_the_grammar_of_its_scheme_is_400_even_if_another_scheme_claims_the_request()
 {
    let lists: [fn(&TestWorld) -> Schemes; 2] = [
        |world| vec![Box::new(world.basic()), Box::new(ApiKey)],
        |world| vec![Box::new(ApiKey), Box::new(world.basic())],
    ];
    for list in lists {
        for throttle in [None, Some(false), Some(true)] {
            let world = TestWorld::new();
            let layer = RequireAuth::new(list(&world)).unwrap();
            let layer = match throttle {
                Some(waits) => layer.throttle(Grants { waits }),
                None => layer,
            };
            for (field, status) in [
                ("Basic a b c", 400),
                ("Unheard-Of a b c", 200),
                ("PVEAPIToken=u@pam!x=y", 200),
                ("", 200),
            ] {
                let service = layer.layer(Probe::new());
                let ask = get("/").field("x-api-key", "good").authorization(field);
                let Ok(response) = run(service.oneshot(ask.into_request()));
                assert_eq!(response.status(), status, "{field}, throttle: {throttle:?}");
            }
        }
    }
}
