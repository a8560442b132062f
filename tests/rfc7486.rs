//! Tests the requirements of RFC 7486 (HOBA) that concern the scheme of a server, one by one.
//!
//! The text that a client signs is tested in `hoba_vectors.rs`, and the URIs of section 6 in `hoba_services.rs`.
#![cfg(feature = "full")]

pub mod support;

use std::collections::HashSet;
use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tower_challenge::NowOrLater;
use tower_challenge::Principal;
use tower_challenge::scheme::Hoba;
use tower_challenge::scheme::hoba::{HobaAlgorithm, HobaKey};

use self::support::hoba::{
    Device, Keys, ORIGIN, challenge, header, is_stale, keys, server, vectors,
};
use self::support::{Answer, TestServer, USER, get, run::later};

static DEVICE: LazyLock<Device> = LazyLock::new(Device::of_vectors);

fn stand() -> TestServer {
    server(keys(&[(USER, &DEVICE)]), |builder| builder)
}

fn send(stand: &TestServer, field: &str) -> Answer {
    stand.ask(get("/").authorization(field))
}

/// Section 3: the challenge has `challenge` and `max-age`, each once, and `realm` at most once.
#[test]
fn section_3_a_challenge_has_its_parameters_once() {
    for (realm, seconds) in [("", 0), ("members area", 30)] {
        let stand = server(keys(&[]), |builder| {
            builder.realm(realm).max_age(Duration::from_secs(seconds))
        });
        let answer = stand.ask(get("/")).is_challenged();
        let challenges = answer.challenges();
        assert_eq!(challenges.len(), 1);
        let names = challenges[0].params().map(|param| param.name().to_owned());
        let expected: &[&str] = match realm {
            "" => &["challenge", "max-age"],
            _ => &["challenge", "max-age", "realm"],
        };
        assert_eq!(names.collect::<Vec<_>>(), expected);
        assert_eq!(answer.params("HOBA", "max-age"), [seconds.to_string()]);
        let realms = answer.params("HOBA", "realm");
        assert!(realms.iter().all(|sent| sent == realm));
    }
}

/// Section 3: the challenge is base64url, unique for each `401`, and cannot be guessed: at least 128 bits.
#[test]
fn section_3_each_401_has_a_new_challenge() {
    let stand = stand();
    let challenges: HashSet<_> = (0..1000).map(|_| challenge(&stand)).collect();
    assert_eq!(challenges.len(), 1000);
    for challenge in challenges {
        assert!(URL_SAFE_NO_PAD.decode(&challenge).unwrap().len() >= 16);
    }
    // A refusal has one, too.
    let wrong = DEVICE.credentials("Y2g", "bm8");
    let answers = [send(&stand, &wrong), send(&stand, &wrong)];
    let [first, second] = answers.map(|answer| answer.params("HOBA", "challenge"));
    assert_ne!(first, second);
}

/// Sections 2 and 3: `result` is `kid "." challenge "." nonce "." sig`. It may be a token or a quoted string.
#[test]
fn section_3_the_result_is_a_token_or_a_quoted_string() {
    let stand = stand();
    let result = |nonce| DEVICE.result(ORIGIN, "", &challenge(&stand), nonce);
    let escaped = |text: String| text.replacen('.', "\\.", 2);
    for field in [
        format!("HOBA result=\"{}\"", result("MQ")),
        format!("HOBA result={}", result("Mg")),
        format!("hoba RESULT=\"{}\"", result("Mw")),
        format!("HOBA result=\"{}\"", escaped(result("NA"))),
        format!("HOBA other=\"x\", result=\"{}\"", result("NQ==")),
    ] {
        let answer = send(&stand, &field).is_admitted_as(USER);
        assert_eq!(answer.reserved, [Some(DEVICE.kid.clone())], "{field}");
    }
}

/// Section 3: if the result is malformed, the authentication must fail. This crate answers `400`, as for every scheme.
#[test]
fn section_3_a_malformed_result_fails() {
    let stand = stand();
    let good = DEVICE.result(ORIGIN, "", &challenge(&stand), "bm8");
    let parts = good.split('.').collect::<Vec<_>>();
    let with = |place: usize, text: &str| {
        let mut parts = parts.clone();
        parts[place] = text;
        parts.join(".")
    };
    let long = "A".repeat(257);
    let mut malformed = vec![
        String::new(),
        ".".to_owned(),
        "...".to_owned(),
        "....".to_owned(),
        parts[..3].join("."),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.AAAA"),
        good.replace('.', ":"),
        with(0, &long),
        with(2, &long),
    ];
    for place in 0..4 {
        for text in ["", " ", "a b", "a\\\"b", "\u{e9}", "a,b", "a%20", "a~b"] {
            malformed.push(with(place, text));
        }
    }
    // A signature or a kid in padded base64, or in the standard alphabet, is malformed.
    for place in [0, 3] {
        for end in ["=", "==", "+", "/"] {
            malformed.push(with(place, &format!("{}{end}", parts[place])));
        }
    }
    for end in ["+", "/"] {
        malformed.push(with(2, &format!("{}{end}", parts[2])));
    }
    for result in malformed {
        let answer = send(&stand, &header(&result)).is_malformed();
        assert_eq!(answer.params("HOBA", "challenge"), [""; 0], "{result}");
    }
    for field in [
        "HOBA",
        "HOBA result",
        "HOBA realm=\"x\"",
        "HOBA a.b.c.d",
        "HOBA result=a, result=a",
    ] {
        send(&stand, field).is_malformed();
    }
    send(&stand, &header(&good)).is_admitted_as(USER);
}

/// Section 3: a challenge with padding or in the standard alphabet is read, and is none of this server.
#[test]
fn section_3_a_challenge_is_compared_byte_for_byte() {
    let stand = stand();
    let own = challenge(&stand);
    for other in [
        format!("{own}="),
        format!("{own}A"),
        own[1..].to_owned(),
        "a/b+c=".to_owned(),
    ] {
        is_stale(&send(&stand, &DEVICE.credentials(&other, "bm8")));
    }
    send(&stand, &DEVICE.credentials(&own, "bm8")).is_admitted_as(USER);
}

/// Section 3: the challenge is good for `max-age` seconds after it was sent.
#[test]
fn section_3_a_challenge_expires_after_max_age() {
    for seconds in [1, 30, 24 * 60 * 60] {
        let stand = server(keys(&[(USER, &DEVICE)]), |builder| {
            builder.max_age(Duration::from_secs(seconds))
        });
        let sent = challenge(&stand);
        stand.world.clock.advance(Duration::from_secs(seconds));
        send(&stand, &DEVICE.credentials(&sent, "MQ")).is_admitted_as(USER);
        stand.world.clock.advance(Duration::from_millis(1));
        is_stale(&send(&stand, &DEVICE.credentials(&sent, "Mg")));
    }
}

/// Section 3: with `max-age="0"`, the server accepts exactly one signature. An unused challenge lives 60 seconds.
#[test]
fn section_3_a_max_age_of_zero_accepts_one_signature() {
    let stand = stand();
    let sent = challenge(&stand);
    let field = DEVICE.credentials(&sent, "MQ");
    send(&stand, &field).is_admitted_as(USER);
    is_stale(&send(&stand, &field));
    is_stale(&send(&stand, &DEVICE.credentials(&sent, "Mg")));

    let (first, second) = (challenge(&stand), challenge(&stand));
    stand.world.clock.advance(Duration::from_secs(60));
    send(&stand, &DEVICE.credentials(&first, "MQ")).is_admitted_as(USER);
    stand.world.clock.advance(Duration::from_millis(1));
    is_stale(&send(&stand, &DEVICE.credentials(&second, "MQ")));
}

/// Section 2: a server may remember nonces and answer a repeated one with `401` and a new challenge.
#[test]
fn section_2_a_signature_is_good_once() {
    let stand = server(keys(&[(USER, &DEVICE)]), |builder| {
        builder.max_age(Duration::from_secs(30))
    });
    let sent = challenge(&stand);
    for nonce in ["MQ", "Mg", "Mw"] {
        let field = DEVICE.credentials(&sent, nonce);
        send(&stand, &field).is_admitted_as(USER);
        is_stale(&send(&stand, &field));
    }
    // The nonce is one of this challenge.
    send(&stand, &DEVICE.credentials(&challenge(&stand), "MQ")).is_admitted_as(USER);
}

/// Section 2: the signature covers the nonce, the algorithm, the origin, the realm, the kid and the challenge.
#[test]
fn section_2_the_signature_covers_every_value() {
    let other = Device::generate();
    let stand = server(keys(&[(USER, &DEVICE), ("nala", &other)]), |builder| {
        builder.realm("files")
    });
    let sign = |origin, realm| DEVICE.result(origin, realm, &challenge(&stand), "bm8");
    let good = sign(ORIGIN, "files");
    for wrong in [
        sign("https://files.example", "files"),
        sign("http://files.example:443", "files"),
        sign("https://files.example:8443", "files"),
        sign("https://evil.example:443", "files"),
        sign(ORIGIN, ""),
        sign(ORIGIN, "Files"),
        good.replace(".bm8.", ".bm9."),
        good.replace(&DEVICE.kid, &other.kid),
    ] {
        send(&stand, &header(&wrong)).is_refused();
    }
    send(&stand, &header(&good)).is_admitted_as(USER);
}

/// Section 2: the origin of the server counts, and no field of the request changes it.
#[test]
fn section_2_the_origin_comes_from_the_configuration() {
    let stand = stand();
    let evil = DEVICE.result("https://evil.example:443", "", &challenge(&stand), "bm8");
    for (name, value) in [
        ("host", "evil.example"),
        ("origin", "https://evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=https"),
    ] {
        let request = get("https://evil.example/").field(name, value);
        stand.ask(request.authorization(header(&evil))).is_refused();
    }
}

/// Section 7: RSA with SHA-256 must be supported, and RSA with SHA-1 may be.
#[test]
fn section_7_sha_1_needs_a_setting() {
    let file = vectors();
    let row = file["cases"].as_array().unwrap().iter();
    let row = row.clone().find(|row| row["alg"] == "1").unwrap();
    let kid = row["kid"].as_str().unwrap();
    let sha1 = DEVICE
        .public()
        .with_algorithm(HobaAlgorithm::RsaSha1)
        .unwrap();
    let known = |_: &str| -> Keys {
        let (sha1, kid) = (sha1.clone(), kid.to_owned());
        Box::new(move |asked: &str| {
            (asked == kid).then(|| HobaKey::new(sha1.clone(), Principal::new(USER)))
        })
    };
    // The challenge of the row is not of this server, so a right signature is stale.
    let origin = row["origin"].as_str().unwrap();
    let stand = |legacy: bool| {
        let scheme = |_: &support::TestWorld| -> support::Schemes {
            let builder = Hoba::builder(origin, known(kid));
            let builder = if legacy {
                builder.legacy_rsa_sha1()
            } else {
                builder
            };
            vec![Box::new(builder.build().unwrap())]
        };
        TestServer::build(scheme, |layer| layer)
    };
    let field = row["authorization"].as_str().unwrap();
    let answer = send(&stand(false), field).is_refused();
    assert_eq!(
        answer.written.traced[0].field("code"),
        Some("hoba_sha1_not_enabled")
    );
    is_stale(&send(&stand(true), field));
    // The key is for SHA-1 alone.
    let stand = stand(true);
    let sha256 = DEVICE.result(origin, "", &challenge(&stand), "bm8");
    send(&stand, &header(&sha256)).is_refused();
}

/// Section 5.3: the server looks the kid up. An unknown one is `401`, and looks like a wrong signature.
#[test]
fn section_5_3_an_unknown_kid_looks_like_a_wrong_signature() {
    let stand = stand();
    let unknown = Device::of_vectors().named("dW5rbm93bg");
    let answers = [
        send(&stand, &unknown.credentials(&challenge(&stand), "bm8")).is_refused(),
        send(
            &stand,
            &Device::generate()
                .named(&DEVICE.kid)
                .credentials(&challenge(&stand), "bm8"),
        )
        .is_refused(),
    ];
    let seen = answers.map(|answer| {
        let mut names = answer
            .headers
            .keys()
            .map(ToString::to_string)
            .collect::<Vec<_>>();
        names.sort();
        (answer.status, answer.body.clone(), names)
    });
    assert_eq!(seen[0], seen[1]);
    assert_eq!(stand.world.store.entry_count(), 0);
}

/// The look-up may wait, and it may fail.
#[test]
fn a_lookup_may_wait_and_a_failure_is_503() {
    let device = || HobaKey::new(DEVICE.public(), Principal::new(USER));
    let known = move |kid: &str| {
        let (is_known, is_broken) = (kid == DEVICE.kid, kid == "YnJva2Vu");
        NowOrLater::later(async move {
            later().await;
            match is_broken {
                true => Err(tower_challenge::Unavailable::new(
                    "the database did not answer",
                )),
                false => Ok(is_known.then(device)),
            }
        })
    };
    let scheme = |_: &support::TestWorld| -> support::Schemes {
        vec![Box::new(Hoba::builder(ORIGIN, known).build().unwrap())]
    };
    let stand = TestServer::build(scheme, |layer| layer);
    let field = DEVICE.credentials(&challenge(&stand), "bm8");
    send(&stand, &field).is_admitted_as(USER);
    is_stale(&send(&stand, &field));
    send(
        &stand,
        &DEVICE
            .credentials(&challenge(&stand), "bm8")
            .replace(".bm8.", ".bm9."),
    )
    .is_refused();
    let broken = Device::of_vectors().named("YnJva2Vu");
    let answer = send(&stand, &broken.credentials(&challenge(&stand), "bm8"));
    assert_eq!(answer.status, 503);
}
