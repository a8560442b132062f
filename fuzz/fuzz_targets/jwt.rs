//! Checks that a verifier admits no token whose MAC is wrong, and that claims which it does not expect cause no panic.

#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use libfuzzer_sys::fuzz_target;
use sha2::Sha256;
use tower_challenge::Secret;
use tower_challenge::clock::ManualClock;
use tower_challenge::jose::{KeySet, SignatureAlgorithm, VerificationKey};
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::scheme::bearer::VerifyToken;

const KEY: [u8; 32] = [7; 32];

static VERIFIER: LazyLock<JwtVerifier> = LazyLock::new(|| {
    let key = VerificationKey::hmac(SignatureAlgorithm::Hs256, &KEY).expect("a long key");
    let keys = KeySet::new([key]).expect("a key");
    let verifier = JwtVerifier::builder("https://as.example", keys).audience("api");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let verifier = verifier.clock(ManualClock::new(now)).cache(0).build();
    verifier.expect("good settings")
});

fuzz_target!(|data: &[u8]| {
    if let Ok(token) = std::str::from_utf8(data) {
        assert!(
            !admits(token) || has_right_mac(token),
            "admitted without the key: {token}"
        );
    }
    // The second form reaches the header and the claims.
    let mut parts = data.splitn(2, |&byte| byte == 0);
    let mut next = || BASE64_URL_SAFE_NO_PAD.encode(parts.next().unwrap_or_default());
    let signed = format!("{}.{}", next(), next());
    let right = mac(&signed);
    let token = |mac: &[u8]| format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac));
    if admits(&token(&right)) {
        let mut wrong = right.clone();
        wrong[data.len() % 32] ^= 1;
        assert!(!admits(&token(&wrong)), "admitted with a wrong MAC");
        assert!(!admits(&token(&right[..31])), "admitted with a short MAC");
        let claims = String::from_utf8_lossy(data);
        assert!(
            claims.contains("as.example") || claims.contains('\\'),
            "no issuer: {claims}"
        );
    }
});

fn admits(token: &str) -> bool {
    let verified = VERIFIER.verify(Secret::new(token)).try_now();
    matches!(verified, Ok(Ok(Ok(_))))
}

fn mac(signed: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&KEY).expect("every length is accepted");
    mac.update(signed.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn has_right_mac(token: &str) -> bool {
    let parts = token.rsplit_once('.');
    parts.is_some_and(|(signed, told)| BASE64_URL_SAFE_NO_PAD.encode(mac(signed)) == told)
}
