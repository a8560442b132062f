//! Tests the forms of user names and of responses.

use proptest::prelude::{any, prop};
use proptest::{prop_assert, proptest};

use std::sync::{Arc, Mutex};

use tower_challenge::password::Lookup;
use tower_challenge::scheme::Digest;
use tower_challenge::scheme::digest::{DigestAccount, DigestAccounts, DigestAlgorithm, UserHash};
use tower_challenge::{Principal, Secret, Unavailable};

use super::{all_algorithms, ask, logins, tuned};
use crate::support::digest_client::h;
use crate::support::{
    Kind, Login, OTHER_USER, PASSWORD, REALM, Schemes, TestServer, TestWorld, USER, WRONG, get,
};

/// A client must send the name once and in a single form. If the server does not offer `userhash`, a hash matches no
/// account.
#[test]
fn a050_a_client_that_sends_a_malformed_name_gets_400() {
    let stand = all_algorithms();
    for login in logins(&stand) {
        let fields = || login.fields();
        let hash = h(&login.algorithm, &format!("{USER}:{REALM}"));
        let star = "UTF-8''mufasa";
        let malformed = [
            fields().raw("username*", star),
            fields().raw("username*", star).raw("userhash", "false"),
            fields().without("username"),
            fields()
                .without("username")
                .raw("username*", star)
                .raw("userhash", "true"),
            fields()
                .without("username")
                .raw("username*", star)
                .raw("USERHASH", "\"TRUE\""),
            fields().raw("userhash", "yes"),
            fields().raw("userhash", "1"),
            fields().raw("userhash", "\"\""),
        ];
        for fields in malformed {
            stand
                .ask(get("/").authorization(fields.header()))
                .is_malformed();
        }
        for broken in [
            "mufasa",
            "''mufasa",
            "UTF-8'mufasa",
            "ISO-8859-1''mufasa",
            "US-ASCII''mufasa",
            "UTF-8''muf%",
            "UTF-8''muf%6",
            "UTF-8''muf%zz",
            "UTF-8''muf%C3",
            "UTF-8''muf%C0%AF",
            "UTF-8''muf%ED%A0%80",
            "UTF-8''muf%00asa",
            "UTF-8''muf%0D%0Aasa",
            "UTF-8''muf%7Fasa",
            "UTF-8'e n'mufasa",
            "utf-16''mufasa",
            "\"UTF-8''mu fasa\"",
        ] {
            let header = fields()
                .without("username")
                .raw("username*", broken)
                .header();
            stand.ask(get("/").authorization(header)).is_malformed();
        }
        let hashed = [
            hash.clone(),
            hash.to_uppercase(),
            USER.to_owned(),
            String::new(),
            "0".repeat(hash.len()),
        ];
        for name in hashed {
            let header = fields()
                .quoted("username", &name)
                .raw("userhash", "true")
                .header();
            let answer = stand.ask(get("/").authorization(header)).is_refused();
            assert_eq!(
                answer.verified, [""; 0],
                "the scheme does not look the hash up"
            );
        }
        for good in [
            star,
            "utf-8'en'mufasa",
            "UTF-8''%6D%75fasa",
            "\"UTF-8''mufasa\"",
        ] {
            let login = login.clone().nonce(&stand.login().nonce);
            let header = login
                .fields()
                .without("username")
                .raw("username*", good)
                .header();
            let answer = stand
                .ask(get("/").authorization(header))
                .is_admitted_as(USER);
            assert_eq!(answer.verified, [USER]);
        }
    }
}

/// If the server offers `userhash`, a single lookup in the index finds the name or nothing.
#[test]
fn a050_the_scheme_finds_a_userhash_with_one_index_lookup() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let index = Arc::clone(&asked);
    let accounts = DigestAccounts::new(REALM, TestWorld::accounts()).unwrap();
    let names = move |hash: &UserHash| {
        index.lock().unwrap().push(hash.to_string());
        Lookup::<UserHash>::lookup(&accounts, hash)
    };
    let stand = tuned(|digest| {
        digest
            .algorithms(DigestAlgorithm::ALL)
            .legacy_md5()
            .userhash(names)
    });
    for login in logins(&stand) {
        let hash = |user: &str| h(&login.algorithm, &format!("{user}:{REALM}"));
        let send = |name: &str| {
            let fields = login.fields().quoted("username", name);
            let answer = stand.ask(get("/").authorization(fields.raw("userhash", "true").header()));
            (answer, std::mem::take(&mut *asked.lock().unwrap()))
        };
        // These are the hashes of another user, of the name in another case, and of no user.
        for other in [
            hash(OTHER_USER),
            hash(&USER.to_uppercase()),
            "0".repeat(hash("").len()),
        ] {
            let (answer, asked) = send(&other);
            answer.is_refused();
            assert_eq!(
                asked,
                [other],
                "the index is asked once, to find the secret and not the throttle's budget"
            );
        }
        // These are not hashes of this algorithm.
        for odd in [
            &hash(USER)[1..],
            &hash(USER).to_uppercase(),
            USER,
            "",
            &"z".repeat(64),
        ] {
            let (answer, asked) = send(odd);
            assert_eq!(
                (answer.is_refused().verified, asked),
                (vec![], vec![]),
                "{odd}"
            );
        }
        let (answer, asked) = send(&hash(USER));
        let answer = answer.is_admitted_as(USER);
        assert_eq!((answer.verified, asked.len()), (vec![USER.to_owned()], 1));
        assert_eq!(
            answer.reserved,
            [Some(hash(USER))],
            "the throttle charges the hash, not the name"
        );
        // Without `userhash=true`, the hash counts as a name.
        let plain = login.clone().nc(2).with(|login| login.user = hash(USER));
        ask(&stand, &plain).is_refused();
    }
}

/// An unknown hash also costs a lookup of an account, so the time does not tell whether it is known.
#[test]
fn a050_an_unknown_userhash_costs_the_lookup_of_a_name() {
    let accounts = DigestAccounts::new(REALM, TestWorld::accounts()).unwrap();
    let stand = tuned(|digest| digest.userhash(accounts));
    for (user, from_lookup) in [(USER, USER), (OTHER_USER, OTHER_USER), ("unknown", "")] {
        let login = stand.login();
        let hash = h(&login.algorithm, &format!("{user}:{REALM}"));
        let fields = login.password(WRONG).fields().quoted("username", &hash);
        let answer = stand.ask(get("/").authorization(fields.raw("userhash", "true").header()));
        assert_eq!(answer.is_refused().verified, [from_lookup]);
    }
}

/// An unknown hash is refused, even if the table returns an account for every name.
#[test]
fn a050_an_unknown_userhash_is_refused_even_if_every_name_has_an_account() {
    let build = |world: &TestWorld| -> Schemes {
        let any_name = |_: &str| {
            let (password, identity) = (Secret::new(PASSWORD), Principal::new(USER));
            Some(DigestAccount::from_password(
                REALM, USER, password, identity,
            ))
        };
        let digest = Digest::builder(REALM, any_name).clock(world.clock.clone());
        vec![Box::new(
            digest
                .userhash(|_: &UserHash| None::<String>)
                .build()
                .unwrap(),
        )]
    };
    let stand = TestServer::build(build, |layer| layer);
    let login = stand.login();
    let hash = h(&login.algorithm, &format!("{USER}:{REALM}"));
    let fields = login
        .fields()
        .quoted("username", &hash)
        .raw("userhash", "true");
    stand
        .ask(get("/").authorization(fields.header()))
        .is_refused();
    ask(&stand, &login).is_admitted_as(USER);
}

/// If the index is unavailable, the answer is `503`: the scheme neither admits nor refuses the client.
#[test]
fn a050_an_unavailable_index_is_503() {
    let names = |_: &UserHash| Err::<Option<String>, _>(Unavailable::new("out of reach"));
    let stand = tuned(|digest| digest.userhash(names));
    let login = stand.login();
    let hash = h(&login.algorithm, &format!("{USER}:{REALM}"));
    let fields = login
        .fields()
        .quoted("username", &hash)
        .raw("userhash", "true");
    stand
        .ask(get("/").authorization(fields.header()))
        .is_unavailable();
    ask(&stand, &login).is_admitted_as(USER);
}

/// The scheme compares names exactly. A name with another case, composition or whitespace is another name.
#[test]
fn a050_a_similar_name_is_another_name() {
    let stand = TestServer::of(&[Kind::Digest]);
    for name in [
        "MUFASA",
        "Mufasa",
        " mufasa",
        "mufasa ",
        "mufasa\t",
        "mufasa\u{200b}",
        "\u{ff4d}ufasa",
        "mu\u{66}asa\u{301}",
    ] {
        // The first response is computed for the name that is sent, and the second for `mufasa`.
        let sent = stand.login().with(|login| login.user = name.to_owned());
        let meant = stand.login().fields().quoted("username", name).header();
        ask(&stand, &sent).is_refused();
        stand.ask(get("/").authorization(meant)).is_refused();
    }
}

/// A response has exactly the length of the hash, in hexadecimal digits of any case. Every other length is as wrong as
/// another value, and every other character is malformed.
#[test]
fn a051_a_response_of_another_form_or_value_is_refused() {
    let stand = all_algorithms();
    for login in logins(&stand) {
        let right = login.response();
        let send = |value: &str| {
            let header = login.fields().quoted("response", value).header();
            stand.ask(get("/").authorization(header))
        };
        let other_lengths = (0..right.len()).map(|end| right[..end].to_owned());
        for other_length in other_lengths.chain([
            format!("{right}0"),
            format!("{right}00"),
            format!("{right}{right}"),
            format!("{right}{right}{right}{right}"),
            "0".repeat(8192),
        ]) {
            let answer = send(&other_length).is_refused_uncounted();
            assert_eq!(answer.verified, [""; 0], "no account is looked up");
        }
        for malformed in [
            format!(" {right}"),
            format!("0x{}", &right[2..]),
            format!("{}g", &right[1..]),
            format!("{}\u{e9}", &right[2..]),
            format!("{} ", &right[1..]),
            "-".repeat(right.len()),
            "x".to_owned(),
            format!("{right}g"),
            format!("{right}{right}g"),
        ] {
            send(&malformed).is_malformed();
        }
        for place in 0..right.len() {
            let mut bytes = right.clone().into_bytes();
            bytes[place] = if bytes[place] == b'0' { b'1' } else { b'0' };
            send(&String::from_utf8(bytes).unwrap()).is_refused();
        }
        for zeros in ["0", "f", "F"] {
            send(&zeros.repeat(right.len())).is_refused();
        }
        let without = login.fields().without("response").header();
        stand.ask(get("/").authorization(without)).is_malformed();
        let bare = login.fields().raw("response", "").header();
        stand.ask(get("/").authorization(bare)).is_malformed();
        send(&right.to_uppercase()).is_admitted_as(USER);
        send(&right).is_stale();
    }
}

/// Returns whether the credentials have the same meaning as `login`. It ignores differences that the scheme ignores:
/// case where it does not matter, whitespace around an equals sign, and unknown parameters.
fn means_the_same(value: &[u8], login: &Login) -> bool {
    let read = tower_challenge::header::Credentials::parse(value).unwrap();
    let value = |name: &str| {
        read.params()
            .get(name)
            .map(|value| value.to_str().unwrap().into_owned())
    };
    let is = |name: &str, expected: &str| value(name).as_deref() == Some(expected);
    is("username", &login.user)
        && is("realm", &login.realm)
        && is("nonce", &login.nonce)
        && is("uri", &login.uri)
        && is("nc", &login.nc)
        && is("cnonce", &login.cnonce)
        && is("qop", "auth")
        && value("response").is_some_and(|value| value.eq_ignore_ascii_case(&login.response()))
}

proptest! {
    /// If any byte of good credentials changes, the layer admits them only if they still have the same meaning.
    #[test]
    fn a051_changed_credentials_need_the_same_meaning(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let stand = TestServer::of(&[Kind::Digest]);
        let login = stand.login();
        let mut value = login.header().into_bytes();
        let place = place.index(value.len());
        value[place] = byte;
        if let Some(ask) = get("/").try_field("authorization", &value) {
            let answer = stand.ask(ask);
            if answer.is_from_inside() {
                prop_assert!(means_the_same(&value, &login), "{}", answer.asked);
            }
        }
    }
}
