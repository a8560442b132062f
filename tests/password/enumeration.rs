//! Whatever is wrong, one hash is computed, and all answers are the same.

use std::time::Duration;

use tower_challenge::password::hash::{HashFormats, PasswordHash};
use tower_challenge::password::{HashedAccount, HashedAccounts, from_lookup};
use tower_challenge::{NowOrLater, Principal, Unavailable};

use crate::hash::lovelace;
use crate::hashing::{ADA, Bench, account, clock, hash, quick};

/// A table with an account of every kind, each with the password `lovelace` under the same hash.
fn every_kind(hash: &PasswordHash) -> HashedAccounts {
    let past = tower_challenge::clock::Clock::wall(&clock());
    let accounts = [
        ("ada", account("ada", hash)),
        ("disabled", account("disabled", hash).disabled()),
        ("expired", account("expired", hash).expires(past)),
    ];
    let accounts = accounts.map(|(name, account)| (name.to_owned(), account));
    HashedAccounts::from_accounts(accounts).unwrap()
}

/// Every way to be refused.
const REFUSED: [(&str, &str); 12] = [
    ("ada", "wrong"),
    ("ada", ""),
    ("nobody", "lovelace"),
    ("nobody", "wrong"),
    ("nobody", ""),
    ("", ""),
    ("disabled", "lovelace"),
    ("disabled", "wrong"),
    ("expired", "lovelace"),
    ("expired", "wrong"),
    ("Ada", "lovelace"),
    ("ada ", "lovelace"),
];

#[test]
fn a027_one_hash_of_the_same_cost_for_every_refusal() {
    for hash in lovelace() {
        let bench = Bench::of(every_kind(&hash));
        for (user, password) in REFUSED {
            // Again and again: nothing is remembered that would make a difference.
            for _ in 0..3 {
                assert!(!bench.admits(user, password), "{user} {password}");
                let computed = bench.watch.take();
                assert_eq!(computed.len(), 1, "{user} {password}");
                assert_eq!(computed[0].0, hash.estimated_time(), "{user} {password}");
            }
        }
        assert!(bench.admits("ada", "lovelace"));
        assert_eq!(bench.watch.take().len(), 1);
    }
}

/// An account that was good, and whose right password is in the cache, is as slow to be refused as any.
#[test]
fn a028_the_state_is_looked_at_after_the_password() {
    let state = std::sync::Arc::new(std::sync::Mutex::new(account("ada", &hash(ADA))));
    let found = std::sync::Arc::clone(&state);
    let lookup = move |name: &str| (name == "ada").then(|| found.lock().unwrap().clone());
    let bench = Bench::of(from_lookup(lookup, &hash(ADA)));
    assert!(bench.admits("ada", "lovelace") && bench.admits("ada", "lovelace"));
    *state.lock().unwrap() = account("ada", &hash(ADA)).disabled();
    bench.watch.take();
    for password in ["lovelace", "wrong"] {
        assert!(!bench.admits("ada", password));
        assert_eq!(bench.watch.take().len(), 1);
    }
}

#[test]
fn a141_what_is_too_long_costs_one_hash_for_everybody_and_never_its_own_length() {
    let bench = Bench::of(every_kind(&hash(ADA)));
    for length in [257, 1024, 10_000, 1 << 20] {
        let long = "p".repeat(length);
        for user in ["ada", "nobody", "disabled"] {
            assert!(!bench.admits(user, &long));
            let computed = bench.watch.take();
            assert_eq!(computed.len(), 1);
            assert_eq!(computed[0].1, "", "what nobody has is not hashed");
        }
    }
}

/// Not even a hash of the empty password, nor one of what is too long.
#[test]
fn a020_nobody_gets_in_with_an_empty_or_an_overlong_password() {
    let accounts = [
        ("empty".to_owned(), account("empty", &quick(""))),
        ("long".to_owned(), account("long", &quick(&"p".repeat(257)))),
    ];
    let bench = Bench::of(HashedAccounts::from_accounts(accounts).unwrap());
    for _ in 0..2 {
        assert!(!bench.admits("empty", ""));
        assert!(!bench.admits("empty", &"p".repeat(257)));
        assert!(!bench.admits("long", &"p".repeat(257)));
    }
    assert_eq!((bench.watch.count(), bench.cache.entry_count()), (6, 0));
}

#[test]
fn a026_a_hash_in_a_database_that_cannot_be_read_is_refused_at_the_cost_of_any_other() {
    let lookup = |name: &str| {
        let text = match name {
            "ada" => ADA,
            "broken" => "$2y$broken",
            "plain" => "lovelace",
            "empty" => "",
            "dear" => "$2y$31$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy",
            _ => return None,
        };
        let identity = Principal::new(name);
        Some(HashedAccount::from_stored(
            &HashFormats::new(),
            text,
            identity,
        ))
    };
    let bench = Bench::of(from_lookup(lookup, &hash(ADA)));
    for user in ["broken", "plain", "empty", "dear", "nobody"] {
        for password in ["lovelace", "$2y$broken", "wrong"] {
            assert!(!bench.admits(user, password), "{user}");
            let computed = bench.watch.take();
            assert_eq!(computed.len(), 1, "{user}");
            assert_eq!(computed[0].0, hash(ADA).estimated_time());
        }
    }
    assert!(bench.admits("ada", "lovelace"));
}

#[test]
fn a027_the_decoy_is_of_the_dearest_hash_there_is() {
    let dear = "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy";
    let mut accounts = vec![("dear".to_owned(), account("dear", &hash(dear)))];
    accounts.extend(lovelace().iter().enumerate().map(|(i, hash)| {
        let name = format!("user {i}");
        (name.clone(), account(&name, hash))
    }));
    let bench = Bench::of(HashedAccounts::from_accounts(accounts).unwrap());
    assert!(!bench.admits("nobody", "lovelace"));
    assert_eq!(bench.watch.take()[0].0, hash(dear).estimated_time());
}

#[test]
fn a073_a_database_that_cannot_tell_is_unavailable_and_nothing_is_hashed() {
    let lookup = |_: &str| -> NowOrLater<Result<Option<HashedAccount>, Unavailable>> {
        NowOrLater::later(async { Err(Unavailable::new("the database is away")) })
    };
    let bench = Bench::of(from_lookup(lookup, &hash(ADA)));
    let error = bench.ask("ada", "lovelace").unwrap_err();
    assert_eq!(error.to_string(), "the database is away");
    assert_eq!((bench.watch.count(), bench.cache.entry_count()), (0, 0));
}

#[test]
fn whoever_logs_in_with_an_old_hash_is_told_of_once_for_each_that_is_computed() {
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let tell = std::sync::Arc::clone(&told);
    let bench = Bench::tuned(every_kind(&hash(ADA)), |builder| {
        let is_needed = |hash: &PasswordHash| hash.estimated_time() < Duration::from_millis(10);
        builder.needs_rehash(is_needed, move |user, password| {
            let right = password.matches("lovelace");
            tell.lock().unwrap().push((user.to_owned(), right));
        })
    });
    for (user, password) in REFUSED {
        assert!(!bench.admits(user, password));
    }
    assert!(told.lock().unwrap().is_empty(), "nobody has logged in");
    assert!(bench.admits("ada", "lovelace") && bench.admits("ada", "lovelace"));
    assert_eq!(*told.lock().unwrap(), [("ada".to_owned(), true)]);
}

#[test]
fn a_table_is_not_built_of_nobody_or_twice_of_somebody() {
    let none: [(&str, &str); 0] = [];
    assert!(HashedAccounts::new(none).is_err());
    for accounts in [
        [("ada", ADA), ("ada", ADA)],
        [("ada", ADA), ("", ADA)],
        [("ada", ADA), ("a:b", ADA)],
        [("ada", ADA), ("grace", "")],
        [("ada", ADA), ("grace", "hopper")],
    ] {
        assert!(HashedAccounts::new(accounts).is_err(), "{accounts:?}");
    }
    let broken = HashedAccount::from_stored(&HashFormats::new(), "x", Principal::new("ada"));
    assert!(HashedAccounts::from_accounts([("ada".to_owned(), broken)]).is_err());
}
