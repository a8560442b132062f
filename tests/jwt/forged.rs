//! Tokens that an attacker makes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tower_challenge::jose::{KeySet, SignatureAlgorithm, SignatureBackend, VerificationKey};
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::testing::TestIssuer;

use crate::support::{
    API, ISSUER, builder, encode, good, hmac_token, hmac_token_with, issuer, pem, why, with_part,
};

fn claims() -> String {
    format!(r#"{{"iss":"{ISSUER}","aud":"{API}","sub":"mallory","exp":4000000000}}"#)
}

/// RFC 9068 section 4: "The resource server MUST reject any JWT in which the value of "alg" is "none"."
///
/// RFC 8725 section 3.2: "JWT libraries SHOULD NOT consume JWTs using "none" unless explicitly requested by the caller."
#[test]
fn a055_a_token_without_a_signature_is_refused_however_it_spells_none() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    let signature = good(&issuer).sign().rsplit_once('.').unwrap().1.to_owned();
    for none in ["none", "None", "NONE", "nOnE", "none ", "", "null"] {
        for typ in [r#""typ":"at+jwt","#, ""] {
            let header = encode(format!(r#"{{{typ}"alg":"{none}"}}"#));
            for signature in ["", "AA", &*signature] {
                let token = format!("{header}.{}.{signature}", encode(claims()));
                assert!(why(&verifier, &token).is_some(), "{none:?}, {signature:?}");
            }
        }
    }
    for header in [
        r#"{"typ":"at+jwt"}"#,
        r#"{"typ":"at+jwt","alg":null}"#,
        r#"{"typ":"at+jwt","alg":5}"#,
    ] {
        let token = format!("{}.{}.{signature}", encode(header), encode(claims()));
        assert!(why(&verifier, &token).is_some(), "{header}");
    }
}

const HMAC: [SignatureAlgorithm; 3] = [
    SignatureAlgorithm::Hs256,
    SignatureAlgorithm::Hs384,
    SignatureAlgorithm::Hs512,
];

const PUBLIC_KEYS: [&str; 6] = ["rsa", "rsa-pkcs1", "p256", "p384", "p521", "ed25519"];

/// The spellings of a public key that an attacker may take for a secret.
fn spellings(name: &str) -> Vec<Vec<u8>> {
    let pem = pem(name);
    let body = pem.lines().filter(|line| !line.starts_with("---"));
    let body = body.collect::<String>();
    let der = STANDARD.decode(&body).unwrap();
    let texts = [
        pem.clone(),
        pem.trim_end().to_owned(),
        pem.replace('\n', "\r\n"),
        body,
        encode(&der),
    ];
    let bytes = texts.map(String::into_bytes);
    // The DER of a point ends with the point: 32 bytes for Ed25519, and 65, 97 or 133 for P-256, P-384 or P-521.
    let points = [32, 65, 97, 133].map(|length| der[der.len().saturating_sub(length)..].to_vec());
    [&bytes[..], &points, &[der]].concat()
}

/// The spellings of the key of a test issuer, which is published as a JSON Web Key.
fn json_spellings(issuer: &TestIssuer) -> Vec<Vec<u8>> {
    let jwks = issuer.jwks();
    let set: serde_json::Value = serde_json::from_str(&jwks).unwrap();
    let key = &set["keys"][0];
    let coordinates = ["x", "y"].map(|name| key[name].as_str().unwrap().to_owned());
    let texts = [jwks, key.to_string(), coordinates.concat()];
    let texts = texts.into_iter().chain(coordinates);
    texts.map(String::into_bytes).collect()
}

/// Signs with each of `secrets` as an HMAC, and asks a verifier of `key`, which has the name `k`.
fn expect_no_secret(key: &VerificationKey, secrets: &[Vec<u8>]) {
    let verifier = |key: &VerificationKey| {
        let keys = KeySet::new([key.clone()]).unwrap();
        builder(keys).build().unwrap()
    };
    let public = verifier(key);
    for secret in secrets {
        for algorithm in HMAC {
            let header = format!(r#"{{"typ":"at+jwt","alg":"{algorithm}","kid":"k"}}"#);
            let token = hmac_token_with(algorithm, &header, claims(), secret);
            let unfit = Some("the algorithm does not fit the key");
            assert_eq!(why(&public, &token), unfit, "{algorithm}");
            let unnamed = header.replace(r#","kid":"k""#, "");
            let unnamed = hmac_token_with(algorithm, &unnamed, claims(), secret);
            let unknown = Some("no key of the issuer fits the token");
            assert_eq!(why(&public, &unnamed), unknown, "{algorithm}");
            // The same tokens are good where the text is a secret, so no other fault hides the attack.
            if let Ok(shared) = VerificationKey::hmac(algorithm, secret) {
                let shared = verifier(&shared.with_id("k"));
                assert_eq!(why(&shared, &token), None, "{algorithm}");
                assert_eq!(why(&shared, &unnamed), None, "{algorithm}");
            }
        }
    }
}

#[test]
fn a056_a_public_key_in_any_spelling_is_not_the_secret_of_an_hmac() {
    let issuer = issuer();
    let in_json = json_spellings(&issuer);
    let own = issuer.keys().iter().next().unwrap().clone();
    expect_no_secret(&own.with_id("k"), &in_json);
    let in_files = PUBLIC_KEYS.iter().flat_map(|name| spellings(name));
    let in_files = in_files.chain([Vec::new()]).collect::<Vec<_>>();
    let long = in_files.iter().filter(|secret| secret.len() >= 64);
    assert_eq!(long.count(), 48, "most are long enough for HS512");
    for name in PUBLIC_KEYS {
        for backend in [SignatureBackend::AwsLc, SignatureBackend::RustCrypto] {
            if backend.is_enabled() {
                let key = VerificationKey::from_pem_with(&pem(name), backend);
                expect_no_secret(&key.unwrap().with_id("k"), &in_files);
            }
        }
    }
}

/// RFC 8725 section 3.1: "The library MUST ensure that the "alg" or "enc" header specifies the same algorithm that is used
/// for the cryptographic operation."
#[test]
fn a056_an_algorithm_that_the_key_does_not_allow_is_refused_even_with_the_right_key() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    for alg in [
        "ES384", "RS256", "PS256", "EdDSA", "ES256K", "es256", "A256GCM",
    ] {
        let token = good(&issuer).header("alg", alg).sign();
        assert!(why(&verifier, &token).is_some(), "{alg}");
    }
    assert_eq!(why(&verifier, &good(&issuer).sign()), None);
}

/// RFC 8725 section 3.1: "Libraries MUST enable the caller to specify a supported set of algorithms and MUST NOT use any
/// other algorithms when performing cryptographic operations."
///
/// Section 3.2: "applications MUST only allow the use of cryptographically current algorithms that meet the security
/// requirements of the application."
#[test]
fn a056_the_algorithms_of_the_verifier_narrow_those_of_the_keys() {
    let issuer = issuer();
    let verifier = builder(issuer.clone())
        .algorithms(&[SignatureAlgorithm::Rs256])
        .build()
        .unwrap();
    assert_eq!(
        why(&verifier, &good(&issuer).sign()),
        Some("the algorithm is not allowed")
    );
}

/// RFC 9068 section 4: "The resource server MUST use the keys provided by the authorization server."
///
/// RFC 8725 section 3.10: "blindly following a "jku" (JWK set URL) or "x5u" (X.509 URL) header, which may contain an
/// arbitrary URL, could result in server-side request forgery (SSRF) attacks."
#[test]
fn a057_keys_and_addresses_of_keys_in_the_header_change_nothing() {
    let (issuer, attacker) = (issuer(), issuer());
    let verifier = builder(issuer.clone()).build().unwrap();
    let jwk: serde_json::Value = serde_json::from_str(&attacker.jwks()).unwrap();
    let key = &jwk["keys"][0];
    for (name, value) in [
        ("jwk", key.clone()),
        ("jku", "https://mallory.example/jwks".into()),
        ("x5u", "https://mallory.example/chain".into()),
        ("x5c", vec!["AAAA"].into()),
    ] {
        let forged = good(&attacker).header(name, value.clone()).sign();
        assert_eq!(
            why(&verifier, &forged),
            Some("the signature is wrong"),
            "{name}"
        );
        let unnamed = good(&attacker)
            .without_header("kid")
            .header(name, value.clone());
        assert!(why(&verifier, &unnamed.sign()).is_some(), "{name}");
        let honest = good(&issuer).header(name, value).sign();
        assert_eq!(
            why(&verifier, &honest),
            None,
            "{name}: the issuer signed it"
        );
    }
}

/// RFC 8725 section 3.10: "The "kid" (key ID) header is used by the relying application to perform key lookup. Applications
/// should ensure that this does not create SQL or LDAP injection vulnerabilities by validating and/or sanitizing the
/// received value."
#[test]
fn a058_the_name_of_a_key_is_compared_and_used_for_nothing_else() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    for kid in [
        "../../dev/null",
        "' OR 1=1 --",
        "https://mallory.example/",
        "",
        "TEST-KEY-1",
        "test-key-1 ",
        "test-key-1\0",
    ] {
        let token = good(&issuer).header("kid", kid).sign();
        assert_eq!(
            why(&verifier, &token),
            Some("no key of the issuer fits the token"),
            "{kid:?}"
        );
    }
    let long = good(&issuer).header("kid", "k".repeat(64 * 1024)).sign();
    assert_eq!(why(&verifier, &long), Some("the token is too long"));
    let number = good(&issuer).header("kid", 1).sign();
    assert_eq!(
        why(&verifier, &number),
        Some("the header is not valid JSON")
    );
}

#[test]
fn a058_two_keys_of_one_name_verify_nothing() {
    let jwk = |issuer: &TestIssuer| {
        let set: serde_json::Value = serde_json::from_str(&issuer.jwks()).unwrap();
        set["keys"][0].to_string()
    };
    let (one, other, third) = (issuer(), issuer(), issuer());
    third.rotate().unwrap();
    third.withdraw_old_keys();
    let set = format!(
        r#"{{"keys":[{},{},{}]}}"#,
        jwk(&one),
        jwk(&other),
        jwk(&third)
    );
    let keys = KeySet::from_jwks(&set).unwrap();
    assert_eq!((keys.len(), keys.skipped().len()), (1, 2));
    let verifier = builder(keys).build().unwrap();
    assert!(why(&verifier, &good(&one).sign()).is_some());
    assert!(why(&verifier, &good(&other).sign()).is_some());
    assert_eq!(why(&verifier, &good(&third).sign()), None);
    let twice = format!(r#"{{"keys":[{0},{0}]}}"#, jwk(&one));
    assert_eq!(
        KeySet::from_jwks(&twice).unwrap().len(),
        1,
        "the same key twice is one key"
    );
}

/// A token is tried with four keys at most. Keys without a name must not use them up.
#[test]
fn a058_the_key_of_the_name_is_tried_before_keys_without_a_name() {
    let key = |issuer: &TestIssuer| {
        let set: serde_json::Value = serde_json::from_str(&issuer.jwks()).unwrap();
        set["keys"][0].clone()
    };
    let unnamed = (0..4).map(|_| {
        let mut key = key(&issuer());
        key.as_object_mut().unwrap().remove("kid");
        key
    });
    let named = issuer();
    let keys = unnamed.chain([key(&named)]).collect::<Vec<_>>();
    let set = serde_json::json!({ "keys": keys }).to_string();
    let verifier = builder(KeySet::from_jwks(&set).unwrap()).build().unwrap();
    assert_eq!(why(&verifier, &good(&named).sign()), None);
}

/// RFC 7515 section 4.1.11: "If any of the listed extension Header Parameters are not understood and supported by the
/// recipient, then the JWS is invalid."
#[test]
fn a062_a_token_with_critical_extensions_is_refused() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    let lists: [&[&str]; 4] = [&["x"], &[], &["alg"], &["b64"]];
    for crit in lists {
        let token = good(&issuer)
            .header("crit", crit.to_vec())
            .header("x", 1)
            .sign();
        assert_eq!(
            why(&verifier, &token),
            Some("the header has critical extensions (crit)"),
            "{crit:?}"
        );
    }
    let unencoded = good(&issuer).header("b64", false).sign();
    assert_eq!(
        why(&verifier, &unencoded),
        Some("the payload is not encoded (b64)")
    );
    assert_eq!(
        why(&verifier, &good(&issuer).header("b64", true).sign()),
        None
    );
    assert_eq!(
        why(&verifier, &good(&issuer).header("x-unknown", 1).sign()),
        None
    );
}

/// RFC 7515 section 7.1, RFC 7519 section 7.2.
#[test]
fn a068_only_three_parts_in_canonical_base64url_are_read() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    let token = good(&issuer).sign();
    let parts = token.split('.').collect::<Vec<_>>();
    let malformed = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        parts[0].to_owned(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{}", parts[2]),
        format!("{token}.AA.AA"),
        format!("{token}="),
        with_part(&token, 0, ""),
        with_part(&token, 1, ""),
        with_part(&token, 2, ""),
        with_part(&token, 0, &format!("{}=", parts[0])),
        with_part(&token, 1, &format!("{}=", parts[1])),
        with_part(&token, 2, &parts[2].replace(['-', '_'], "+")),
    ];
    for malformed in malformed.iter().filter(|other| **other != token) {
        assert!(why(&verifier, malformed).is_some(), "{malformed}");
    }
    assert_eq!(why(&verifier, &token), None);
}

/// A signature of 64 bytes has 86 characters, of which the last has four bits too many. All but one of its spellings are
/// not canonical.
#[test]
fn a068_one_token_has_one_spelling() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    let token = good(&issuer).sign();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let accepted = alphabet.chars().filter(|last| {
        let spelled = format!("{}{last}", &token[..token.len() - 1]);
        why(&verifier, &spelled).is_none()
    });
    assert_eq!(accepted.count(), 1);
}

/// RFC 8017 section 5.2.2: a signature is a number "between 0 and n - 1". With the modulus added, it is another spelling of the
/// same signature. The key and the signature of the file were made for this test.
#[test]
fn a068_an_rsa_signature_is_less_than_the_modulus() {
    let file: serde_json::Value = serde_json::from_str(include_str!("pss_signature.json")).unwrap();
    let [token, spelled] = ["token", "with_modulus"].map(|name| file[name].as_str().unwrap());
    for backend in [SignatureBackend::AwsLc, SignatureBackend::RustCrypto] {
        let key = VerificationKey::from_jwk_with(&file["jwk"].to_string(), backend).unwrap();
        let keys = KeySet::new([key]).unwrap();
        assert_eq!(keys.verify_jws(token).unwrap(), b"hi", "{backend:?}");
        assert!(keys.verify_jws(spelled).is_err(), "{backend:?}");
    }
}

#[test]
fn a068_bombs_cost_no_more_than_their_length() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    let huge = good(&issuer).claim("x", "x".repeat(20_000)).sign();
    assert_eq!(why(&verifier, &huge), Some("the token is too long"));
    let deep = format!(
        r#"{{"typ":"at+jwt","alg":"ES256","x":{}{}}}"#,
        "[".repeat(4000),
        "]".repeat(4000)
    );
    let deep = format!("{}.{}.AA", encode(deep), encode(claims()));
    assert_eq!(why(&verifier, &deep), Some("the header is not valid JSON"));
    let many = (0..2000)
        .map(|n| format!(r#""{n}":1"#))
        .collect::<Vec<_>>()
        .join(",");
    let many = format!("{}.{}.AA", encode(format!("{{{many}}}")), encode(claims()));
    assert!(why(&verifier, &many).is_some());
    let encrypted = "eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJwMmMiOjIxNDc0ODM2NDd9.AA.AA.AA.AA";
    assert_eq!(
        why(&verifier, encrypted),
        Some("the token has not three parts")
    );
}

#[test]
fn a069_zeros_and_other_encodings_of_an_ecdsa_signature_are_refused() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    let token = good(&issuer).sign();
    // The order of P-256.
    let order = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let der = [
        &[0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01][..],
        &[0; 56],
    ]
    .concat();
    let signatures: [Vec<u8>; 9] = [
        vec![0; 64],
        [order, order].concat(),
        [[0; 32], order].concat(),
        vec![0xff; 64],
        vec![0; 63],
        vec![0; 65],
        vec![0; 96],
        vec![0; 1024],
        der,
    ];
    for signature in signatures {
        let token = with_part(&token, 2, &encode(&signature));
        assert_eq!(
            why(&verifier, &token),
            Some("the signature is wrong"),
            "{signature:?}"
        );
    }
    let long = with_part(&token, 2, &encode(vec![0; 1025]));
    assert_eq!(
        why(&verifier, &long),
        Some("the signature is not base64url")
    );
}

/// RFC 8725 section 3.3: "All cryptographic operations used in the JWT MUST be validated and the entire JWT MUST be
/// rejected if any of them fail to validate."
#[test]
fn a_changed_bit_anywhere_is_refused() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    let token = good(&issuer).sign();
    assert_eq!(why(&verifier, &token), None);
    for place in 0..token.len() {
        let other = if token.as_bytes()[place] == b'A' {
            "B"
        } else {
            "A"
        };
        let mut changed = token.clone();
        changed.replace_range(place..=place, other);
        assert!(why(&verifier, &changed).is_some(), "{place}");
    }
}

#[test]
fn a_secret_verifies_its_own_tokens_and_no_others() {
    let secret = [9; 32];
    let key = VerificationKey::hmac(SignatureAlgorithm::Hs256, &secret).unwrap();
    let verifier = JwtVerifier::builder(ISSUER, KeySet::new([key]).unwrap());
    let verifier = verifier.audience(API).build().unwrap();
    let header = r#"{"typ":"at+jwt","alg":"HS256"}"#;
    assert_eq!(why(&verifier, &hmac_token(header, claims(), &secret)), None);
    assert!(why(&verifier, &hmac_token(header, claims(), &[8; 32])).is_some());
    assert!(why(&verifier, &hmac_token(header, claims(), b"")).is_some());
    let other = r#"{"typ":"at+jwt","alg":"HS512"}"#;
    let other = hmac_token_with(SignatureAlgorithm::Hs512, other, claims(), &secret);
    assert!(why(&verifier, &other).is_some());
}

const SECRET: [u8; 32] = [9; 32];

/// A verifier of the tokens that [`signed`] makes.
fn verifier_of_secret() -> JwtVerifier {
    let key = VerificationKey::hmac(SignatureAlgorithm::Hs256, &SECRET).unwrap();
    builder(KeySet::new([key]).unwrap()).build().unwrap()
}

fn signed(header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
    hmac_token(header, claims, &SECRET)
}

const HEADER: &str = r#"{"typ":"at+jwt","alg":"HS256"}"#;

/// RFC 7515 section 4: "The Header Parameter names within the JOSE Header MUST be unique; JWS parsers MUST either reject
/// JWSs with duplicate Header Parameter names or use a JSON parser that returns only the lexically last duplicate member
/// name". RFC 7519 section 4 says the same of claims. This crate rejects both.
#[test]
fn two_header_parameters_or_claims_of_one_name_are_refused() {
    let verifier = verifier_of_secret();
    assert_eq!(why(&verifier, &signed(HEADER, claims())), None);
    for member in [
        r#""alg":"HS256""#,
        r#""alg":"none""#,
        r#""\u0061lg":"HS256""#,
        r#""typ":"at+jwt""#,
        r#""x":1,"x":1"#,
        r#""x":{"y":1,"y":1}"#,
    ] {
        let header = HEADER.replace('}', &format!(",{member}}}"));
        assert_eq!(
            why(&verifier, &signed(&header, claims())),
            Some("the header is not valid JSON"),
            "{header}"
        );
    }
    for member in [r#""sub":"root""#, r#""s\u0075b":"root""#] {
        let claims = claims().replace('}', &format!(",{member}}}"));
        assert_eq!(
            why(&verifier, &signed(HEADER, &claims)),
            Some("the claims are not valid JSON"),
            "{claims}"
        );
    }
}

/// RFC 8725 section 3.7: "Implementations and applications MUST do this and not use or admit the use of other Unicode
/// encodings for these purposes."
#[test]
fn json_in_another_encoding_than_utf_8_is_refused() {
    let verifier = verifier_of_secret();
    let in_utf_8 = claims().replace("mallory", "Jäsøn");
    assert_eq!(why(&verifier, &signed(HEADER, &in_utf_8)), None);
    let others = |text: &str| {
        let units = || text.encode_utf16();
        [
            units().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
            units().flat_map(u16::to_be_bytes).collect(),
            text.chars()
                .flat_map(|c| (c as u32).to_be_bytes())
                .collect(),
            text.chars().map(|c| u8::try_from(c).unwrap()).collect(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        ]
    };
    for claims in others(&in_utf_8) {
        let refused = why(&verifier, &signed(HEADER, &claims));
        assert_eq!(refused, Some("the claims are not valid JSON"), "{claims:?}");
    }
    for header in others(&HEADER.replace('}', r#","x":"ø"}"#)) {
        let refused = why(&verifier, &signed(&header, &in_utf_8));
        assert_eq!(refused, Some("the header is not valid JSON"), "{header:?}");
    }
}

/// RFC 8725 section 3.6: "Compression of data SHOULD NOT be done before encryption, because such compressed data often
/// reveals information about the plaintext." Only an encrypted token can be compressed, so nothing is decompressed.
#[test]
fn a068_no_token_is_decompressed() {
    let verifier = verifier_of_secret();
    let header = HEADER.replace('}', r#","zip":"DEF"}"#);
    assert_eq!(
        why(&verifier, &signed(&header, claims())),
        None,
        "a signed token has no `zip`, so the parameter is unknown and ignored"
    );
    // A block of DEFLATE that is stored as it is (RFC 1951 section 3.2.4).
    let claims = claims();
    let length = u16::try_from(claims.len()).unwrap();
    let deflated = [
        &[1][..],
        &length.to_le_bytes(),
        &(!length).to_le_bytes(),
        claims.as_bytes(),
    ]
    .concat();
    assert_eq!(
        why(&verifier, &signed(&header, &deflated)),
        Some("the claims are not valid JSON")
    );
}
