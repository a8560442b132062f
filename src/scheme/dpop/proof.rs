//! The proof of a client (RFC 9449 section 4.2), as pure functions.

use std::borrow::Cow;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::reasons;
use crate::jose::{CompactJws, InvalidJws, JsonFault, JsonObject, SignatureAlgorithm};
use crate::jose::{VerificationKey, base64url, header_key};
use crate::reason::ReasonText;

/// The longest `jti` in bytes. Most clients send 16 to 36.
const LONGEST_JTI: usize = 256;

/// Returns the hash of an access token that a proof has in `ath`: base64url of SHA-256 (RFC 9449 section 4.2).
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::dpop::proof::access_token_hash;
///
/// // RFC 9449 section 7.1
/// let hash = access_token_hash("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
/// assert_eq!(hash, "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
/// ```
#[must_use]
pub fn access_token_hash(token: &str) -> String {
    base64url::encode(&Sha256::digest(token.as_bytes()))
}

/// A proof in its three parts, decoded. Its signature may be wrong.
pub(super) struct DecodedProof<'t> {
    parts: CompactJws<'t>,
    header: Vec<u8>,
    payload: Vec<u8>,
}

/// The claims of a proof.
pub(super) struct ProofClaims<'p> {
    pub(super) id: Cow<'p, str>,
    pub(super) method: Cow<'p, str>,
    pub(super) target: Cow<'p, str>,
    /// In seconds since 1970.
    pub(super) issued: f64,
    token_hash: Option<Cow<'p, str>>,
    pub(super) nonce: Option<Cow<'p, str>>,
}

impl<'t> DecodedProof<'t> {
    pub(super) fn decode(text: &'t str) -> Result<Self, ReasonText> {
        let decode = || {
            let parts = CompactJws::split(text)?;
            let (header, payload) = (parts.header()?, parts.payload()?);
            Ok(Self {
                parts,
                header,
                payload,
            })
        };
        decode().map_err(|_: InvalidJws| reasons::NOT_JWT)
    }

    /// Reads the claims, before the signature is verified.
    pub(super) fn claims(&self) -> Result<ProofClaims<'_>, ReasonText> {
        let claims = JsonObject::parse(&self.payload).map_err(|JsonFault| reasons::NOT_JWT)?;
        let text = |name| claims.string(name).map_err(|JsonFault| reasons::CLAIM_TYPE);
        let required = |name| text(name)?.ok_or(reasons::CLAIM_MISSING);
        let issued = claims.number("iat");
        let issued = issued.map_err(|JsonFault| reasons::CLAIM_TYPE)?;
        let id = required("jti")?;
        if !(1..=LONGEST_JTI).contains(&id.len()) {
            return Err(reasons::JTI_LENGTH);
        }
        Ok(ProofClaims {
            id,
            method: required("htm")?,
            target: required("htu")?,
            issued: issued.ok_or(reasons::CLAIM_MISSING)?,
            token_hash: text("ath")?,
            nonce: text("nonce")?,
        })
    }

    /// Verifies the signature with the key in the header, and returns the key. The algorithm has to be one of `allowed`,
    /// which are asymmetric.
    pub(super) fn verify(
        &self,
        allowed: &[SignatureAlgorithm],
    ) -> Result<VerificationKey, ReasonText> {
        let header = JsonObject::parse(&self.header).map_err(|JsonFault| reasons::NOT_JWT)?;
        let text = |name| header.string(name).map_err(|JsonFault| reasons::NOT_JWT);
        if !text("typ")?.is_some_and(|media_type| is_proof_type(&media_type)) {
            return Err(reasons::ANOTHER_TYPE);
        }
        // This crate knows no extension (RFC 7515 section 4.1.11), and a JWT never has `b64` (RFC 7797 section 7).
        if header.has("crit") || header.has("b64") {
            return Err(reasons::CRITICAL_EXTENSION);
        }
        let algorithm = text("alg")?.and_then(|name| SignatureAlgorithm::from_name(&name));
        let algorithm = algorithm.filter(|algorithm| allowed.contains(algorithm));
        let algorithm = algorithm.ok_or(reasons::ALGORITHM_NOT_ALLOWED)?;
        let key = header_key(&header, algorithm).ok_or(reasons::NO_PUBLIC_KEY)?;
        let verified = self.parts.verify_signature(&key, algorithm);
        verified.map_err(|why| match why.is_wrong_signature() {
            true => reasons::WRONG_SIGNATURE,
            false => reasons::NOT_JWT,
        })?;
        Ok(key)
    }
}

/// Whether `typ` is `dpop+jwt`. RFC 7515 section 4.1.9: it is a media type, so case does not matter, and a prefix
/// `application/` may be left out.
fn is_proof_type(media_type: &str) -> bool {
    ["dpop+jwt", "application/dpop+jwt"]
        .iter()
        .any(|known| media_type.eq_ignore_ascii_case(known))
}

impl ProofClaims<'_> {
    /// Checks that the proof is for `token`: its hash in base64url, in one spelling.
    pub(super) fn check_token(&self, token: &str) -> Result<(), ReasonText> {
        let hash = self.token_hash.as_deref();
        let hash = hash.ok_or(reasons::TOKEN_HASH_MISSING)?;
        match hash == access_token_hash(token) {
            true => Ok(()),
            false => Err(reasons::ANOTHER_TOKEN),
        }
    }
}

/// How old a proof may be, and how far in the future.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProofWindow {
    pub(super) past: Duration,
    pub(super) future: Duration,
}

impl ProofWindow {
    /// Returns for how long a proof is still good. The times are in seconds since 1970. Returns `None` if the proof is too old
    /// or too far in the future.
    pub(super) fn remaining(&self, issued: f64, now: f64) -> Option<Duration> {
        let age = now - issued;
        let is_good = age <= self.past.as_secs_f64() && -age <= self.future.as_secs_f64();
        let remaining = || Duration::try_from_secs_f64(self.past.as_secs_f64() - age).ok();
        is_good.then(remaining).flatten()
    }
}
