//! A client cannot find out which accounts exist: every refusal costs one hash, and all refusals are the same.

use std::time::Duration;

use tower_challenge::password::hash::{HashFormats, PasswordHash};
use tower_challenge::password::{HashedAccount, HashedAccounts, from_lookup};
use tower_challenge::{NowOrLater, Principal, Unavailable};

use crate::hash::lovelace;
use crate::hashing::{ADA, Bench, account, clock, hash, quick};

/// A table with a normal, a disabled and an expired account. All have the password `lovelace` and the same hash.
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

/// A name and a password for every reason to refuse.
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
fn a027_every_refusal_costs_one_hash_of_the_same_cost() {
    for hash in lovelace() {
        let bench = Bench::of(every_kind(&hash));
        for (user, password) in REFUSED {
            // Three times, because nothing that is remembered may change the cost.
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

/// The cache remembers the right password from before. Without a hash, the refusal of the disabled account would be
/// quick and would tell the client that the password is right.
#[test]
fn a028_a_disabled_account_costs_a_hash_although_the_cache_knows_its_password() {
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
fn a141_an_overlong_password_costs_one_hash_of_the_empty_password_for_all_users() {
    let bench = Bench::of(every_kind(&hash(ADA)));
    for length in [257, 1024, 10_000, 1 << 20] {
        let long = "p".repeat(length);
        for user in ["ada", "nobody", "disabled"] {
            assert!(!bench.admits(user, &long));
            let computed = bench.watch.take();
            assert_eq!(computed.len(), 1);
            assert_eq!(
                computed[0].1, "",
                "the overlong password itself is not hashed"
            );
        }
    }
}

/// Even if the stored hash is that of the empty password or of an overlong password.
#[test]
fn a020_an_empty_or_overlong_password_is_refused_even_if_its_hash_is_stored() {
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
fn a026_an_account_with_an_unreadable_hash_in_a_database_is_refused_at_the_usual_cost() {
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
fn a027_an_unknown_user_costs_as_much_as_the_most_costly_hash_of_the_table() {
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
fn a073_a_database_error_makes_the_verifier_unavailable_without_a_hash() {
    let lookup = |_: &str| -> NowOrLater<Result<Option<HashedAccount>, Unavailable>> {
        NowOrLater::later(async { Err(Unavailable::new("the database is away")) })
    };
    let bench = Bench::of(from_lookup(lookup, &hash(ADA)));
    let error = bench.ask("ada", "lovelace").unwrap_err();
    assert_eq!(error.to_string(), "the database is away");
    assert_eq!((bench.watch.count(), bench.cache.entry_count()), (0, 0));
}

#[test]
fn needs_rehash_is_called_once_per_computed_hash_and_only_for_a_login_that_succeeds() {
    let calls = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let called = std::sync::Arc::clone(&calls);
    let bench = Bench::tuned(every_kind(&hash(ADA)), |builder| {
        let is_needed = |hash: &PasswordHash| hash.estimated_time() < Duration::from_millis(10);
        builder.needs_rehash(is_needed, move |user, password| {
            let right = password.matches("lovelace");
            called.lock().unwrap().push((user.to_owned(), right));
        })
    });
    for (user, password) in REFUSED {
        assert!(!bench.admits(user, password));
    }
    assert!(
        calls.lock().unwrap().is_empty(),
        "no login has succeeded yet"
    );
    assert!(bench.admits("ada", "lovelace") && bench.admits("ada", "lovelace"));
    assert_eq!(*calls.lock().unwrap(), [("ada".to_owned(), true)]);
}

#[test]
fn a_table_without_accounts_or_with_a_bad_name_or_hash_is_a_config_error() {
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
