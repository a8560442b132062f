//! Tokens that a verifier remembers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use tower_challenge::NowOrLater;
use tower_challenge::Unavailable;
use tower_challenge::clock::{Clock, ManualClock};
use tower_challenge::jose::{KeySet, KeySource};
use tower_challenge::jwt::RevocationList;

use crate::support::{API, builder, good, issuer, why};

fn in_an_hour() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000)
}

#[test]
fn a_withdrawn_key_ends_the_tokens_that_are_remembered() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    let old = good(&issuer).sign();
    assert_eq!(why(&verifier, &old), None);
    issuer.rotate().unwrap();
    assert_eq!(why(&verifier, &old), None, "both keys are published");
    let new = good(&issuer).sign();
    assert_eq!(why(&verifier, &new), None);
    issuer.withdraw_old_keys();
    assert_eq!(
        why(&verifier, &old),
        Some("no key of the issuer fits the token")
    );
    assert_eq!(why(&verifier, &new), None);
}

#[test]
fn a_revoked_token_is_refused_though_it_is_remembered() {
    let issuer = issuer();
    let list = RevocationList::new();
    let verifier = builder(issuer.clone()).revocations(&list).build().unwrap();
    let (one, other) = (
        good(&issuer).claim("jti", "1").sign(),
        good(&issuer).claim("jti", "2").sign(),
    );
    assert_eq!([why(&verifier, &one), why(&verifier, &other)], [None, None]);
    list.revoke_token("1", in_an_hour()).unwrap();
    assert_eq!(why(&verifier, &one), Some("the token is revoked"));
    assert_eq!(why(&verifier, &other), None);
    let new = builder(issuer).revocations(&list).build().unwrap();
    assert_eq!(
        why(&new, &one),
        Some("the token is revoked"),
        "a verifier that never saw it"
    );
}

#[test]
fn the_tokens_of_a_subject_from_before_a_time_are_refused() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let issuer = issuer().with_clock(clock.clone());
    let list = RevocationList::new();
    let verifier = builder(issuer.clone())
        .revocations(&list)
        .clock(clock.clone())
        .build()
        .unwrap();
    let old = good(&issuer).sign();
    let undated = good(&issuer).without("iat").sign();
    let bob = issuer.token("bob").audience(API).sign();
    assert_eq!(why(&verifier, &old), None);
    clock.advance(Duration::from_secs(10));
    let change = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_010);
    list.revoke_subject("ada", change, in_an_hour()).unwrap();
    let new = good(&issuer).sign();
    for (token, revoked) in [(&old, true), (&undated, true), (&new, false), (&bob, false)] {
        let expected = revoked.then_some("the token is revoked");
        assert_eq!(why(&verifier, token), expected);
    }
    list.revoke_subject("ada", change - Duration::from_secs(5), in_an_hour())
        .unwrap();
    assert_eq!(
        why(&verifier, &old),
        Some("the token is revoked"),
        "an older revocation takes nothing back"
    );
}

#[test]
fn a_full_list_of_revocations_forgets_what_is_past_and_nothing_else() {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let clock = ManualClock::new(start);
    let issuer = issuer().with_clock(clock.clone());
    let list = RevocationList::with_capacity(2).with_clock(clock.clone());
    let verifier = builder(issuer.clone())
        .revocations(&list)
        .clock(clock.clone())
        .build()
        .unwrap();
    let after = |seconds| start + Duration::from_secs(seconds);
    let token_of = |subject: &str, id: &str| {
        let token = issuer.token(subject).audience(API).claim("jti", id);
        token.lifetime(Duration::from_secs(1000)).sign()
    };
    let (one, bob, third) = (
        token_of("ada", "a"),
        token_of("bob", "b"),
        token_of("ada", "c"),
    );
    list.revoke_token("a", after(100)).unwrap();
    list.revoke_subject("bob", after(1), after(300)).unwrap();
    assert!(list.revoke_token("c", after(400)).is_err());
    assert_eq!(why(&verifier, &third), None, "the list was full");
    list.revoke_token("a", after(250)).unwrap();

    clock.advance(Duration::from_secs(250 + 59));
    assert!(list.revoke_token("c", after(400)).is_err());
    assert_eq!(why(&verifier, &one), Some("the token is revoked"));

    clock.advance(Duration::from_secs(1));
    list.revoke_token("c", after(400)).unwrap();
    assert!(list.revoke_token("d", after(400)).is_err());
    assert_eq!(why(&verifier, &one), None, "its revocation was dropped");
    assert_eq!(why(&verifier, &bob), Some("the token is revoked"));
    assert_eq!(why(&verifier, &third), Some("the token is revoked"));
}

/// A verifier accepts a token until a minute after its `exp` at most, so a revocation counts for as long.
#[test]
fn a_full_list_of_revocations_keeps_those_of_tokens_within_the_leeway() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let issuer = issuer().with_clock(clock.clone());
    let list = RevocationList::with_capacity(2).with_clock(clock.clone());
    let verifier = builder(issuer.clone())
        .revocations(&list)
        .clock(clock.clone())
        .leeway(Duration::from_secs(60))
        .build()
        .unwrap();
    let expiry = clock.wall() + Duration::from_secs(3600);
    let exp = 1_800_003_600;
    let token = good(&issuer).claim("jti", "t").claim("exp", exp).sign();
    let bob = issuer.token("bob").audience(API).claim("exp", exp).sign();
    list.revoke_token("t", expiry).unwrap();
    list.revoke_subject("bob", expiry, expiry).unwrap();
    clock.advance(Duration::from_secs(3600 + 59));
    let _ = list.revoke_token("other", expiry + Duration::from_secs(9));
    assert_eq!(why(&verifier, &token), Some("the token is revoked"));
    assert_eq!(why(&verifier, &bob), Some("the token is revoked"));
    clock.advance(Duration::from_secs(1));
    assert_eq!(why(&verifier, &token), Some("the token has expired"));
    list.revoke_token("other", expiry).unwrap();
}

/// A time that the clock of the system cannot express must not end the thread.
#[test]
fn a_list_of_revocations_survives_every_time() {
    let ancient = SystemTime::UNIX_EPOCH - Duration::from_secs(1 << 40);
    let list = RevocationList::with_capacity(1).with_clock(ManualClock::new(ancient));
    let mut late = SystemTime::UNIX_EPOCH;
    for shift in (0..63).rev() {
        late = late
            .checked_add(Duration::from_secs(1 << shift))
            .unwrap_or(late);
    }
    list.revoke_token("a", late).unwrap();
    assert!(list.revoke_token("b", late).is_err());
}

/// Counts how often it is asked, and gives the keys of an issuer.
#[derive(Clone)]
struct Counting(KeySet, Arc<AtomicUsize>);

impl KeySource for Counting {
    fn keys(&self) -> NowOrLater<Result<KeySet, Unavailable>> {
        NowOrLater::now(Ok(self.0.clone()))
    }

    fn newer_than(&self, known: KeySet) -> NowOrLater<KeySet> {
        self.1.fetch_add(1, Ordering::Relaxed);
        NowOrLater::now(known)
    }
}

/// A lenient verifier accepts a token. A strict one with the same keys still refuses it.
#[test]
fn what_one_verifier_remembers_counts_for_no_other() {
    let issuer = issuer();
    let lenient = builder(issuer.clone()).audience("other").build().unwrap();
    let strict = builder(issuer.clone()).build().unwrap();
    let token = issuer.token("ada").audience("other").sign();
    assert_eq!(why(&lenient, &token), None);
    assert_eq!(
        why(&strict, &token),
        Some("the token is for another audience")
    );
    assert_eq!(
        why(&strict.clone(), &token),
        Some("the token is for another audience")
    );
    assert_eq!(why(&lenient.clone(), &token), None);
}

#[test]
fn newer_keys_are_asked_for_only_if_no_key_has_the_name_of_the_token() {
    let issuer = issuer();
    let asked = Arc::new(AtomicUsize::new(0));
    let keys = Counting(issuer.keys(), Arc::clone(&asked));
    let verifier = builder(keys).build().unwrap();
    let count = |token: String| {
        let before = asked.load(Ordering::Relaxed);
        let _ = why(&verifier, &token);
        asked.load(Ordering::Relaxed) - before
    };
    assert_eq!(count(good(&issuer).sign()), 0);
    assert_eq!(
        count(good(&issuer).sign_wrongly()),
        0,
        "a wrong signature of a known key"
    );
    assert_eq!(count(good(&issuer).header("alg", "RS256").sign()), 0);
    assert_eq!(count("a.b.c".to_owned()), 0);
    assert_eq!(
        count(
            good(&issuer)
                .header("typ", "JWT")
                .header("kid", "new")
                .sign()
        ),
        0,
        "of another kind"
    );
    assert_eq!(count(good(&issuer).header("kid", "new").sign()), 1);
    assert_eq!(count(good(&issuer).without_header("kid").sign()), 0);
    assert_eq!(
        count(good(&issuer).without_header("kid").sign_wrongly()),
        1,
        "perhaps of a newer key"
    );
}

/// With no cache, and with one that is far too small, the verdicts are the same.
#[test]
fn the_size_of_the_cache_changes_no_verdict() {
    let issuer = issuer();
    for size in [0, 1, 4, 1000] {
        let verifier = builder(issuer.clone()).cache(size).build().unwrap();
        for round in 0..3 {
            for number in 0..20 {
                let token = good(&issuer).claim("jti", number);
                let token = token.claim("jti", number.to_string());
                assert_eq!(why(&verifier, &token.sign()), None, "{size}, {round}");
                assert!(why(&verifier, &token.sign_wrongly()).is_some());
            }
        }
    }
}

/// A clock that is set back makes a remembered token one of the future again.
#[test]
fn a_clock_that_is_set_back_is_asked_again() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let issuer = issuer().with_clock(clock.clone());
    let verifier = builder(issuer.clone())
        .clock(clock.clone())
        .build()
        .unwrap();
    let token = good(&issuer).sign();
    assert_eq!(why(&verifier, &token), None);
    clock.step_wall(SystemTime::UNIX_EPOCH + Duration::from_secs(1_799_990_000));
    assert_eq!(
        why(&verifier, &token),
        Some("the token is not valid yet (nbf, iat)")
    );
}
