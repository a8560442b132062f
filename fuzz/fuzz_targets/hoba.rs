//! Compares the parser of HOBA's credentials with the grammar written out, and checks that the scheme admits no client
//! without a key, and that the form of a registration, a challenge, an origin and a cookie cause no panic.

#![no_main]

use std::sync::LazyLock;

use http::Request;
use http::header::{AUTHORIZATION, COOKIE, HeaderValue};
use libfuzzer_sys::fuzz_target;
use tower_challenge::RequestHead;
use tower_challenge::header::Challenge;
use tower_challenge::hoba_services::RegistrationForm;
use tower_challenge::scheme::hoba::client::HobaChallenge;
use tower_challenge::scheme::hoba::message::HobaCredentials;
use tower_challenge::scheme::hoba::{
    HobaKey, HobaOrigin, HobaPublicKey, HobaSession, HobaSessions,
};
use tower_challenge::scheme::{Attempt, Hoba, Scheme, ServerRole, Verdict};
use tower_challenge::{NowOrLater, Principal};

/// The public key of RFC 7486 appendix B. No fuzzer has its private key.
const PEM: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAviE8fMrGIPZN9up94M28
6o38B99fsz5cUqYHXXJlnHIi6gGKjqLgn3P7n4snUSQswLExrkhSr0TPhRDuPH_t
fXLKLBbh17ofB7t7shnPKxmyZ69hCLbe7pB1HvaBzTxPC2KOqskDiDBOQ6-JLHQ8
egXB14W-641RQt0CsC5nXzo92kPCdV4NZ45MW0ws3twCIUDCH0nibIG9SorrBbCl
DPHQZS5Dk5pgS7P5hrAr634Zn4bzXhUnm7cON2x4rv83oqB3lRqjF4T9exEMyZBS
L26m5KbK860uSOKywI0xp4ymnHMc6Led5qfEMnJC9PEI90tIMcgdHrmdHC_vpldG
DQIDAQAB
-----END PUBLIC KEY-----";

type Keys = fn(&str) -> Option<HobaKey>;

static KEY: LazyLock<HobaPublicKey> =
    LazyLock::new(|| HobaPublicKey::from_pem(PEM).expect("a key"));

static SCHEME: LazyLock<Hoba<Keys>> = LazyLock::new(|| {
    // Every other kid is known.
    let keys = |kid: &str| {
        let is_known = kid.len() % 2 == 1;
        is_known.then(|| HobaKey::new(KEY.clone(), Principal::new("ada")))
    };
    let builder = Hoba::builder("https://example.com", keys as Keys);
    let builder = builder.sessions(HobaSessions::new().expect("random"));
    builder.build().expect("an origin")
});

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    the_parser_agrees_with_the_grammar(&text);
    no_client_without_a_key_is_admitted(data);
    if let Ok(form) = RegistrationForm::parse(data) {
        assert!(!form.is_hashed || form.kid == form.public_key.kid());
        assert!(!form.kid.is_empty() && form.kid.len() <= 256 && form.device.len() <= 200);
    }
    // Few inputs hold a whole key, so the rest of the form is also read behind one.
    let form = format!("pub={}&", PEM.replace('\n', "%0A").replace(' ', "+"));
    let _ = RegistrationForm::parse(&[form.as_bytes(), data].concat());
    if let Ok(origin) = HobaOrigin::parse(&text) {
        let again = HobaOrigin::parse(origin.as_str());
        assert_eq!(again.as_ref(), Ok(&origin));
        assert_eq!(HobaOrigin::parse(origin.as_web_origin()), again);
    }
    if let Some(challenge) = Challenge::parse(data)
        .ok()
        .and_then(|read| HobaChallenge::read(&read))
    {
        assert!(!challenge.challenge().is_empty());
    }
});

/// RFC 7486 section 3, and the readings of this crate: four parts with dots between them, each with its alphabet.
fn the_parser_agrees_with_the_grammar(text: &str) {
    let parts = text.split('.').collect::<Vec<_>>();
    let is = |part: &str, more: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c) || more.contains(c);
        !part.is_empty() && part.chars().all(allowed)
    };
    let expected = match *parts {
        [kid, challenge, nonce, signature] => {
            let are_short = kid.len() <= 256 && nonce.len() <= 256;
            are_short && is(kid, "") && is(challenge, "=+/") && is(nonce, "=") && is(signature, "")
        }
        _ => false,
    };
    let read = HobaCredentials::parse(text);
    assert_eq!(read.is_some(), expected, "{text}");
    if let Some(read) = read {
        assert_eq!(read.to_result(), text);
    }
}

fn no_client_without_a_key_is_admitted(data: &[u8]) {
    let quoted = [b"HOBA result=\"", data, b"\""].concat();
    let cookie = [b"__Host-hoba=", data].concat();
    let session = HobaSession::of(&SCHEME).expect("it has sessions");
    let schemes = (session, SCHEME.clone());
    for (name, value) in [
        (AUTHORIZATION, quoted),
        (AUTHORIZATION, data.to_vec()),
        (COOKIE, cookie),
    ] {
        let Ok(value) = HeaderValue::from_bytes(&value) else {
            continue;
        };
        let request = Request::get("/").header(name, value);
        let request = request.body(()).expect("a request");
        let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
        let _ = schemes.account(&attempt);
        let verdict = schemes.authenticate(&attempt).map(NowOrLater::try_now);
        let is_admitted = matches!(verdict, Some(Ok(Ok(Verdict::Admit(_)))));
        assert!(!is_admitted, "{request:?}");
    }
}
