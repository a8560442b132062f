//! Tests requests with the credentials of two schemes: the throttle and the audit get the account of the one that
//! decides.

use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::scheme::{
    Admission, Attempt, BodyUnread, Refusal, Scheme, SchemeExt, Verdict, VerdictNowOrLater,
};
use tower_challenge::throttle::AttemptOutcome::{Failure, Success};
use tower_challenge::{ClaimedAccount, ErrorParams, NowOrLater, Principal, Secret};

use crate::support::run::later;
use crate::support::{Boxed, Kind, PASSWORD, Schemes, TestServer, TestWorld, USER, WRONG, get};
use crate::{ELSEWHERE, HOME, ThrottledServer, from, unfamiliar_address};

/// The field of [`ApiKey`].
const FIELD: &str = "x-api-key";
const KEY: &str = "robot/C4NARY-key";
const WRONG_KEY: &str = "robot/C4NARY-no";
const ROBOT: &str = "robot";

type MakeScheme = fn(&TestWorld) -> Boxed;

/// Reads a field of its own: a name, a slash and a key.
#[derive(Clone, Copy)]
struct ApiKey {
    /// Whether the scheme tells the throttle the name.
    has_account: bool,
    /// Whether the verdict comes later.
    waits: bool,
}

impl Scheme for ApiKey {
    type Identity = Principal;
    type BodyAccess = BodyUnread;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        let challenge = Challenge::builder(SchemeName::parse("ApiKey").unwrap());
        challenges.push(challenge.build().unwrap());
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        attempt.head().headers().contains_key(FIELD)
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        self.has_account.then(|| ClaimedAccount::new(ROBOT))
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
        let key = attempt.head().headers().get(FIELD)?.to_str().ok()?;
        let verdict = match Secret::new(key).matches(KEY) {
            true => Verdict::Admit(Admission::new(Principal::new(ROBOT))),
            false => Verdict::Refuse(Refusal::wrong("another key")),
        };
        Some(match self.waits {
            false => NowOrLater::now(Ok(verdict)),
            true => NowOrLater::later(async {
                later().await;
                Ok(verdict)
            }),
        })
    }

    fn is_malformed(&self, _: &Attempt<'_>) -> bool {
        false
    }
}

/// Every form in which a layer can hold two schemes.
fn forms(first: MakeScheme, second: MakeScheme) -> Vec<TestServer> {
    let forms: [&dyn Fn(&TestWorld) -> Schemes; 6] = [
        &|world| vec![first(world), second(world)],
        &|world| vec![Box::new((first(world), second(world)))],
        &|world| vec![Box::new(((first(world),), vec![second(world)]))],
        &|world| vec![Box::new(vec![first(world).boxed(), second(world).boxed()])],
        &|world| {
            let unchanged = |caller: Principal| caller;
            let first = first(world).map_identity(unchanged);
            vec![Box::new((first, second(world).map_identity(unchanged)))]
        },
        &|world| {
            let list = vec![std::sync::Arc::new(first(world)), second(world).into()];
            vec![Box::new(list)]
        },
    ];
    forms
        .into_iter()
        .map(|form| TestServer::build(form, |layer| layer))
        .collect()
}

fn nameless(_: &TestWorld) -> Boxed {
    let (has_account, waits) = (false, false);
    Box::new(ApiKey { has_account, waits })
}

fn named(_: &TestWorld) -> Boxed {
    let (has_account, waits) = (true, false);
    Box::new(ApiKey { has_account, waits })
}

fn named_later(_: &TestWorld) -> Boxed {
    let (has_account, waits) = (true, true);
    Box::new(ApiKey { has_account, waits })
}

#[test]
fn an_attempt_is_reserved_settled_and_told_for_the_account_of_the_scheme_that_decides() {
    let kinds: [(MakeScheme, Option<&str>); 3] = [
        (nameless, None),
        (named, Some(ROBOT)),
        (named_later, Some(ROBOT)),
    ];
    let mut played = 0;
    for (key, account) in kinds {
        for server in forms(key, TestWorld::basic) {
            for password in [PASSWORD, WRONG] {
                let beside = || get("/").basic(USER, password);
                let right = server.ask(beside().field(FIELD, KEY)).is_admitted_as(ROBOT);
                let wrong = server.ask(beside().field(FIELD, WRONG_KEY)).is_refused();
                for (answer, outcome) in [(right, Success), (wrong, Failure)] {
                    assert_eq!(answer.reserved, [account.map(str::to_owned)]);
                    assert_eq!(answer.settled, [outcome]);
                    assert_eq!(answer.heard[0].account.as_deref(), account);
                    assert_eq!(answer.verified, [""; 0], "Basic compares no password");
                    played += 1;
                }
            }
        }
        for server in forms(TestWorld::basic, key) {
            for field in [KEY, WRONG_KEY] {
                let beside = || get("/").field(FIELD, field);
                let right = server
                    .ask(beside().basic(USER, PASSWORD))
                    .is_admitted_as(USER);
                let wrong = server.ask(beside().basic(USER, WRONG)).is_refused();
                for (answer, outcome) in [(right, Success), (wrong, Failure)] {
                    assert_eq!(answer.reserved, [Some(USER.to_owned())]);
                    assert_eq!(answer.settled, [outcome]);
                    assert_eq!(answer.heard[0].account.as_deref(), Some(USER));
                    played += 1;
                }
            }
        }
    }
    println!("played {played}");
    assert_eq!(played, 3 * 2 * 6 * 4);
}

/// A key beside credentials that Basic does not claim is the key of its own account. Other credentials of Basic are
/// malformed, and count for no account.
#[test]
fn a_field_that_another_scheme_does_not_claim_changes_no_account() {
    for order in [
        forms(named, TestWorld::basic),
        forms(TestWorld::basic, named),
    ] {
        for server in order {
            for foreign in ["Unheard-Of x", "Bearer 5|kq8", "PVEAPIToken=u@pam!x=1", ""] {
                let beside = || get("/").authorization(foreign);
                let right = server.ask(beside().field(FIELD, KEY)).is_admitted_as(ROBOT);
                let wrong = server.ask(beside().field(FIELD, WRONG_KEY)).is_refused();
                for answer in [right, wrong] {
                    assert_eq!(answer.reserved, [Some(ROBOT.to_owned())], "{foreign}");
                    assert_eq!(answer.heard[0].account.as_deref(), Some(ROBOT));
                }
            }
            let broken = get("/").authorization("Basic \"").field(FIELD, KEY);
            server.ask(broken).is_malformed();
        }
    }
}

/// An attacker with a valid key sends it with guesses at another account.
#[test]
fn a_key_neither_makes_a_location_familiar_nor_ends_a_lockout_nor_uses_up_failures() {
    let throttled = ThrottledServer::new(&[Kind::Basic]);
    let layer = |layer: crate::support::Layer| layer.throttle(throttled.throttle.clone());
    let list = |world: &TestWorld| vec![nameless(world), world.basic()];
    let server = TestServer::build(list, layer);
    throttled
        .ask(get("/").basic(USER, PASSWORD), HOME)
        .is_admitted_as(USER);
    let beside = |key: &str| get("/").basic(USER, WRONG).field(FIELD, key);
    for number in 0..40 {
        let attacker = unfamiliar_address(500 + number);
        let [right, wrong] = [KEY, WRONG_KEY].map(|key| server.ask(from(beside(key), &attacker)));
        assert_eq!(
            [right.status, wrong.status].map(|status| status.as_u16()),
            [200, 401]
        );
    }
    throttled
        .ask(get("/").basic(USER, PASSWORD), ELSEWHERE)
        .is_admitted_as(USER);
    // The attacker's address is unfamiliar, and nothing of the account is used up.
    let judged = throttled.guess_from_one(USER, &unfamiliar_address(500));
    assert_eq!(judged, 5, "one subnet has five failures");
    assert_eq!(throttled.guess_from_many(USER, unfamiliar_address), 15);
    // The owner's location is still familiar after 40 logins of the attacker.
    throttled
        .ask(get("/").basic(USER, PASSWORD), HOME)
        .is_admitted_as(USER);
}

/// A list asks the first member that may claim the request, and no other member, with and without a throttle.
#[test]
fn a_member_that_may_claim_a_request_and_does_not_leaves_it_to_no_other_member() {
    /// Says that it may claim each request with a credentials field, and claims none.
    struct Loose;

    impl Scheme for Loose {
        type Identity = Principal;
        type BodyAccess = BodyUnread;

        fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, _: &mut Vec<Challenge>) {}

        fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
            !attempt.is_absent()
        }

        fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
            None
        }

        fn authenticate(&self, _: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
            None
        }

        fn is_malformed(&self, _: &Attempt<'_>) -> bool {
            false
        }
    }

    fn loose(_: &TestWorld) -> Boxed {
        Box::new(Loose)
    }

    for server in forms(loose, TestWorld::basic) {
        let answer = server.ask(get("/").basic(USER, PASSWORD)).is_challenged();
        assert_eq!(answer.reserved, [None]);
    }
    for server in forms(TestWorld::basic, loose) {
        server
            .ask(get("/").basic(USER, PASSWORD))
            .is_admitted_as(USER);
    }
}
