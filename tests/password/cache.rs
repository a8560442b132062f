//! The cache of right passwords, and requests that share one computation of a hash.

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
use crate::watchdog::Watchdog;

/// A store whose accounts a test can change while the verifier uses them.
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
fn a_right_password_that_is_sent_again_is_admitted_at_once_without_a_hash() {
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
fn a135_a_wrong_password_costs_a_hash_every_time_and_is_not_remembered() {
    let bench = Bench::of(ada());
    for i in 1..=50 {
        assert!(!bench.admits("ada", "babbage"));
        assert!(!bench.admits("nobody", "babbage"));
        assert_eq!((bench.watch.count(), bench.cache.entry_count()), (2 * i, 0));
    }
    assert!(
        bench.admits("ada", "lovelace"),
        "wrong passwords do not keep the owner out"
    );
}

/// The realm, the name and the password are always the same text when they are joined, but split at different places.
#[test]
fn a131_name_and_password_that_join_to_the_same_text_have_their_own_cache_entries() {
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
fn a132_a_wrong_password_is_refused_for_a_name_of_any_length() {
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

/// Four threads send right and wrong passwords of the same length at the same time.
#[test]
fn a133_concurrent_right_and_wrong_passwords_each_get_their_own_answer() {
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
fn a134_a_changed_password_or_a_disabled_account_takes_effect_at_once() {
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

/// The same text is stored first as a plaintext password, and then as the hash of another password.
#[test]
fn a134_a_plaintext_password_and_a_hash_with_the_same_text_have_their_own_cache_entries() {
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
fn a134_an_account_is_refused_from_its_expiry_on_by_the_wall_clock() {
    let accounts = Changing::default();
    let bench = accounts.bench();
    let at = tower_challenge::clock::Clock::wall(&bench.clock) + Duration::from_secs(60);
    accounts.set("ada", account("ada", &quick("lovelace")).expires(at));
    bench.clock.advance(Duration::from_secs(59));
    assert!(bench.admits("ada", "lovelace"));
    bench.clock.advance(Duration::from_secs(1));
    assert!(!bench.admits("ada", "lovelace"));
    // The expiry is a date, so a step of the wall clock matters.
    bench.clock.step_wall(at - Duration::from_secs(1));
    assert!(bench.admits("ada", "lovelace"));
}

#[test]
fn a134_after_clear_the_right_password_costs_a_hash_again() {
    let bench = Bench::of(ada());
    assert!(bench.admits("ada", "lovelace"));
    assert_eq!(bench.cache.entry_count(), 1);
    bench.cache.clear();
    assert_eq!(bench.cache.entry_count(), 0);
    assert!(bench.admits("ada", "lovelace"));
    assert_eq!(bench.watch.count(), 2);
}

#[test]
fn a_right_password_is_forgotten_a_lifetime_after_its_last_use() {
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
    // The lifetime is measured with the monotonic clock, so a step of the wall clock does not matter.
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
        // The capacity is rounded up to a multiple of eight.
        assert!(
            cache.entry_count() <= capacity.next_multiple_of(8),
            "{}",
            cache.entry_count()
        );
        // A set of eight may be full, and evict entries, while other sets have room.
        assert!(
            cache.entry_count() >= capacity * 3 / 4,
            "{} of {capacity}",
            cache.entry_count()
        );
    }
}

#[test]
fn a136_a_password_that_an_unknown_user_sent_is_not_remembered_for_another_user() {
    let bench = Bench::of(ada());
    for user in ["nobody", "no one", "ada", "nobody"] {
        let right = bench.admits(user, "lovelace");
        assert_eq!(right, user == "ada");
        assert_eq!(bench.watch.take().len(), 1, "{user}");
    }
}

/// An answer at once would tell a client that the password is in the cache. Only the right password of the account gets
/// it.
#[test]
fn a140_only_the_right_password_of_the_account_is_found_in_the_cache() {
    let bench = Bench::of(table(&[("ada", "right"), ("grace", "other")]));
    assert!(bench.admits("ada", "right") && bench.admits("grace", "other"));
    bench.watch.take();
    for user in ["ada", "grace", "nobody"] {
        for password in ["right", "other", "wrong", "", "righ", "right ", "Right"] {
            let answer = bench.verifier.verify(user, Secret::new(password)).try_now();
            let right = [("ada", "right"), ("grace", "other")].contains(&(user, password));
            // An answer at once may also be an error, because the queue may be full of the questions before.
            let hit = matches!(answer, Ok(Ok(Ok(_))));
            assert_eq!(hit, right, "{user} {password}");
        }
    }
}

#[test]
fn a137_debug_output_never_shows_a_password() {
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
fn requests_with_the_same_name_and_password_at_the_same_time_share_one_hash() {
    let bench = Bench::of(ada());
    for (password, right) in [("lovelace", true), ("babbage", false)] {
        bench.watch.gate.close();
        let ask = |_| bench.verifier.verify("ada", Secret::new(password));
        let waiting = (0..100).map(ask).collect::<Vec<_>>();
        wait_until(|| bench.watch.count() == 1);
        bench.watch.gate.open();
        let answers = waiting
            .into_iter()
            .map(|answer| wait(answer).unwrap().is_ok());
        assert!(answers.into_iter().all(|admitted| admitted == right));
        assert_eq!(bench.watch.take().len(), 1);
    }
}

/// Two unknown names are compared with the same decoy hash, and must not share a computation because of that.
#[test]
fn a139_requests_with_different_names_or_passwords_do_not_share_a_hash() {
    let bench = Bench::of(ada());
    bench.watch.gate.close();
    let questions = [
        ("ada", "x"),
        ("nobody", "x"),
        ("no one", "x"),
        ("nobody", "y"),
        ("nobodyx", ""),
    ];
    let ask = |(user, password)| bench.verifier.verify(user, Secret::new(password));
    let waiting = questions.map(ask);
    bench.watch.gate.open();
    for answer in waiting {
        assert!(wait(answer).unwrap().is_err());
    }
    assert_eq!(bench.watch.count(), questions.len());
}

/// Runs one leader and one waiter. `spoil` makes the leader's computation fail. Returns whether the leader and the
/// waiter are admitted, and how many hashes were computed.
fn leader_and_waiter(spoil: impl FnOnce(&Bench<HashedAccounts>)) -> (bool, bool, usize) {
    let bench = Bench::of(ada());
    bench.watch.gate.close();
    let [leader, waiter] = [(), ()].map(|()| bench.verifier.verify("ada", Secret::new("lovelace")));
    wait_until(|| bench.watch.count() == 1);
    spoil(&bench);
    bench.watch.gate.open();
    let waited = wait(waiter).is_ok_and(|verified| verified.is_ok());
    let led = wait(leader).is_ok_and(|verified| verified.is_ok());
    (led, waited, bench.watch.count())
}

#[test]
fn a138_a_waiter_computes_its_own_hash_when_the_leader_panics_or_fails() {
    let fine = leader_and_waiter(|_| ());
    assert_eq!(fine, (true, true, 1));
    let panicked = leader_and_waiter(|bench| bench.watch.panics.store(true, Ordering::SeqCst));
    assert_eq!(panicked, (false, true, 2));
    let failed = leader_and_waiter(|bench| bench.watch.fails.store(true, Ordering::SeqCst));
    assert_eq!(failed, (false, true, 2));
}

#[test]
fn a138_a_waiter_is_answered_although_the_leader_disconnects() {
    let bench = Bench::of(ada());
    // Another request keeps the only thread busy, so the leader's hash has not begun.
    bench.watch.gate.close();
    let busy = bench.verifier.verify("ada", Secret::new("babbage"));
    wait_until(|| bench.watch.count() == 1);
    let ask = || bench.verifier.verify("ada", Secret::new("lovelace"));
    let (leader, mut waiter, last) = (ask(), ask(), ask());
    assert!(is_pending(&mut waiter));
    drop((leader, last));
    bench.watch.gate.open();
    assert!(wait(waiter).unwrap().is_ok());
    assert!(wait(busy).unwrap().is_err());
    assert_eq!(bench.watch.count(), 2);
}

/// The only caller disconnects before the hash begins, and a second caller asks the same.
#[test]
fn a138_a_caller_is_answered_after_all_earlier_callers_disconnected() {
    let _watchdog = Watchdog::start("the verifier answers the second caller");
    let bench = Bench::of(ada());
    bench.watch.gate.close();
    let busy = bench.verifier.verify("ada", Secret::new("babbage"));
    wait_until(|| bench.watch.count() == 1);
    drop(bench.verifier.verify("ada", Secret::new("lovelace")));
    let after = bench.verifier.verify("ada", Secret::new("lovelace"));
    bench.watch.gate.open();
    assert!(wait(after).unwrap().is_ok());
    assert!(wait(busy).unwrap().is_err());
    assert!(bench.admits("ada", "lovelace"));
    assert_eq!(bench.watch.count(), 2);
}

/// A client that disconnects while its right password is hashed finds it in the cache next time.
#[test]
fn a_hash_that_has_begun_is_finished_and_remembered_after_its_client_disconnects() {
    let _watchdog = Watchdog::start("the hash is finished");
    let bench = Bench::of(ada());
    bench.watch.gate.close();
    let mut asked = bench.verifier.verify("ada", Secret::new("lovelace"));
    assert!(is_pending(&mut asked));
    wait_until(|| bench.watch.count() == 1);
    drop(asked);
    bench.watch.gate.open();
    wait_until(|| bench.cache.entry_count() == 1);
    let again = bench.verifier.verify("ada", Secret::new("lovelace"));
    assert!(again.try_now().unwrap().unwrap().is_ok());
}

/// Guesses fill the pool. The cache still admits users with an earlier login, and a user who logs in for the first time
/// takes the place of a guess.
#[test]
fn a141_a_flood_of_guesses_does_not_stop_users_who_log_in_or_are_logged_in() {
    let bench = Bench::of(table(&[("ada", "right"), ("grace", "right")]));
    assert!(bench.admits("ada", "right"));
    bench.watch.gate.close();
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
    let new = bench.verifier.verify("grace", Secret::new("right"));
    assert_eq!(bench.pool.waiting(), 8);
    bench.watch.gate.open();
    assert!(wait(new).unwrap().is_ok());
    let answered = flood.into_iter().map(wait);
    let answered = answered
        .filter(|answer| matches!(answer, Ok(Err(_))))
        .count();
    assert_eq!(answered, 8, "one on the thread, and seven in the queue");
    assert_eq!(bench.watch.count(), 10);
}
