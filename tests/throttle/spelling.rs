//! Tests which spellings are one account, and for which of them a success counts.

use http::Request;
use proptest::prelude::*;
use tower_challenge::client::ClientResolver;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::password::precis::username;
use tower_challenge::scheme::Basic;
use tower_challenge::scheme::digest::DigestAccounts;
use tower_challenge::store::MemoryThrottleStore;
use tower_challenge::throttle::{
    AttemptOutcome, FailureThrottle, Reservation, Throttle, UnfamiliarLimit,
};
use tower_challenge::{ClaimedAccount, RequestHead, Secret};

use crate::support::digest_client::h;
use crate::support::{
    Boxed, Kind, Login, PASSWORD, REALM, TestServer, TestWorld, USER, WRONG, get,
};
use crate::{DAY, ELSEWHERE, HOME, HOUR, ThrottledServer, Tune, from, unfamiliar_address};

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
            let one = UnfamiliarLimit::new(5, DAY, 5);
            let server =
                ThrottledServer::tuned(&[Kind::Basic], |throttle| throttle.unfamiliar(one));
            for spelling in [*first].iter().chain(spellings).cycle().take(5) {
                assert_eq!(
                    server.guess_once(spelling, HOME),
                    401,
                    "{first:?} {spelling:?}"
                );
            }
            for spelling in spellings {
                assert_eq!(
                    server.guess_once(spelling, ELSEWHERE),
                    429,
                    "{first:?} {spelling:?}"
                );
            }
            for other in ["adnin", "admin2", "a dmin", "jos", "kat", "\u{430}dmin"] {
                assert_eq!(server.basic(other, WRONG, ELSEWHERE), 401, "{other}");
            }
        }
    }
}

/// Whether the throttle grants an attempt at `name`.
fn is_granted(throttle: &FailureThrottle, name: &str) -> bool {
    let request = Request::new(());
    let client = ClientResolver::by_connection().find(&RequestHead::of(&request));
    let account = ClaimedAccount::new(name.to_owned());
    let reserved = throttle.reserve(Some(&account), &client, &RequestHead::of(&request));
    matches!(reserved.try_now(), Ok(Ok(Reservation::Granted(_))))
}

/// Makes a throttle that grants one attempt at each account.
fn one_each() -> FailureThrottle {
    let throttle = FailureThrottle::new().unwrap();
    let store = MemoryThrottleStore::new().with_capacity(1 << 17);
    throttle
        .store(store)
        .unfamiliar(UnfamiliarLimit::new(1, DAY, 1))
}

/// Tries every character that PRECIS replaces by another.
#[test]
fn a121_spellings_that_precis_treats_as_one_name_are_one_account() {
    let throttle = one_each();
    let mut prepared = 0;
    for char in '\u{0}'..=char::MAX {
        let name = format!("a{char}b");
        let Some(prepared_name) = username(&name).filter(|prepared_name| *prepared_name != name)
        else {
            continue;
        };
        prepared += 1;
        let _either = is_granted(&throttle, &name);
        assert!(
            !is_granted(&throttle, &prepared_name),
            "{name:?} {prepared_name:?}"
        );
    }
    println!("{prepared} characters are prepared");
    assert!(prepared > 500, "{prepared}");
    assert!(is_granted(&throttle, "other name"), "the store has room");
}

proptest! {
    /// Tries names of several characters that PRECIS changes, joins or puts in another order.
    #[test]
    fn a121_names_of_several_letters_that_precis_treats_as_one_are_one_account(
        name in "[aA1\u{ff41}-\u{ff43}\u{ff21}\u{ff10}\u{301}\u{308}\u{323}\u{345}\u{e9}\u{1e9b}\u{3b1}\u{3a3}\u{3c2}\u{df}\u{1100}\u{1161}\u{11a8}\u{ac00}\u{ff76}\u{ff9e}\u{30ab}\u{3099}\u{5d0}\u{94d}\u{915}\u{200d}\u{b7}l]{1,6}",
        other in any::<prop::sample::Index>(),
    ) {
        if let Some(prepared_name) = username(&name) {
            let throttle = one_each();
            prop_assert!(is_granted(&throttle, &name));
            prop_assert!(!is_granted(&throttle, &prepared_name), "{name:?} {prepared_name:?}");
            let letter = other.get(&['q', 'z', '9']);
            prop_assert!(is_granted(&throttle, &format!("{name}{letter}")), "a longer name is another account");
        }
    }
}

/// A collation without accents treats these 1,501 names as one account. They have one budget. With a budget for each,
/// an attacker would have 1,501 guesses.
#[test]
fn a158_names_that_differ_in_marks_and_strokes_are_one_account() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    let mark = |number: u32| char::from_u32(0x300 + number).unwrap();
    let mut judged = 0;
    for number in 0..1501 {
        let name = match number {
            0 => "administrator".to_owned(),
            1 => "\u{e1}dministrator".to_owned(),
            _ => format!("a{}dministra{}tor", mark(number / 100), mark(number % 100)),
        };
        judged += u32::from(server.guess_once(&name, &unfamiliar_address(number)) == 401);
    }
    assert_eq!(judged, 20);
    for other in ["s\u{f8}ren", "S\u{d8}REN", "soren", "so\u{301}ren"] {
        server.guess_once(other, HOME);
    }
    assert_eq!(server.guess_from_many("S\u{f6}ren", unfamiliar_address), 16);
}

/// The vowel signs of Hindi, Thai and Tamil are marks too, but they make other names.
#[test]
fn a158_names_that_differ_in_a_vowel_sign_are_different_accounts() {
    let throttle = one_each();
    let names = [
        "\u{930}\u{93e}\u{92e}",
        "\u{930}\u{941}\u{92e}",
        "\u{930}\u{942}\u{92e}",
    ];
    let more = [
        "\u{e14}\u{e35}",
        "\u{e14}\u{e34}",
        "\u{b95}\u{bbf}",
        "\u{b95}\u{bcd}",
    ];
    for name in names.iter().chain(&more) {
        assert!(is_granted(&throttle, name), "{name}");
        assert!(!is_granted(&throttle, name), "{name}");
    }
}

#[test]
fn an_application_may_fold_names_as_its_user_table_does() {
    let throttle = one_each().fold_name(|name| {
        let name = name.split('+').next().unwrap_or_default();
        name.replace('\u{df}', "s")
    });
    assert!(is_granted(&throttle, "stra\u{df}e+news"));
    for other in ["STRASE", "strase+", "str\u{e4}se+x"] {
        assert!(!is_granted(&throttle, other), "{other}");
    }
    assert!(is_granted(&throttle, "strasse"));
}

/// The throttle treats names that differ only in their spelling as one account. The user table may treat them as two.
#[test]
fn a126_the_owner_of_another_spelling_gets_no_more_guesses() {
    let tables = |_: &TestWorld| -> Vec<Boxed> {
        let accounts =
            PlaintextAccounts::new([(USER, PASSWORD), ("MUFASA", "other password")]).unwrap();
        vec![Box::new(Basic::new("files", accounts).unwrap())]
    };
    let none = |throttle: FailureThrottle| throttle.familiar(0, HOUR, DAY);
    for tune in [|throttle| throttle, none] as [Tune; 2] {
        let throttle = tune(FailureThrottle::new().unwrap());
        let stand = TestServer::build(tables, |layer| layer.throttle(throttle));
        let ask = |user: &str, password: &str, peer: &str| {
            stand.ask(from(get("/").basic(user, password), peer)).status
        };
        let mut guesses = 0;
        for number in 0..100 {
            let own = ask("MUFASA", "other password", &unfamiliar_address(number));
            assert!([200, 429].contains(&own.as_u16()));
            let guess = format!("{WRONG}{number}");
            guesses += usize::from(ask(USER, &guess, &unfamiliar_address(number)) == 401);
        }
        assert_eq!(guesses, 20);
    }
}

/// An attacker owns `ADA` beside `ada`. While a login to `ADA` is under way, guesses at `ada` count, and the success of
/// the login clears none of them.
#[test]
fn a159_a_login_to_an_account_that_folds_alike_clears_no_guess() {
    let throttle = FailureThrottle::new().unwrap();
    let request = Request::new(());
    let head = RequestHead::of(&request);
    let client = ClientResolver::by_connection().find(&head);
    let reserve = |name: &str, password: &str| {
        let account = ClaimedAccount::new(name.to_owned()).with_secret(Secret::new(password));
        match throttle.reserve(Some(&account), &client, &head).try_now() {
            Ok(Ok(Reservation::Granted(ticket))) => Some(ticket),
            _ => None,
        }
    };
    let mut guesses = 0;
    for login in 0..100 {
        let Some(own) = reserve("ADA", "other password") else {
            continue;
        };
        for number in 0..99 {
            let wrong = reserve("ada", &format!("guess {login} {number}"));
            guesses += usize::from(wrong.is_some());
        }
        throttle
            .settle(own, AttemptOutcome::Success)
            .try_now()
            .unwrap();
    }
    // The login takes one of the 20 while it is under way, and returns it.
    assert_eq!(guesses, 19);
    assert!(reserve("ada", "the last").is_some());
    assert!(reserve("ada", "one more").is_none());
}

/// The throttle charges a hash of a name to an account of its own, whether the server knows the name or not. If it
/// asked the index for the name instead, five wrong hashes and then the plain name would tell which names exist.
#[test]
fn a161_a_name_and_its_hash_are_two_accounts_whether_the_name_exists_or_not() {
    let schemes = |world: &TestWorld| -> Vec<Boxed> {
        let names = DigestAccounts::new(REALM, TestWorld::accounts()).unwrap();
        vec![world.digest_with(|digest| digest.userhash(names))]
    };
    let answers = |user: &str| {
        let throttle = FailureThrottle::new().unwrap();
        let stand = TestServer::build(schemes, |layer| layer.throttle(throttle));
        let ask = |hashed: bool, number: u32| {
            let login = Login::to(&stand.challenge(Kind::Digest), user, WRONG);
            let hash = h(&login.algorithm, &format!("{user}:{REALM}"));
            let fields = login.fields();
            let fields = match hashed {
                true => fields.quoted("username", &hash).raw("userhash", "true"),
                false => fields,
            };
            let ask = get("/").authorization(fields.header());
            stand
                .ask(from(ask, &unfamiliar_address(number)))
                .status
                .as_u16()
        };
        let hashed = (0..22).map(|number| ask(true, number));
        let hashed: Vec<_> = hashed.collect();
        let plain = (0..22).map(|number| ask(false, 100 + number));
        [hashed, plain.collect()]
    };
    let [hashed, plain] = answers(USER);
    assert_eq!(hashed, [[401; 20].as_slice(), &[429; 2]].concat());
    assert_eq!(plain, hashed, "the plain name has 20 failures of its own");
    let unknown = answers("nobody-has-this-name");
    assert_eq!(
        unknown,
        [hashed, plain],
        "a name that does not exist gets the same answers"
    );
}
