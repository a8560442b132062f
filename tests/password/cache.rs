//! What is remembered: that a password was right, and nothing else.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tower_challenge::password::{
    HashedAccount, HashedAccounts, HashedPasswords, HashingPool, VerifiedPasswordCache,
    VerifyPassword, from_lookup,
};
use tower_challenge::{Principal, Secret};

use crate::hashing::{ADA, Bench, account, ada, clock, hash, is_pending, quick, wait, wait_until};

/// Accounts that can be changed while they are used.
#[derive(Clone, Default)]
struct Changing(Arc<Mutex<HashMap<String, HashedAccount>>>);

impl Changing {
    fn set(&self, name: &str, account: HashedAccount) {
        self.0.lock().unwrap().insert(name.to_owned(), account);
    }

    fn bench(
        &self,
    ) -> Bench<impl tower_challenge::password::HashStore<Identity = Principal> + use<>> {
        let all = Arc::clone(&self.0);
        let lookup = move |name: &str| all.lock().unwrap().get(name).cloned();
        Bench::of(from_lookup(lookup, &quick("decoy")))
    }
}

fn table(accounts: &[(&str, &str)]) -> HashedAccounts {
    let accounts = accounts
        .iter()
        .map(|(name, password)| (name.to_string(), account(name, &quick(password))));
    HashedAccounts::from_accounts(accounts).unwrap()
}

#[test]
fn a_repeat_of_a_right_password_costs_no_hash_and_is_here_at_once() {
    let bench = Bench::of(ada());
    assert!(bench.admits("ada", "lovelace"));
    assert_eq!(bench.watch.take().len(), 1);
    for _ in 0..100 {
        let again = bench.verifier.verify("ada", Secret::new("lovelace"));
        assert!(again.try_now().unwrap().unwrap().is_ok());
    }
    assert_eq!(bench.watch.count(), 0);
}

#[test]
fn a135_a_wrong_password_is_hashed_every_time_and_leaves_nothing() {
    let bench = Bench::of(ada());
    for i in 1..=50 {
        assert!(!bench.admits("ada", "babbage"));
        assert!(!bench.admits("nobody", "babbage"));
        assert_eq!((bench.watch.count(), bench.cache.entry_count()), (2 * i, 0));
    }
    assert!(
        bench.admits("ada", "lovelace"),
        "nobody's wrong password is held against her"
    );
}

/// Names and passwords that are the same text when they stand beside each other, in realms that are, too.
#[test]
fn a131_what_looks_alike_is_another_verdict() {
    let cache = VerifiedPasswordCache::new().unwrap();
    let splits = |text: &'static str| (1..text.len()).map(move |at| text.split_at(at));
    let hits = Arc::new(AtomicUsize::new(0));
    let pool = HashingPool::builder()
        .threads(1)
        .deadline(Duration::MAX)
        .build()
        .unwrap();
    let verifier = |realm: &str| {
        let lookup = |name: &str| Some(account(name, &quick("decoy")));
        let hits = Arc::clone(&hits);
        let count =
            move |_: &_, _: Secret<'_>| Ok(hits.fetch_add(1, Ordering::SeqCst) < usize::MAX);
        let builder = HashedPasswords::builder(from_lookup(lookup, &quick("decoy")));
        let builder = builder.pool(pool.clone()).check_with(count);
        builder.cache(cache.clone(), realm).build().unwrap()
    };
    let mut asked = 0;
    for realm in ["a", "ab", "", "aab"] {
        let verifier = verifier(realm);
        for (user, password) in splits("aabcabcc").chain(splits("babcabcc")) {
            let _ = wait(verifier.verify(user, Secret::new(password))).unwrap();
            asked += 1;
            assert_eq!(
                hits.load(Ordering::SeqCst),
                asked,
                "{realm} {user} {password}"
            );
        }
    }
    assert_eq!(cache.entry_count(), asked);
}

#[test]
fn a132_the_password_matters_behind_the_longest_name() {
    for length in [51, 52, 72, 100, 255, 1024, 5000] {
        let name = "n".repeat(length);
        let bench = Bench::of(table(&[(&name, "right")]));
        assert!(bench.admits(&name, "right"));
        assert!(!bench.admits(&name, "wrong"));
        assert!(!bench.admits(&name, "righ"));
        let long = "p".repeat(1024);
        assert!(!bench.admits(&name, &long));
    }
}

/// Right and wrong passwords of one length, from many threads at once.
#[test]
fn a133_right_and_wrong_are_never_taken_for_each_other() {
    let pool = HashingPool::builder()
        .threads(2)
        .queue(64)
        .deadline(Duration::MAX);
    let cache = VerifiedPasswordCache::new().unwrap().capacity(8);
    let builder = HashedPasswords::builder(table(&[("ada", "right"), ("grace", "wrong")]));
    let builder = builder.pool(pool.build().unwrap()).cache(cache, "files");
    let verifier = builder.build().unwrap();
    let judged = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (verifier, judged) = (&verifier, &judged);
            scope.spawn(move || {
                for i in 0..25_000 {
                    let (user, password) = (
                        ["ada", "grace"][i % 2],
                        ["right", "wrong"][(i / 2 + thread) % 2],
                    );
                    let answer = wait(verifier.verify(user, Secret::new(password))).unwrap();
                    let right = (user, password) == ("ada", "right")
                        || (user, password) == ("grace", "wrong");
                    assert_eq!(answer.is_ok(), right, "{user} {password}");
                    judged.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(judged.load(Ordering::SeqCst), 100_000);
}

#[test]
fn a134_a_changed_password_counts_at_once() {
    let accounts = Changing::default();
    let bench = accounts.bench();
    accounts.set("ada", account("ada", &quick("old")));
    assert!(bench.admits("ada", "old") && bench.admits("ada", "old"));
    accounts.set("ada", account("ada", &quick("new")));
    assert!(!bench.admits("ada", "old"));
    assert!(bench.admits("ada", "new"));
    accounts.set("ada", account("ada", &quick("new")).disabled());
    assert!(!bench.admits("ada", "new"));
    accounts.0.lock().unwrap().clear();
    assert!(!bench.admits("ada", "new"));
}

/// What was a password that looked like a hash, and is the hash of another password now.
#[test]
fn a134_a_password_and_a_hash_of_the_same_text_are_two() {
    let accounts = Changing::default();
    let bench = accounts.bench();
    accounts.set("ada", account("ada", &quick(ADA)));
    assert!(bench.admits("ada", ADA));
    accounts.set("ada", account("ada", &hash(ADA)));
    assert!(!bench.admits("ada", ADA));
    assert!(bench.admits("ada", "lovelace"));
    accounts.set("ada", account("ada", &quick(ADA)));
    assert!(!bench.admits("ada", "lovelace") && bench.admits("ada", ADA));
}

#[test]
fn a134_an_account_that_expires_is_refused_from_then_on() {
    let accounts = Changing::default();
    let bench = accounts.bench();
    let at = tower_challenge::clock::Clock::wall(&bench.clock) + Duration::from_secs(60);
    accounts.set("ada", account("ada", &quick("lovelace")).expires(at));
    bench.clock.advance(Duration::from_secs(59));
    assert!(bench.admits("ada", "lovelace"));
    bench.clock.advance(Duration::from_secs(1));
    assert!(!bench.admits("ada", "lovelace"));
    // The wall clock decides that, for it is a date.
    bench.clock.step_wall(at - Duration::from_secs(1));
    assert!(bench.admits("ada", "lovelace"));
}

#[test]
fn a134_a_cleared_cache_knows_nothing() {
    let bench = Bench::of(ada());
    assert!(bench.admits("ada", "lovelace"));
    assert_eq!(bench.cache.entry_count(), 1);
    bench.cache.clear();
    assert_eq!(bench.cache.entry_count(), 0);
    assert!(bench.admits("ada", "lovelace"));
    assert_eq!(bench.watch.count(), 2);
}

#[test]
fn what_is_not_used_for_a_lifetime_is_forgotten() {
    let bench = Bench::of(ada());
    assert!(bench.admits("ada", "lovelace"));
    for _ in 0..10 {
        bench.clock.advance(Duration::from_secs(599));
        assert!(bench.admits("ada", "lovelace"));
    }
    assert_eq!(bench.watch.count(), 1);
    bench.clock.advance(Duration::from_secs(601));
    assert_eq!(bench.cache.entry_count(), 0);
    assert!(bench.admits("ada", "lovelace"));
    assert_eq!(bench.watch.count(), 2);
    // What the wall shows is nothing to it.
    bench.clock.step_wall(std::time::SystemTime::UNIX_EPOCH);
    assert!(bench.admits("ada", "lovelace"));
    assert_eq!(bench.watch.count(), 2);
}

#[test]
fn the_cache_never_holds_more_than_its_capacity_and_keeps_what_was_used_last() {
    for capacity in [0, 1, 7, 8, 100, 1024] {
        let cache = VerifiedPasswordCache::new()
            .unwrap()
            .capacity(capacity)
            .clock(clock());
        let lookup = |name: &str| Some(account(name, &quick("right")));
        let builder = HashedPasswords::builder(from_lookup(lookup, &quick("decoy")));
        let builder = builder.pool(
            HashingPool::builder()
                .threads(1)
                .deadline(Duration::MAX)
                .build()
                .unwrap(),
        );
        let verifier = builder.cache(cache.clone(), "").build().unwrap();
        for i in 0..3000 {
            let user = format!("user {i}");
            assert!(
                wait(verifier.verify(&user, Secret::new("right")))
                    .unwrap()
                    .is_ok()
            );
            let again = verifier.verify(&user, Secret::new("right")).try_now();
            assert_eq!(again.is_ok(), capacity > 0);
        }
        // Places come in eights, and a cache for fewer has eight.
        assert!(
            cache.entry_count() <= capacity.next_multiple_of(8),
            "{}",
            cache.entry_count()
        );
        // Some places overflow before others are full.
        assert!(
            cache.entry_count() >= capacity * 3 / 4,
            "{} of {capacity}",
            cache.entry_count()
        );
    }
}

#[test]
fn a136_a_password_of_nobody_is_not_remembered_for_somebody() {
    let bench = Bench::of(ada());
    for user in ["nobody", "no one", "ada", "nobody"] {
        let right = bench.admits(user, "lovelace");
        assert_eq!(right, user == "ada");
        assert_eq!(bench.watch.take().len(), 1, "{user}");
    }
}

/// The cache hits for nobody who has not the right password, whatever account it is.
#[test]
fn a140_only_the_right_password_hits() {
    let bench = Bench::of(table(&[("ada", "right"), ("grace", "other")]));
    assert!(bench.admits("ada", "right") && bench.admits("grace", "other"));
    bench.watch.take();
    for user in ["ada", "grace", "nobody"] {
        for password in ["right", "other", "wrong", "", "righ", "right ", "Right"] {
            let answer = bench.verifier.verify(user, Secret::new(password)).try_now();
            let right = [("ada", "right"), ("grace", "other")].contains(&(user, password));
            // A refusal may be here at once as well: the queue may be full of those before it.
            let hit = matches!(answer, Ok(Ok(Ok(_))));
            assert_eq!(hit, right, "{user} {password}");
        }
    }
}

#[test]
fn a137_nothing_shows_a_password() {
    let bench = Bench::of(table(&[("ada", "C4NARY")]));
    assert!(bench.admits("ada", "C4NARY"));
    let shown = format!(
        "{:?} {:?} {:?} {:?} {:?}",
        bench.verifier,
        bench.cache,
        bench.pool,
        bench.verifier.store(),
        account("ada", &quick("C4NARY"))
    );
    assert!(!shown.contains("C4NARY"), "{shown}");
}

#[test]
fn those_who_ask_the_same_at_the_same_time_share_one_hash() {
    let bench = Bench::of(ada());
    for (password, right) in [("lovelace", true), ("babbage", false)] {
        bench.watch.door.shut();
        let ask = |_| bench.verifier.verify("ada", Secret::new(password));
        let waiting = (0..100).map(ask).collect::<Vec<_>>();
        wait_until(|| bench.watch.count() == 1);
        bench.watch.door.open();
        let answers = waiting.into_iter().map(|it| wait(it).unwrap().is_ok());
        assert!(answers.into_iter().all(|it| it == right));
        assert_eq!(bench.watch.take().len(), 1);
    }
}

/// Each question is a name and a password; names that nobody has do not share one for having no hash.
#[test]
fn a139_different_questions_share_nothing() {
    let bench = Bench::of(ada());
    bench.watch.door.shut();
    let questions = [
        ("ada", "x"),
        ("nobody", "x"),
        ("no one", "x"),
        ("nobody", "y"),
        ("nobodyx", ""),
    ];
    let ask = |(user, password)| bench.verifier.verify(user, Secret::new(password));
    let waiting = questions.map(ask);
    bench.watch.door.open();
    for answer in waiting {
        assert!(wait(answer).unwrap().is_err());
    }
    assert_eq!(bench.watch.count(), questions.len());
}

/// One leader, one follower, and what becomes of the leader.
fn lead_and_follow(spoil: impl FnOnce(&Bench<HashedAccounts>)) -> (bool, bool, usize) {
    let bench = Bench::of(ada());
    bench.watch.door.shut();
    let [leader, follower] =
        [(), ()].map(|()| bench.verifier.verify("ada", Secret::new("lovelace")));
    wait_until(|| bench.watch.count() == 1);
    spoil(&bench);
    bench.watch.door.open();
    let right = wait(follower).is_ok_and(|it| it.is_ok());
    let led = wait(leader).is_ok_and(|it| it.is_ok());
    (led, right, bench.watch.count())
}

#[test]
fn a138_followers_ask_for_themselves_when_the_first_comes_to_nothing() {
    let fine = lead_and_follow(|_| ());
    assert_eq!(fine, (true, true, 1));
    let panicked = lead_and_follow(|bench| bench.watch.panics.store(true, Ordering::SeqCst));
    assert_eq!(panicked, (false, true, 2));
    let failed = lead_and_follow(|bench| bench.watch.fails.store(true, Ordering::SeqCst));
    assert_eq!(failed, (false, true, 2));
}

#[test]
fn a138_a_leader_who_leaves_takes_nobody_along() {
    let bench = Bench::of(ada());
    // Another question keeps the thread busy, so that the leader's has not begun.
    bench.watch.door.shut();
    let busy = bench.verifier.verify("ada", Secret::new("babbage"));
    wait_until(|| bench.watch.count() == 1);
    let ask = || bench.verifier.verify("ada", Secret::new("lovelace"));
    let (leader, mut follower, last) = (ask(), ask(), ask());
    assert!(is_pending(&mut follower));
    drop((leader, last));
    bench.watch.door.open();
    assert!(wait(follower).unwrap().is_ok());
    assert!(wait(busy).unwrap().is_err());
    assert_eq!(bench.watch.count(), 2);
}

/// Everybody has left before it began: nothing is hashed, and whoever comes then is answered.
#[test]
fn a138_a_question_that_everybody_left_is_in_nobodys_way() {
    let bench = Bench::of(ada());
    bench.watch.door.shut();
    let busy = bench.verifier.verify("ada", Secret::new("babbage"));
    wait_until(|| bench.watch.count() == 1);
    drop(bench.verifier.verify("ada", Secret::new("lovelace")));
    let after = bench.verifier.verify("ada", Secret::new("lovelace"));
    bench.watch.door.open();
    assert!(wait(after).unwrap().is_ok());
    assert!(wait(busy).unwrap().is_err());
    assert!(bench.admits("ada", "lovelace"));
    assert_eq!(bench.watch.count(), 2);
}

/// Who disconnects from a right password that is being hashed has not hashed it in vain.
#[test]
fn what_has_begun_is_finished_and_remembered() {
    let bench = Bench::of(ada());
    bench.watch.door.shut();
    let mut asked = bench.verifier.verify("ada", Secret::new("lovelace"));
    assert!(is_pending(&mut asked));
    wait_until(|| bench.watch.count() == 1);
    drop(asked);
    bench.watch.door.open();
    wait_until(|| bench.cache.entry_count() == 1);
    let again = bench.verifier.verify("ada", Secret::new("lovelace"));
    assert!(again.try_now().unwrap().unwrap().is_ok());
}

/// Strangers keep the pool full; who is logged in does not notice, and who is new is told when to come back.
#[test]
fn a141_a_flood_stops_nobody_who_is_logged_in() {
    let bench = Bench::of(table(&[("ada", "right"), ("grace", "right")]));
    assert!(bench.admits("ada", "right"));
    bench.watch.door.shut();
    let guess = |i| {
        bench
            .verifier
            .verify("ada", Secret::new(&format!("guess {i}")))
    };
    let mut flood = vec![guess(0)];
    wait_until(|| bench.watch.count() == 2);
    for i in 1..10_000 {
        flood.push(guess(i));
        let owner = bench.verifier.verify("ada", Secret::new("right"));
        assert!(owner.try_now().unwrap().unwrap().is_ok());
    }
    assert_eq!(bench.pool.waiting(), 8);
    let new = bench
        .verifier
        .verify("grace", Secret::new("right"))
        .try_now();
    assert!(new.unwrap().is_err());
    bench.watch.door.open();
    let answered = flood.into_iter().map(wait);
    let answered = answered.filter(|it| matches!(it, Ok(Err(_)))).count();
    assert_eq!(answered, 9, "one on the thread, and eight in the queue");
    assert_eq!(bench.watch.count(), 10);
}
