//! Checks that a verifier admits no token whose signature is wrong, with a secret and with public keys, also when it
//! remembers a good token; and that claims which it does not expect cause no panic. The same for vapid.

#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use ed25519_dalek::Signer as _;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use http::header::AUTHORIZATION;
use libfuzzer_sys::fuzz_target;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use sha2::Sha256;
use tower_challenge::clock::ManualClock;
use tower_challenge::jose::{KeySet, SignatureAlgorithm, VerificationKey};
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::scheme::bearer::VerifyToken;
use tower_challenge::scheme::{Attempt, Scheme, ServerRole, Vapid, Verdict};
use tower_challenge::{RequestHead, Secret};

/// The secret, and the private part of both key pairs.
const KEY: [u8; 32] = [7; 32];

/// A key, and a verifier that knows no other key.
struct FuzzedKey {
    sign: fn(&[u8]) -> Vec<u8>,
    /// Whether the second text is the signature of the first, according to the library of the key.
    is_signature: fn(&[u8], &[u8]) -> bool,
    verifier: JwtVerifier,
}

static KEYS: LazyLock<[FuzzedKey; 3]> = LazyLock::new(|| {
    let secret = VerificationKey::hmac(SignatureAlgorithm::Hs256, &KEY).expect("a long key");
    let public = |jwk: String| VerificationKey::from_jwk(&jwk).expect("a key");
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let point = p256_key().verifying_key().to_encoded_point(false);
    let (x, y) = (point.x().expect("an x"), point.y().expect("a y"));
    let (x, y) = (encode(x), encode(y));
    let p256 = public(format!(
        r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#
    ));
    let x = encode(ed25519_key().verifying_key().as_bytes());
    let ed25519 = public(format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#));
    [
        FuzzedKey {
            sign: mac,
            is_signature: |signed, signature| mac(signed) == signature,
            verifier: verifier(secret),
        },
        FuzzedKey {
            sign: |signed| {
                let signature: p256::ecdsa::Signature = p256_key().sign(signed);
                signature.to_bytes().to_vec()
            },
            is_signature: |signed, signature| {
                p256::ecdsa::Signature::from_slice(signature).is_ok_and(|signature| {
                    p256_key()
                        .verifying_key()
                        .verify(signed, &signature)
                        .is_ok()
                })
            },
            verifier: verifier(p256),
        },
        FuzzedKey {
            sign: |signed| ed25519_key().sign(signed).to_bytes().to_vec(),
            is_signature: |signed, signature| {
                let key = ed25519_key().verifying_key();
                ed25519_dalek::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify_strict(signed, &signature).is_ok())
            },
            verifier: verifier(ed25519),
        },
    ]
});

fuzz_target!(|data: &[u8]| {
    if let Ok(token) = std::str::from_utf8(data) {
        let is_fine = !VAPID.admits(token) || is_signed(&KEYS[1], token);
        assert!(is_fine, "vapid admitted without the key: {token}");
        for key in &*KEYS {
            let is_fine = !admits(key, token) || is_signed(key, token);
            assert!(is_fine, "admitted without the key: {token}");
        }
    }
    // The second form reaches the header and the claims.
    let mut parts = data.splitn(2, |&byte| byte == 0);
    let mut next = || BASE64_URL_SAFE_NO_PAD.encode(parts.next().unwrap_or_default());
    let signed = format!("{}.{}", next(), next());
    let token = |signature: &[u8]| format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature));
    let signatures = KEYS.each_ref().map(|key| (key.sign)(signed.as_bytes()));
    let [mac, right, _] = &signatures;
    if VAPID.admits(&token(right)) {
        let mut wrong = right.clone();
        wrong[data.len() % right.len()] ^= 1;
        let is_refused = !VAPID.admits(&token(&wrong)) && !VAPID.admits(&token(mac));
        assert!(is_refused, "vapid admitted with a wrong signature");
        assert!(VAPID.admits(&token(right)), "vapid refused the second time");
    }
    for (key, right) in KEYS.iter().zip(&signatures) {
        if !admits(key, &token(right)) {
            continue;
        }
        // The verifier remembers the token now.
        assert!(admits(key, &token(right)), "refused the second time");
        let mut wrong = right.clone();
        wrong[data.len() % right.len()] ^= 1;
        assert!(
            !admits(key, &token(&wrong)),
            "admitted with a wrong signature"
        );
        let short = &right[..right.len() - 1];
        assert!(
            !admits(key, &token(short)),
            "admitted with a short signature"
        );
        for other in signatures.iter().filter(|other| *other != right) {
            assert!(!admits(key, &token(other)), "admitted with another key");
        }
        let admitting = KEYS.iter().filter(|key| admits(key, &token(right)));
        assert_eq!(
            admitting.count(),
            1,
            "admitted by a verifier without the key"
        );
        let claims = String::from_utf8_lossy(data);
        assert!(
            claims.contains("as.example") || claims.contains('\\'),
            "no issuer: {claims}"
        );
    }
});

/// The scheme vapid, and the public key of P-256.
struct FuzzedVapid {
    scheme: Vapid,
    key: String,
}

static VAPID: LazyLock<FuzzedVapid> = LazyLock::new(|| {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let point = p256_key().verifying_key().to_encoded_point(false);
    FuzzedVapid {
        scheme: Vapid::new("https://as.example")
            .expect("an origin")
            .with_clock(ManualClock::new(now)),
        key: BASE64_URL_SAFE_NO_PAD.encode(point.as_bytes()),
    }
});

impl FuzzedVapid {
    fn admits(&self, token: &str) -> bool {
        let credentials = format!("vapid t=\"{token}\", k={}", self.key);
        let Ok(request) = Request::get("/")
            .header(AUTHORIZATION, credentials)
            .body(())
        else {
            return false;
        };
        let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
        let verdict = self
            .scheme
            .authenticate(&attempt)
            .map(|verdict| verdict.try_now());
        matches!(verdict, Some(Ok(Ok(Verdict::Admit(_)))))
    }
}

fn verifier(key: VerificationKey) -> JwtVerifier {
    let keys = KeySet::new([key]).expect("a key");
    let verifier = JwtVerifier::builder("https://as.example", keys).audience("api");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let verifier = verifier.clock(ManualClock::new(now)).build();
    verifier.expect("good settings")
}

fn admits(key: &FuzzedKey, token: &str) -> bool {
    let verified = key.verifier.verify(Secret::new(token)).try_now();
    matches!(verified, Ok(Ok(Ok(_))))
}

fn is_signed(key: &FuzzedKey, token: &str) -> bool {
    token.rsplit_once('.').is_some_and(|(signed, signature)| {
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature);
        signature.is_ok_and(|signature| (key.is_signature)(signed.as_bytes(), &signature))
    })
}

fn mac(signed: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&KEY).expect("every length is accepted");
    mac.update(signed);
    mac.finalize().into_bytes().to_vec()
}

fn p256_key() -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&KEY).expect("a number below the order")
}

fn ed25519_key() -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&KEY)
}
