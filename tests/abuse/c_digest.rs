//! C. Digest: who gets in, and with what.

use tower_challenge::password::Lookup;
use tower_challenge::scheme::Digest;
use tower_challenge::scheme::digest::{
    Algorithm, DigestAccount, DigestAccounts, DigestBuilder, NonceKeys,
};
use tower_challenge::{Principal, Secret};

use crate::support::digest_client::{ALGORITHMS, h, ha1};
use crate::support::{
    Answer, Ask, Kind, Layer, Login, OTHER_PASSWORD, OTHER_USER, PASSWORD, REALM, Schemes, Stand,
    USER, WRONG, World, get,
};

/// A stand with one Digest scheme, tuned.
pub(crate) fn tuned(
    tune: impl FnOnce(crate::support::world::WatchedDigest) -> crate::support::world::WatchedDigest,
) -> Stand {
    Stand::build(|world| vec![world.digest_with(tune)], |layer| layer)
}

/// One that offers everything.
pub(crate) fn all_algorithms() -> Stand {
    tuned(|digest| digest.algorithms(Algorithm::ALL).legacy_md5())
}

/// One that looks accounts up as the test says.
fn looking_up<L>(lookup: L) -> Stand
where
    L: Lookup<str, Record = DigestAccount>,
{
    looking_up_with(lookup, |digest| digest)
}

fn looking_up_with<L>(lookup: L, tune: impl FnOnce(DigestBuilder<L>) -> DigestBuilder<L>) -> Stand
where
    L: Lookup<str, Record = DigestAccount>,
{
    let build = |world: &World| -> Schemes {
        let digest = Digest::builder(REALM, lookup).clock(world.clock.clone());
        vec![Box::new(
            tune(digest.store(world.store.clone())).build().unwrap(),
        )]
    };
    Stand::build(build, |layer| layer)
}

/// A login for each Digest challenge, each with a nonce of its own.
pub(crate) fn logins(stand: &Stand) -> Vec<Login> {
    let login = |i: usize| {
        let challenges = stand.challenges().into_iter();
        let mut digests = challenges.filter(|it| it.scheme().as_str() == "Digest");
        digests.nth(i).map(|it| Login::to(&it, USER, PASSWORD))
    };
    (0..).map_while(login).collect()
}

/// Asks for what the login is for.
pub(crate) fn ask(stand: &Stand, login: &Login) -> Answer {
    stand.ask(Ask::new(&login.method, &login.uri).authorization(login.header()))
}

/// Hashes that a careless server has for a user who is not there.
fn hashes_of_nobody(algorithm: &str, user: &str) -> Vec<String> {
    let empty = h(algorithm, "");
    vec![
        String::new(),
        "0".repeat(empty.len()),
        "f".repeat(empty.len()),
        "null".to_owned(),
        "None".to_owned(),
        h(algorithm, "::"),
        h(algorithm, &format!("{user}:{REALM}")),
        h(algorithm, &format!("{user}::")),
        ha1(algorithm, user, REALM, ""),
        ha1(algorithm, "", REALM, ""),
        ha1(algorithm, user, "", ""),
        ha1(algorithm, user, REALM, "null"),
        ha1(algorithm, user, REALM, USER),
        empty,
    ]
}

/// There is no password that nobody has.
#[test]
fn a029_unknown_user_with_an_empty_hash() {
    let no_secret = || DigestAccount::new(REALM, Principal::new("ghost"));
    let empty_password =
        || DigestAccount::from_password(REALM, "ghost", Secret::new(""), Principal::new("ghost"));
    let everything = |digest: DigestBuilder<_>| digest.algorithms(Algorithm::ALL).legacy_md5();
    let stands = [
        all_algorithms(),
        looking_up(|_: &str| None::<DigestAccount>),
        looking_up(move |_: &str| Some(no_secret())),
        looking_up(move |_: &str| Some(empty_password())),
    ];
    for stand in stands {
        for user in ["ghost", "", "null", "Mufasa", "mufasa "] {
            for login in logins(&stand) {
                for hash in hashes_of_nobody(&login.algorithm, user) {
                    let login = login.clone().with(|it| {
                        it.user = user.to_owned();
                        it.ha1 = Some(hash);
                    });
                    ask(&stand, &login).is_refused();
                }
            }
        }
    }
    let md5 = looking_up_with(move |_: &str| Some(no_secret()), everything);
    for login in logins(&md5) {
        ask(&md5, &login).is_refused();
    }
}

/// A secret for one algorithm is none for another.
#[test]
fn a029_a_secret_for_another_algorithm() {
    let md5 = ha1("MD5", USER, REALM, PASSWORD);
    let lookup = move |_: &str| {
        let account = DigestAccount::new(REALM, Principal::new(USER));
        account.with_ha1(Algorithm::Md5, &md5).ok()
    };
    let stand = looking_up_with(lookup, |it| it.algorithms(Algorithm::ALL).legacy_md5());
    for login in logins(&stand) {
        let answer = ask(&stand, &login);
        match login.algorithm.as_str() {
            "MD5" => answer.is_admitted_as(USER),
            _ => answer.is_refused(),
        };
    }
}

/// A response without `qop` is one without a count: it could be replayed for as long as its nonce lives.
#[test]
fn a036_qop_stripped() {
    for stand in [
        all_algorithms(),
        Stand::proxy(&[Kind::Digest], Layer::optional),
    ] {
        for login in logins(&stand) {
            let old = login
                .fields()
                .quoted("response", &login.response_without_qop());
            for header in [
                old.clone().without("qop").without("nc").without("cnonce"),
                old.clone().without("qop").without("nc"),
                old.clone().without("qop").without("cnonce"),
                old.clone().without("qop"),
                old.clone().without("nc"),
                old.clone().without("cnonce"),
                login.fields().without("qop"),
                login.fields().without("nc"),
                login.fields().without("cnonce"),
                login.fields().without("nc").without("cnonce"),
                old.clone().raw("qop", "\"\""),
                old.raw("qop", "none"),
            ] {
                stand
                    .ask(get("/").authorization(header.header()))
                    .is_malformed();
            }
            ask(&stand, &login).is_admitted_as(USER);
        }
    }
}

/// What was not offered is not taken, whether or not it was computed rightly.
#[test]
fn a037_qop_that_was_not_offered() {
    let stand = all_algorithms();
    assert!(
        stand
            .challenges()
            .iter()
            .all(|it| it.param("qop").is_some_and(|qop| qop.raw() == b"auth"))
    );
    for qop in [
        "auth-int",
        "AUTH-INT",
        "auth,auth-int",
        "auth-conf",
        "x",
        "auth ",
        " auth",
        "au\\th",
    ] {
        for login in logins(&stand) {
            let login = login.with(|it| it.qop = qop.to_owned());
            let header = login.fields().quoted("qop", qop).header();
            stand.ask(get("/").authorization(header)).is_malformed();
        }
    }
}

/// The body that was verified is the body that is handed on, and no other is.
#[test]
fn a038_body_mismatch_or_oversize() {
    use crate::wire::{Breaking, whole_body::send};
    use http::StatusCode;
    use http_body_util::Full;
    let full = |text: &'static str| Full::new(bytes::Bytes::from_static(text.as_bytes()));
    let cases: [(&str, &str, StatusCode); 8] = [
        ("Sum 4", "four", StatusCode::OK),
        ("Sum 0", "", StatusCode::OK),
        ("Sum 8", "in eight", StatusCode::OK),
        ("Sum 4", "three", StatusCode::UNAUTHORIZED),
        ("Sum 4", "", StatusCode::UNAUTHORIZED),
        ("Sum 0", "x", StatusCode::UNAUTHORIZED),
        ("Sum 9", "nine and more", StatusCode::PAYLOAD_TOO_LARGE),
        ("Sum 4", "nine octets", StatusCode::PAYLOAD_TOO_LARGE),
    ];
    for (credentials, body, expected) in cases {
        let (status, read) = send(credentials, full(body));
        assert_eq!(status, expected, "{credentials}: {body}");
        let read = read.map(|(read, _)| read);
        let handed_on = expected
            .is_success()
            .then(|| bytes::Bytes::from_static(body.as_bytes()));
        assert_eq!(read, handed_on, "{credentials}: {body}");
    }
    for chunks in [&["fo", "ur"][..], &["f", "o", "u", "r"], &["", "four", ""]] {
        let (status, read) = send("Sum 4", Breaking::after(chunks, false));
        assert_eq!(status, StatusCode::OK);
        assert_eq!(read.map(|(read, _)| read).as_deref(), Some(&b"four"[..]));
    }
    for chunks in [&[][..], &["four"], &["fo", "ur"]] {
        let (status, read) = send("Sum 4", Breaking::after(chunks, true));
        assert_eq!(status, StatusCode::BAD_REQUEST, "it broke off");
        assert_eq!(read, None);
    }
    // More than the cap is refused before the end is there.
    let (status, read) = send("Sum 4", Breaking::after(&["nine octets"], true));
    assert_eq!((status, read), (StatusCode::PAYLOAD_TOO_LARGE, None));
}

/// A response is for one target.
#[test]
fn a039_uri_mismatch() {
    let stand = Stand::of(&[Kind::Digest]);
    let targets = [
        "/",
        "/admin",
        "/admin?x=1",
        "/admin?",
        "/admin/",
        "/ADMIN",
        "//admin",
        "/%61dmin",
        "/./admin",
        "/x/../admin",
        "/admin;x",
        "/admin%3Fx=1",
        "/admin?x=1&y=2",
        "/admin?X=1",
        "/admin?x=%31",
        "/a%2Fb",
        "/a/b",
        "/a%2fb",
        "/admin?x=1%00",
    ];
    for asked in targets {
        for signed in targets {
            let login = stand.login().request("GET", signed);
            let answer = stand.ask(get(asked).authorization(login.header()));
            match asked == signed {
                true => answer.is_admitted_as(USER),
                false => answer.is_malformed(),
            };
        }
    }
    for signed in [
        "",
        " /",
        "/ ",
        "*",
        "http://api.example.org/",
        "http:/",
        "/#",
        "/\u{e9}",
    ] {
        let login = stand.login().request("GET", signed);
        stand
            .ask(
                get("/")
                    .field("host", "api.example.org")
                    .authorization(login.header()),
            )
            .is_malformed();
    }
}

/// A response is for one method: as it is on the wire, and whatever other fields say.
#[test]
fn a040_method_mismatch() {
    let stand = Stand::of(&[Kind::Digest]);
    let methods = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "Get", "FOO",
        "GETX",
    ];
    for asked in methods {
        for signed in methods {
            let login = stand.login().request(signed, "/");
            let ask = Ask::new(asked, "/").field("x-http-method-override", signed);
            let ask = ask
                .field("x-http-method", signed)
                .field("x-method-override", signed);
            let answer = stand.ask(ask.authorization(login.header()));
            match asked == signed {
                true => answer.is_admitted_as(USER),
                false => answer.is_refused(),
            };
        }
    }
    for signed in ["GET", "POST"] {
        let login = stand.login().request(signed, "h:443");
        let connect = Ask::new("CONNECT", "h:443").field("upgrade", "websocket");
        stand
            .ask(connect.authorization(login.header()))
            .is_refused();
        let login = stand.login().request(signed, "/");
        let form = Ask::new("POST", "/?_method=GET").body("_method=GET");
        assert!(
            !stand
                .ask(form.authorization(login.header()))
                .is_from_inside()
        );
    }
}

/// Two protection spaces that share users, keys and a store do not share logins.
#[test]
fn a041_realm_mismatch() {
    let (stand, other) = two_realms();
    for login in [other.login(), stand.login()] {
        for realm in [
            "other",
            "API@example.org",
            "",
            "api@example.org ",
            "api",
            REALM,
        ] {
            let named = login.clone().with(|it| it.realm = realm.to_owned());
            let answer = ask(&stand, &named);
            match (realm, login.realm.as_str()) {
                (REALM, REALM) => answer.is_admitted_as(USER),
                (REALM, _) => answer.is_stale(),
                _ => answer.is_refused(),
            };
            // Computed for one realm, and sent as if it were for another.
            let disguised = login.fields().quoted("realm", realm).header();
            let answer = stand.ask(get("/").authorization(disguised));
            assert!(!answer.is_from_inside(), "{}", answer.asked);
        }
    }
}

fn two_realms() -> (Stand, Stand) {
    let keys = NonceKeys::new([7; 32]);
    let clock = World::new().clock;
    let stand = |realm: &str| {
        let (keys, clock) = (keys.clone(), clock.clone());
        let schemes =
            |world: &World| vec![world.digest_in(realm, |it| it.nonce_keys(keys).clock(clock))];
        Stand::build(schemes, |layer| layer)
    };
    (stand(REALM), stand("other"))
}

/// An account of another realm, which a careless table would hand out, is no account.
#[test]
fn a041_an_account_of_another_realm() {
    let lookup = |name: &str| {
        let other = DigestAccounts::new("other", World::accounts()).ok()?;
        other.lookup(name).try_now().ok()?.ok()?
    };
    let stand = looking_up(lookup);
    for realm in [REALM, "other"] {
        let login = stand.login();
        let login = login
            .clone()
            .with(|it| it.ha1 = Some(ha1(&it.algorithm, USER, realm, PASSWORD)));
        assert!(!ask(&stand, &login).is_from_inside());
    }
}

/// What an algorithm may be called, by a client that would like a weaker one.
const NAMES: [&str; 15] = [
    "MD5",
    "md5",
    "SHA-256",
    "sha-256",
    "SHA-512-256",
    "MD5-sess",
    "SHA-256-sess",
    "SHA-512-256-sess",
    "SHA-999",
    "SHA",
    "SHA1",
    "SHA-512",
    "SHA-512/256",
    "none",
    "",
];

/// Only what was offered is taken, under its own name.
#[test]
fn a042_algorithm_downgrade() {
    let offers: [&[Algorithm]; 6] = [
        &[Algorithm::Sha256],
        &[Algorithm::Sha512_256],
        &[Algorithm::Md5],
        &[Algorithm::Sha512_256, Algorithm::Sha256],
        &[Algorithm::Sha256, Algorithm::Md5],
        &Algorithm::ALL,
    ];
    for offer in offers {
        let stand = tuned(|digest| match offer.contains(&Algorithm::Md5) {
            true => digest.algorithms(offer.iter().copied()).legacy_md5(),
            false => digest.algorithms(offer.iter().copied()),
        });
        let names: Vec<_> = offer.iter().map(|it| it.name()).collect();
        for computed in ALGORITHMS {
            for named in NAMES {
                let login = stand
                    .login()
                    .with(|it| computed.clone_into(&mut it.algorithm));
                let header = login.fields().quoted("algorithm", named).header();
                let answer = stand.ask(get("/").authorization(header));
                let right = named.eq_ignore_ascii_case(computed) && names.contains(&computed);
                assert_eq!(answer.is_from_inside(), right, "{}", answer.asked);
            }
            let login = stand
                .login()
                .with(|it| computed.clone_into(&mut it.algorithm));
            let header = login.fields().without("algorithm").header();
            let answer = stand.ask(get("/").authorization(header));
            let right = computed == "MD5" && names.contains(&"MD5");
            assert_eq!(
                answer.is_from_inside(),
                right,
                "no name means MD5: {}",
                answer.asked
            );
        }
    }
}

/// A nonce that was offered with a weaker algorithm is none of a server that does not offer it.
#[test]
fn a042_a_nonce_of_a_weaker_offer() {
    let keys = NonceKeys::new([9; 32]);
    let clock = World::new().clock;
    let stand = |offer: &[Algorithm]| {
        tuned(|it| {
            it.algorithms(offer.iter().copied())
                .legacy_md5()
                .nonce_keys(keys.clone())
                .clock(clock.clone())
        })
    };
    let weak = stand(&[Algorithm::Sha256, Algorithm::Md5]);
    let same = stand(&[Algorithm::Sha256, Algorithm::Md5]);
    let schemes = |world: &World| {
        vec![world.digest_with(|it| it.nonce_keys(keys.clone()).clock(clock.clone()))]
    };
    let strong = Stand::build(schemes, |layer| layer);
    let login = strong.login();
    ask(&strong, &login).is_admitted_as(USER);
    for weak in [weak, same] {
        let nonce = weak.login().nonce;
        ask(&strong, &login.clone().nonce(&nonce)).is_stale();
        ask(&strong, &login.clone().nonce(&nonce).password(WRONG)).is_refused();
    }
}

/// No session is offered, and none is entered.
#[test]
fn a043_sess() {
    let stand = all_algorithms();
    for login in logins(&stand) {
        let named = format!("{}-sess", login.algorithm);
        let session = |cnonce: &str| {
            h(
                &login.algorithm,
                &format!("{}:{}:{cnonce}", login.ha1(), login.nonce),
            )
        };
        for key in [session(&login.cnonce), session(""), login.ha1()] {
            let login = login.clone().with(|it| it.ha1 = Some(key));
            for header in [
                login.fields().raw("algorithm", &named),
                login.fields().raw("algorithm", &named).without("cnonce"),
                login
                    .fields()
                    .raw("algorithm", &named)
                    .quoted("cnonce", "another"),
            ] {
                let answer = stand.ask(get("/").authorization(header.header()));
                assert!(!answer.is_from_inside(), "{}", answer.asked);
            }
        }
    }
}

/// The stored hash is as good as the password to those who compute with it, and no password at all.
#[test]
fn a052_the_hash_as_the_password() {
    let stand = Stand::build(
        |world| {
            vec![
                world.digest_with(|it| it.algorithms(Algorithm::ALL).legacy_md5()),
                world.basic(),
            ]
        },
        |layer| layer,
    );
    for login in logins(&stand) {
        for algorithm in ALGORITHMS {
            let hash = ha1(algorithm, USER, REALM, PASSWORD);
            for password in [
                hash.clone(),
                hash.to_uppercase(),
                format!("{USER}:{REALM}:{hash}"),
            ] {
                ask(&stand, &login.clone().password(&password)).is_refused();
                stand.ask(get("/").basic(USER, &password)).is_refused();
            }
        }
    }
}

/// Nobody is anybody else.
#[test]
fn a029_each_user_is_admitted_as_themselves() {
    let stand = all_algorithms();
    for (user, password) in World::accounts() {
        for (other, wrong) in [
            (OTHER_USER, PASSWORD),
            (USER, OTHER_PASSWORD),
            (USER, WRONG),
        ] {
            for login in logins(&stand) {
                let login = login.with(|it| it.user = user.to_owned());
                ask(&stand, &login.clone().password(password)).is_admitted_as(user);
                let login = login.with(|it| it.user = other.to_owned());
                ask(&stand, &login.password(wrong)).is_refused();
            }
        }
    }
}
