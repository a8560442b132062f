//! Which spellings are one account, and for which a success speaks.

use std::time::SystemTime;

use http::Request;
use proptest::prelude::*;
use tower_challenge::client::FindClient;
use tower_challenge::clock::ManualClock;
use tower_challenge::password::Accounts;
use tower_challenge::password::precis::username;
use tower_challenge::scheme::Basic;
use tower_challenge::store::{Budget, MemoryThrottleStore};
use tower_challenge::throttle::{FailureThrottle, Reservation, Throttle};
use tower_challenge::{Account, RequestHead};

use crate::support::{Boxed, Kind, PASSWORD, Stand, USER, WRONG, World, get};
use crate::{ELSEWHERE, Gate, HOME, SECOND, Tune, from, stranger};

#[test]
fn a121_every_spelling_of_a_name_is_one_account() {
    const ADMIN: [&str; 14] = [
        "admin",
        "Admin",
        "ADMIN",
        " admin",
        "admin ",
        "\u{a0}admin\u{3000}",
        "\u{ff41}\u{ff44}\u{ff4d}\u{ff49}\u{ff4e}",
        "\u{ff21}\u{ff24}\u{ff2d}\u{ff29}\u{ff2e}",
        "ad\u{200b}min",
        "ad\u{ad}min",
        "\u{feff}admin",
        "\u{1d41a}dmin",
        "\u{24d0}dmin",
        "admin\u{200d} ",
    ];
    const JOSE: [&str; 5] = [
        "jos\u{e9}",
        "jose\u{301}",
        "JOS\u{c9}",
        "JOSE\u{301}",
        "Jos\u{e9}\u{fe0f}",
    ];
    const STRASSE: [&str; 5] = [
        "stra\u{df}e",
        "STRASSE",
        "stra\u{1e9e}e",
        "\u{17f}trasse",
        "strasse",
    ];
    const SIGMA: [&str; 4] = [
        "\u{3c3}\u{3bf}\u{3c3}",
        "\u{3c3}\u{3bf}\u{3c2}",
        "\u{3a3}\u{39f}\u{3a3}",
        "\u{3f2}\u{3bf}\u{3c2}",
    ];
    const KELVIN: [&str; 5] = ["kate", "KATE", "\u{212a}ate", "\u{ff2b}ate", "Ka\u{2060}te"];
    for spellings in [&ADMIN[..], &JOSE, &STRASSE, &SIGMA, &KELVIN] {
        for first in spellings {
            let gate = Gate::new(&[Kind::Basic]);
            for spelling in [*first].iter().chain(spellings).cycle().take(5) {
                assert_eq!(
                    gate.basic(spelling, WRONG, HOME),
                    401,
                    "{first:?} {spelling:?}"
                );
            }
            for spelling in spellings {
                assert_eq!(
                    gate.basic(spelling, WRONG, ELSEWHERE),
                    429,
                    "{first:?} {spelling:?}"
                );
            }
            for other in ["adnin", "admin2", "a dmin", "jos", "kat", "\u{430}dmin"] {
                assert_eq!(gate.basic(other, WRONG, ELSEWHERE), 401, "{other}");
            }
        }
    }
}

/// Whether an attempt at `name` was granted, where each account has one.
fn is_granted(throttle: &FailureThrottle, name: &str) -> bool {
    let request = Request::new(());
    let client = FindClient::by_connection().find(&RequestHead::of(&request));
    let account = Account::new(name.to_owned());
    let reserved = throttle.reserve(Some(&account), &client, &RequestHead::of(&request));
    matches!(reserved.try_now(), Ok(Ok(Reservation::Granted(_))))
}

/// One attempt for each account, and as many as there are for everybody.
fn one_each(keys: usize) -> FailureThrottle {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let store = MemoryThrottleStore::new()
        .with_capacity(keys)
        .with_clock(clock);
    let throttle = FailureThrottle::new().unwrap().store(store);
    throttle
        .account(Budget::failures(1))
        .everybody(Budget::failures(u32::MAX))
}

/// Every character that PRECIS makes another one of.
#[test]
fn a121_what_precis_takes_for_one_name_is_one_account() {
    let throttle = one_each(1 << 16);
    let mut prepared = 0;
    for it in '\u{0}'..=char::MAX {
        let name = format!("a{it}b");
        let Some(its) = username(&name).filter(|its| *its != name) else {
            continue;
        };
        prepared += 1;
        let _either = is_granted(&throttle, &name);
        assert!(!is_granted(&throttle, &its), "{name:?} {its:?}");
    }
    println!("{prepared} characters are prepared");
    assert!(prepared > 500, "{prepared}");
    assert!(is_granted(&throttle, "somebody else"), "and there is room");
}

proptest! {
    /// So are names of several characters that PRECIS changes, joins or puts in another order.
    #[test]
    fn a121_what_precis_takes_for_one_name_is_one_account_whatever_its_letters(
        name in "[aA1\u{ff41}-\u{ff43}\u{ff21}\u{ff10}\u{301}\u{308}\u{323}\u{345}\u{e9}\u{1e9b}\u{3b1}\u{3a3}\u{3c2}\u{df}\u{1100}\u{1161}\u{11a8}\u{ac00}\u{ff76}\u{ff9e}\u{30ab}\u{3099}\u{5d0}\u{94d}\u{915}\u{200d}\u{b7}l]{1,6}",
        other in any::<prop::sample::Index>(),
    ) {
        if let Some(its) = username(&name) {
            let throttle = one_each(512);
            prop_assert!(is_granted(&throttle, &name));
            prop_assert!(!is_granted(&throttle, &its), "{name:?} {its:?}");
            let letter = other.get(&['q', 'z', '9']);
            prop_assert!(is_granted(&throttle, &format!("{name}{letter}")), "and no other is");
        }
    }
}

/// Names that differ in their spelling alone are one account to the throttle, and may be two to the user table.
#[test]
fn a126_whoever_owns_another_spelling_has_no_more_guesses_for_it() {
    let tables = |_: &World| -> Vec<Boxed> {
        let accounts = Accounts::new([(USER, PASSWORD), ("MUFASA", "its own")]).unwrap();
        vec![Box::new(Basic::new("files", accounts).unwrap())]
    };
    for tune in [|it| it, |it: FailureThrottle| it.known_source(0, SECOND)] as [Tune; 2] {
        let throttle = tune(FailureThrottle::new().unwrap());
        let stand = Stand::build(tables, |layer| layer.throttle(throttle));
        let ask = |user: &str, password: &str, peer: &str| {
            stand.ask(from(get("/").basic(user, password), peer)).status
        };
        let mut guesses = 0;
        for number in 0..100 {
            let own = ask("MUFASA", "its own", &stranger(number));
            assert!([200, 429].contains(&own.as_u16()));
            guesses += usize::from(ask(USER, WRONG, &stranger(number)) == 401);
        }
        assert_eq!(guesses, 5);
    }
}

#[test]
fn a_success_clears_what_was_spelled_like_it_and_nothing_else() {
    let gate = Gate::tuned(&[Kind::Basic], |it| it.known_source(0, SECOND));
    let fail = |name: &str, times: u32| {
        (0..times).for_each(|_| assert_eq!(gate.basic(name, WRONG, HOME), 401));
    };
    fail(USER, 4);
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
    fail(USER, 3);
    fail("Mufasa", 1);
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
    assert_eq!(gate.guess(USER, HOME), 1, "of five, four were not cleared");
    let released = gate.throttle.release(&Account::new("MuFaSa")).try_now();
    released.unwrap().unwrap();
    fail(USER, 4);
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
    assert_eq!(gate.guess(USER, HOME), 5, "from the start");
}
