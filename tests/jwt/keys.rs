//! Keys from JSON Web Keys, PEM and files.

use std::fs;

use tower_challenge::jose::{
    KeyFile, KeySet, SignatureAlgorithm, SignatureBackend, VerificationKey,
};

use crate::support::{builder, encode, good, issuer, pem, why};

const ED25519: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn text(result: Result<VerificationKey, tower_challenge::ConfigError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_key_that_is_not_for_signatures_says_why() {
    for (jwk, why) in [
        ("[]", "it is not a JSON object with unique names"),
        ("{}", "the type of the key is missing (kty)"),
        (
            r#"{"kty":"OKP","kty":"OKP"}"#,
            "it is not a JSON object with unique names",
        ),
        (
            r#"{"kty":"PQC"}"#,
            "the type of the key is not supported (kty)",
        ),
        (r#"{"kty":5}"#, "the member `kty` is not a string"),
        (
            r#"{"kty":"OKP","crv":["Ed25519"]}"#,
            "the member `crv` is not a string",
        ),
        (
            r#"{"kty":"EC","crv":"P-256","x":"AA"}"#,
            "the member `y` is missing",
        ),
        (
            r#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#,
            "the curve is not supported (crv)",
        ),
        (
            r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#,
            "a coordinate has the wrong length for its curve",
        ),
        (
            r#"{"kty":"OKP","crv":"Ed448","x":"AA"}"#,
            "the curve is not supported (crv)",
        ),
        (
            r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#,
            "a key of Ed25519 has 32 bytes",
        ),
        (
            r#"{"kty":"OKP","crv":"Ed25519"}"#,
            "the member `x` is missing",
        ),
        (
            r#"{"kty":"OKP","crv":"Ed25519","x":"=="}"#,
            "the member `x` is not base64url",
        ),
        (
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#,
            "an RSA key needs 2048 to 8192 bits",
        ),
        (
            r#"{"kty":"oct","k":"AAAA"}"#,
            "a secret for HS256 needs at least 32 bytes",
        ),
        (
            r#"{"kty":"oct","alg":"HS512","k":"AAAA"}"#,
            "a secret for HS512 needs at least 64 bytes",
        ),
    ] {
        let expected = format!("this is no key for signatures: {why}");
        assert_eq!(text(VerificationKey::from_jwk(jwk)), expected, "{jwk}");
    }
    let with = |member: &str| format!("{},{member}}}", ED25519.trim_end_matches('}'));
    for (member, why) in [
        (r#""use":"enc""#, "the key is not for signatures (use)"),
        (
            r#""key_ops":["encrypt"]"#,
            "the key does not verify (key_ops)",
        ),
        (
            r#""alg":"RS256""#,
            "the algorithm does not fit the type of the key",
        ),
        (
            r#""alg":"none""#,
            "the algorithm of the key is not supported (alg)",
        ),
        (
            r#""d":"AA""#,
            "it has the private part of a key pair: use the public key alone",
        ),
    ] {
        let expected = format!("this is no key for signatures: {why}");
        assert_eq!(
            text(VerificationKey::from_jwk(&with(member))),
            expected,
            "{member}"
        );
    }
    for member in [
        r#""use":"sig""#,
        r#""key_ops":["sign","verify"]"#,
        r#""alg":"EdDSA""#,
        r#""alg":"Ed25519""#,
        r#""x5t":"AA""#,
    ] {
        assert!(VerificationKey::from_jwk(&with(member)).is_ok(), "{member}");
    }
}

/// RFC 8725 section 3.4: "The JWS/JWE library itself must validate these inputs before using them, or it must use
/// underlying cryptographic libraries that do so (or both!)."
#[test]
fn a_point_that_is_not_on_its_curve_is_no_key() {
    let jwk = format!(
        r#"{{"kty":"EC","crv":"P-256","x":"{0}","y":"{0}"}}"#,
        "A".repeat(42) + "E"
    );
    for backend in [SignatureBackend::AwsLc, SignatureBackend::RustCrypto] {
        if backend.is_enabled() {
            let key = VerificationKey::from_jwk_with(&jwk, backend);
            assert_eq!(
                text(key),
                "this is no key for signatures: its numbers are no key of their type"
            );
        }
    }
}

/// With a point of small order as the key, a signature with `S` zero is right for one message in eight or more.
#[test]
fn a_point_of_small_order_is_no_key() {
    let points = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    for point in points {
        let mut point: Vec<u8> = (0..32)
            .map(|i| u8::from_str_radix(&point[2 * i..2 * i + 2], 16).unwrap())
            .collect();
        for _ in 0..2 {
            let x = encode(&point);
            let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#);
            for backend in [SignatureBackend::AwsLc, SignatureBackend::RustCrypto] {
                let key = VerificationKey::from_jwk_with(&jwk, backend);
                assert_eq!(
                    text(key),
                    "this is no key for signatures: a key of Ed25519 must not be a point of small order"
                );
            }
            point[31] ^= 0x80;
        }
    }
}

/// RFC 8032 section 5.1.3 says of `y`: "If the resulting value is >= p, decoding fails."
#[test]
fn a_point_of_ed25519_has_one_spelling() {
    // 3 is the `y` of a point, and 3 + 2^255 - 19 is another spelling of it.
    let mut other = [0xff; 32];
    (other[0], other[31]) = (0xf0, 0x7f);
    let mut plain = [0; 32];
    plain[0] = 3;
    for backend in [SignatureBackend::AwsLc, SignatureBackend::RustCrypto] {
        if backend.is_enabled() {
            let read = |point: &[u8]| {
                let x = encode(point);
                let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#);
                VerificationKey::from_jwk_with(&jwk, backend)
            };
            assert!(read(&plain).is_ok(), "{backend:?}");
            let refused = text(read(&other));
            assert!(refused.ends_with("must be below the prime"), "{refused}");
        }
    }
}

/// Some issuers list one key once for each algorithm, each time with the same `kid`.
#[test]
fn a_key_may_be_listed_once_for_each_of_its_algorithms() {
    let material = format!(r#""kty":"oct","k":"{}","kid":"a""#, encode([7; 64]));
    let listed = |alg: &str| format!(r#"{{{material},"alg":"{alg}"}}"#);
    let keys = ["HS256", "HS512", "HS256"].map(listed).join(",");
    let keys = KeySet::from_jwks(&format!(r#"{{"keys":[{keys}]}}"#)).unwrap();
    assert_eq!((keys.len(), keys.skipped().len()), (2, 0));
    let algorithms = keys.iter().flat_map(VerificationKey::algorithms);
    let both = [SignatureAlgorithm::Hs256, SignatureAlgorithm::Hs512];
    assert_eq!(Vec::from_iter(algorithms), both);
}

#[test]
fn the_reason_why_a_key_is_skipped_is_short() {
    let kid = "ä".repeat(10_000);
    let other = ED25519.replace("11q", "12q");
    let keys = [ED25519, &other].map(|key| key.replace('}', &format!(r#","kid":"{kid}"}}"#)));
    let set = format!(r#"{{"keys":[{},{},{ED25519}]}}"#, keys[0], keys[1]);
    let set = KeySet::from_jwks(&set).unwrap();
    assert_eq!(set.skipped().len(), 2);
    for why in set.skipped() {
        assert!(why.to_string().len() < 256, "{}", why.to_string().len());
    }
}

/// RFC 7518 section 3.2: "A key of the same size as the hash output (for instance, 256 bits for "HS256") or larger MUST be
/// used with this algorithm."
///
/// RFC 8725 section 3.5: "human-memorizable passwords MUST NOT be directly used as the key to a keyed-MAC algorithm such as
/// "HS256"." Few passwords have 32 bytes.
#[test]
fn a_secret_is_at_least_as_long_as_the_hash() {
    for (algorithm, length) in [
        (SignatureAlgorithm::Hs256, 32),
        (SignatureAlgorithm::Hs384, 48),
        (SignatureAlgorithm::Hs512, 64),
    ] {
        assert!(VerificationKey::hmac(algorithm, &vec![1; length]).is_ok());
        assert!(VerificationKey::hmac(algorithm, &vec![1; length - 1]).is_err());
        assert!(VerificationKey::hmac(algorithm, b"").is_err());
    }
    assert!(VerificationKey::hmac(SignatureAlgorithm::Es256, &[1; 64]).is_err());
}

#[test]
fn public_keys_in_pem_are_read_and_others_say_what_to_do() {
    for (name, algorithm) in [
        ("rsa", SignatureAlgorithm::Ps512),
        ("rsa-pkcs1", SignatureAlgorithm::Rs256),
        ("p256", SignatureAlgorithm::Es256),
        ("p384", SignatureAlgorithm::Es384),
        ("p521", SignatureAlgorithm::Es512),
        ("ed25519", SignatureAlgorithm::EdDsa),
    ] {
        for backend in [SignatureBackend::AwsLc, SignatureBackend::RustCrypto] {
            if backend.is_enabled() {
                let key = VerificationKey::from_pem_with(&pem(name), backend).unwrap();
                assert!(key.allows(algorithm), "{name}");
                assert!(!key.allows(SignatureAlgorithm::Hs256), "{name}");
            }
        }
    }
    let same = [pem("rsa"), pem("rsa-pkcs1")]
        .map(|text| VerificationKey::from_pem(&text).unwrap().thumbprint());
    assert_eq!(same[0], same[1]);
    for (name, what) in [
        ("certificate", "openssl x509 -pubkey"),
        ("secp256k1", "the curve is not supported"),
        ("rsa1024", "2048"),
    ] {
        let error = text(VerificationKey::from_pem(&pem(name)));
        assert!(error.contains(what), "{name}: {error}");
    }
    let private = pem("ed25519").replace("PUBLIC", "PRIVATE");
    assert!(text(VerificationKey::from_pem(&private)).contains("openssl pkey -pubout"));
    for damaged in [
        "",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "PUBLIC KEY",
    ] {
        assert!(VerificationKey::from_pem(damaged).is_err(), "{damaged:?}");
    }
}

#[test]
fn a_key_of_pem_verifies_tokens_with_and_without_a_name() {
    let issuer = issuer();
    let jwks = issuer.jwks();
    let jwk = jwks
        .trim_start_matches(r#"{"keys":["#)
        .trim_end_matches("]}");
    let unnamed = jwk.replace(r#""kid":"test-key-1","#, "");
    let key = VerificationKey::from_jwk(&unnamed).unwrap();
    let verifier = builder(KeySet::new([key.clone()]).unwrap())
        .build()
        .unwrap();
    assert_eq!(why(&verifier, &good(&issuer).sign()), None);
    assert_eq!(
        why(&verifier, &good(&issuer).without_header("kid").sign()),
        None
    );
    let named = builder(KeySet::new([key.with_id("other")]).unwrap())
        .build()
        .unwrap();
    assert!(why(&named, &good(&issuer).sign()).is_some());
    assert_eq!(
        why(&named, &good(&issuer).without_header("kid").sign()),
        None
    );
}

#[test]
fn a_set_needs_a_key_and_holds_no_secrets_beside_public_keys() {
    let text = |set: &str| KeySet::from_jwks(set).unwrap_err().to_string();
    assert!(text("").contains("no set of keys"));
    assert!(text(ED25519).contains("no set of keys"));
    assert!(text(r#"{"keys":{}}"#).contains("no set of keys"));
    assert_eq!(text(r#"{"keys":[]}"#), "the set has no key for signatures");
    let secret = format!(r#"{{"kty":"oct","alg":"HS256","k":"{}"}}"#, "A".repeat(43));
    assert!(KeySet::from_jwks(&format!(r#"{{"keys":[{secret}]}}"#)).is_ok());
    assert!(text(&format!(r#"{{"keys":[{secret},{ED25519}]}}"#)).contains("shared secrets"));
    let many = vec![ED25519; 65].join(",");
    assert_eq!(
        text(&format!(r#"{{"keys":[{many}]}}"#)),
        "the set has more than 64 keys"
    );
    assert!(KeySet::new([]).is_err());
}

/// RFC 7518 section 3.3 says of RS256, RS384 and RS512: "A key of size 2048 bits or larger MUST be used with these
/// algorithms." Section 3.5 says the same of PS256, PS384 and PS512.
#[test]
fn an_rsa_key_has_at_least_2048_bits() {
    let jwk = |modulus: &[u8]| {
        let n = encode(modulus);
        format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB"}}"#)
    };
    let mut modulus = [0xff; 256];
    let refused = "this is no key for signatures: an RSA key needs 2048 to 8192 bits";
    for backend in [SignatureBackend::AwsLc, SignatureBackend::RustCrypto] {
        if backend.is_enabled() {
            let read = |modulus: &[u8]| VerificationKey::from_jwk_with(&jwk(modulus), backend);
            modulus[0] = 0x80;
            assert!(read(&modulus).is_ok(), "2048 bits");
            modulus[0] = 0x7f;
            assert_eq!(text(read(&modulus)), refused, "2047 bits");
            assert_eq!(
                text(read(&[&[0], &modulus[..]].concat())),
                refused,
                "2047 bits"
            );
            assert_eq!(text(read(&[0xff; 128])), refused, "1024 bits");
            assert_eq!(text(read(&[0xff; 1025])), refused, "8200 bits");
        }
    }
    assert!(text(VerificationKey::from_pem(&pem("rsa1024"))).contains("2048 to 8192 bits"));
}

/// RFC 7520 sections 4.1 and 4.2 sign with one key: RS256 and PS384. Each entry of the set is for one algorithm.
///
/// RFC 8725 section 3.1: "each key MUST be used with exactly one algorithm, and this MUST be checked when the
/// cryptographic operation is performed."
#[test]
fn one_key_may_be_published_for_two_algorithms_under_one_name() {
    let file = format!("{}/tests/vectors/jws.json", env!("CARGO_MANIFEST_DIR"));
    let file: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let row = |id: &str| {
        let mut rows = file["vectors"].as_array().unwrap().iter();
        let row = rows.find(|row| row["id"] == id).unwrap();
        (row["key"].clone(), row["jws"].as_str().unwrap().to_owned())
    };
    let (key, pkcs1) = row("rfc7520-jws-4_1-rsa_v15_signature");
    let (_, pss) = row("rfc7520-jws-4_2-rsa-pss_signature");
    let key_for = |algorithm: &str| {
        let mut key = key.clone();
        key["alg"] = algorithm.into();
        key
    };
    let set = |keys: &[serde_json::Value]| {
        KeySet::from_jwks(&serde_json::json!({ "keys": keys }).to_string()).unwrap()
    };
    for order in [["RS256", "PS384"], ["PS384", "RS256"]] {
        let set = set(&order.map(key_for));
        assert_eq!((set.len(), set.skipped().len()), (2, 0));
        assert!(set.verify_jws(&pkcs1).is_ok(), "{order:?}");
        assert!(set.verify_jws(&pss).is_ok(), "{order:?}");
    }
    let twice = set(&[key_for("RS256"), key_for("RS256")]);
    assert_eq!(twice.len(), 1);
    assert!(twice.verify_jws(&pss).is_err());
    let mut any = key.clone();
    any.as_object_mut().unwrap().remove("alg");
    assert_eq!(
        set(&[any, key_for("RS256")]).len(),
        1,
        "the first key has all"
    );
}

#[test]
fn a_file_of_keys_is_read_again_and_keeps_its_last_good_keys() {
    let issuer = issuer();
    let path = std::env::temp_dir().join(format!("keys.{}.json", std::process::id()));
    fs::write(&path, issuer.jwks()).unwrap();
    let file = KeyFile::open(&path).unwrap();
    let verifier = builder(file.clone()).build().unwrap();
    let old = good(&issuer).sign();
    assert_eq!(why(&verifier, &old), None);

    fs::write(&path, r#"{"keys":[]}"#).unwrap();
    assert!(file.reload().fault().is_some());
    assert!(!file.health().is_good());
    assert_eq!(why(&verifier, &old), None, "the last good keys stay");

    issuer.rotate().unwrap();
    issuer.withdraw_old_keys();
    fs::write(&path, issuer.jwks()).unwrap();
    assert!(file.reload().is_loaded());
    assert_eq!(why(&verifier, &good(&issuer).sign()), None);
    assert!(why(&verifier, &old).is_some());

    fs::write(&path, pem("ed25519")).unwrap();
    assert!(file.reload().is_loaded());
    fs::remove_file(path).unwrap();
}

#[test]
fn nothing_shows_a_secret() {
    let key = VerificationKey::hmac(
        SignatureAlgorithm::Hs256,
        b"0123456789abcdef0123456789abcdef",
    )
    .unwrap();
    let shown = format!("{key:?} {:?}", KeySet::new([key.clone()]).unwrap());
    assert!(!shown.contains("0123456789abcdef"), "{shown}");
    assert!(shown.contains("Hs256"), "{shown}");
}
