//! When keys are fetched. The test sets the clock.

use std::time::Duration;

use tower_challenge::clock::Clock;
use tower_challenge::jose::KeySource;
use tower_challenge::jwks::RemoteKeys;

use crate::issuer::{Behaviour, FakeIssuer, URL, names, names_now, names_of, set_of, settle};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn building_fetches_nothing_and_the_first_callers_share_one_fetch() {
    let issuer = FakeIssuer::new(Behaviour::Held(set_of(&["a"])));
    let keys = issuer.keys();
    settle().await;
    assert_eq!(issuer.count(), 0);
    let callers = Vec::from_iter((0..1000).map(|_| tokio::spawn(keys.keys())));
    settle().await;
    assert!(callers.iter().all(|caller| !caller.is_finished()));
    assert_eq!(issuer.count(), 1);
    issuer.release();
    for caller in callers {
        assert_eq!(names_of(&caller.await.unwrap().unwrap()), ["a"]);
    }
    assert_eq!(names_now(&keys), ["a"]);
    assert_eq!(issuer.count(), 1);
}

#[tokio::test]
async fn keys_that_are_due_are_used_while_they_are_fetched_again() {
    let issuer = FakeIssuer::publishing(&["a"]);
    let keys = issuer.keys();
    assert_eq!(names(&keys).await.unwrap(), ["a"]);
    issuer.set(Behaviour::Held(set_of(&["b"])));
    issuer.clock().advance(10 * MINUTE - SECOND);
    assert_eq!(names_now(&keys), ["a"]);
    settle().await;
    assert_eq!(issuer.count(), 1, "not yet");
    issuer.clock().advance(SECOND);
    for _ in 0..1000 {
        assert_eq!(names_now(&keys), ["a"]);
    }
    settle().await;
    assert_eq!(
        (issuer.count(), names_now(&keys)),
        (2, vec!["a".to_owned()])
    );
    issuer.release();
    settle().await;
    assert_eq!(names_now(&keys), ["b"]);
}

/// Checks that the keys, which were just fetched, are fetched again after `seconds` and no sooner.
async fn assert_fetches_after(issuer: &FakeIssuer, keys: &RemoteKeys, seconds: u64, what: &str) {
    let almost = Duration::from_secs(seconds) - SECOND;
    for (time, count) in [(almost, 1), (SECOND, 2)] {
        issuer.clock().advance(time);
        names_now(keys);
        settle().await;
        assert_eq!(issuer.count(), count, "{what}");
    }
}

#[tokio::test]
async fn a_max_age_shortens_the_time_until_the_next_fetch_within_bounds() {
    for (control, seconds) in [
        ("max-age=120", 120),
        ("public, max-age=120, must-revalidate", 120),
        ("max-age=1", 60),
        ("max-age=0", 60),
        ("max-age=86400", 600),
        ("no-cache", 600),
        ("no-store", 600),
    ] {
        let issuer = FakeIssuer::new(Behaviour::Cached(control, set_of(&["a"])));
        let keys = issuer.keys();
        names(&keys).await.unwrap();
        assert_fetches_after(&issuer, &keys, seconds, control).await;
    }
}

#[tokio::test]
async fn jitter_makes_a_fetch_begin_sooner_by_half_of_the_time_at_most() {
    for (sooner, seconds) in [(MINUTE, 540), (HOUR, 300)] {
        let issuer = FakeIssuer::publishing(&["a"]);
        let builder = issuer.connect(RemoteKeys::at(URL));
        let keys = builder.jitter(move |_| sooner).build().unwrap();
        names(&keys).await.unwrap();
        assert_fetches_after(&issuer, &keys, seconds, "jitter").await;
    }
}

#[tokio::test]
async fn keys_that_no_token_has_asked_for_in_a_long_time_are_fetched_before_they_are_used() {
    let issuer = FakeIssuer::publishing(&["a"]);
    let keys = issuer.keys();
    names(&keys).await.unwrap();
    issuer.publish(&["b"]);
    issuer.clock().advance(20 * MINUTE);
    assert_eq!(
        names(&keys).await.unwrap(),
        ["b"],
        "the key a was withdrawn"
    );

    issuer.set(Behaviour::Hang);
    issuer.clock().advance(20 * MINUTE);
    let waiting = tokio::spawn({
        let keys = keys.clone();
        async move { names(&keys).await }
    });
    settle().await;
    issuer.clock().advance(10 * SECOND);
    assert_eq!(
        waiting.await.unwrap().unwrap(),
        ["b"],
        "the fetch has failed"
    );
    issuer.clock().advance(30 * SECOND);
    assert_eq!(
        names_now(&keys),
        ["b"],
        "while fetches fail, no caller waits"
    );
    settle().await;
    assert_eq!(issuer.count(), 4);
}

/// "No good token refused while the last good set is fresh, at most one fetch per interval."
#[tokio::test]
async fn the_last_good_keys_are_used_until_the_hard_stop_while_every_fetch_fails() {
    let issuer = FakeIssuer::publishing(&["a"]);
    let keys = issuer.keys();
    names(&keys).await.unwrap();
    issuer.set(Behaviour::Answer(500, String::new()));
    let step = 7 * SECOND;
    let mut served = 0;
    while issuer.clock().monotonic() + step < 24 * HOUR {
        issuer.clock().advance(step);
        assert_eq!(names_now(&keys), ["a"]);
        settle().await;
        served += 1;
    }
    let times = issuer.times();
    let shortest = times.windows(2).map(|two| two[1] - two[0]).min().unwrap();
    println!(
        "{served} callers, {} fetches, {shortest:?} apart",
        times.len()
    );
    assert_eq!(served, 24 * 3600 / 7);
    assert!(shortest >= 30 * SECOND, "{shortest:?}");
    // The first, the one when the keys are due after 86 steps, and then one in five steps.
    assert_eq!(times.len(), 2 + (served - 86) / 5);

    issuer.clock().advance(step);
    let refused = names(&keys).await.unwrap_err();
    assert_eq!(refused, "https://as.example/jwks: the status is 500");
    issuer.publish(&["b"]);
    issuer.clock().advance(30 * SECOND);
    assert_eq!(names(&keys).await.unwrap(), ["b"]);
}

#[tokio::test]
async fn without_keys_the_answer_names_the_time_until_the_next_fetch() {
    let issuer = FakeIssuer::new(Behaviour::Error);
    let keys = issuer.keys();
    let unavailable = keys.keys().await.unwrap_err();
    assert_eq!(
        unavailable.to_string(),
        "https://as.example/jwks: connection reset"
    );
    assert_eq!(unavailable.delay(), 30 * SECOND);
    assert!(
        unavailable.is_not_compared(),
        "no attempt of the account is used up"
    );
    issuer.publish(&["a"]);
    for passed in 1..30 {
        issuer.clock().advance(SECOND);
        let unavailable = keys.keys().try_now().unwrap().unwrap_err();
        assert_eq!(unavailable.delay(), (30 - passed) * SECOND);
    }
    assert_eq!(issuer.count(), 1);
    issuer.clock().advance(SECOND);
    assert_eq!(names(&keys).await.unwrap(), ["a"]);
    assert_eq!(issuer.count(), 2);
}

#[tokio::test]
async fn a_thousand_callers_with_unknown_keys_cause_one_fetch_in_an_interval() {
    let issuer = FakeIssuer::publishing(&["a"]);
    let keys = issuer.keys();
    let known = keys.keys().await.unwrap();
    assert!(
        keys.newer_than(known.clone()).try_now().is_ok(),
        "the first load counts"
    );
    assert_eq!(issuer.count(), 1);

    issuer.clock().advance(30 * SECOND);
    issuer.set(Behaviour::Held(set_of(&["a", "b"])));
    let ask = || tokio::spawn(keys.newer_than(known.clone()));
    let callers = Vec::from_iter((0..1000).map(|_| ask()));
    settle().await;
    assert_eq!(issuer.count(), 2);
    assert_eq!(
        names_now(&keys),
        ["a"],
        "tokens with known keys do not wait"
    );
    issuer.release();
    for caller in callers {
        assert_eq!(names_of(&caller.await.unwrap()), ["a", "b"]);
    }

    // The cache is asked before the interval is.
    let newer = keys.newer_than(known.clone()).try_now().unwrap();
    assert_eq!(names_of(&newer), ["a", "b"]);
    for _ in 0..10_000 {
        assert!(keys.newer_than(newer.clone()).try_now().is_ok());
    }
    settle().await;
    assert_eq!(issuer.count(), 2, "no fetch within the interval");
    issuer.clock().advance(30 * SECOND);
    keys.newer_than(newer).await;
    assert_eq!(issuer.count(), 3);
}

/// The interval is counted by attempts: a failure counts as a success does.
#[tokio::test]
async fn a_failed_fetch_for_an_unknown_key_counts_and_changes_no_keys() {
    for behaviour in [
        Behaviour::Answer(500, String::new()),
        Behaviour::Answer(200, r#"{"keys":[]}"#.to_owned()),
        Behaviour::Error,
        Behaviour::Panic,
    ] {
        let issuer = FakeIssuer::publishing(&["a"]);
        let keys = issuer.keys();
        let known = keys.keys().await.unwrap();
        issuer.set(behaviour);
        issuer.clock().advance(30 * SECOND);
        let same = keys.newer_than(known).await;
        assert_eq!((names_of(&same), issuer.count()), (vec!["a".to_owned()], 2));
        for _ in 0..29 {
            issuer.clock().advance(SECOND);
            assert!(keys.newer_than(same.clone()).try_now().is_ok());
            assert_eq!(names_now(&keys), ["a"]);
        }
        settle().await;
        assert_eq!(issuer.count(), 2);
        issuer.publish(&["b"]);
        issuer.clock().advance(SECOND);
        assert_eq!(names_of(&keys.newer_than(same).await), ["b"]);
    }
}

#[tokio::test]
async fn a_fetch_that_takes_too_long_ends_and_the_next_begins_after_the_interval() {
    let issuer = FakeIssuer::new(Behaviour::Hang);
    let keys = issuer.keys();
    let waiting = tokio::spawn(keys.keys());
    settle().await;
    issuer
        .clock()
        .advance(10 * SECOND - Duration::from_nanos(1));
    settle().await;
    assert!(!waiting.is_finished());
    issuer.clock().advance(Duration::from_nanos(1));
    let unavailable = waiting.await.unwrap().unwrap_err();
    assert_eq!(
        unavailable.to_string(),
        "https://as.example/jwks: took longer than 10s"
    );
    assert_eq!(
        unavailable.delay(),
        20 * SECOND,
        "from the beginning of the fetch on"
    );
    issuer.publish(&["a"]);
    issuer.clock().advance(20 * SECOND);
    assert_eq!(names(&keys).await.unwrap(), ["a"]);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_cancel_the_fetch_of_the_others() {
    let issuer = FakeIssuer::new(Behaviour::Held(set_of(&["a"])));
    let keys = issuer.keys();
    let first = tokio::spawn(keys.keys());
    settle().await;
    let second = tokio::spawn(keys.keys());
    settle().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    issuer.release();
    assert_eq!(names_of(&second.await.unwrap().unwrap()), ["a"]);

    // A fetch whose only caller has gone away still brings the keys.
    let issuer = FakeIssuer::new(Behaviour::Held(set_of(&["a"])));
    let keys = issuer.keys();
    drop(keys.keys());
    settle().await;
    issuer.release();
    settle().await;
    assert_eq!(
        (names_now(&keys), issuer.count()),
        (vec!["a".to_owned()], 1)
    );
}
