//! The keys of one issuer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::algorithm::SignatureAlgorithm;
use super::backend::SignatureBackend;
use super::compact::CompactJws;
use super::invalid_jws::InvalidJws;
use super::jose_header::JoseHeader;
use super::json::JsonObject;
use super::jwk;
use super::key::VerificationKey;
use super::reasons;
use crate::config_error::ConfigError;
use crate::derives::shows;

/// How many keys a set may have. It bounds the memory that an issuer can claim.
const MOST_KEYS: usize = 64;

/// With how many keys a token is tried. It bounds the work of one token.
const MOST_TRIES: usize = 4;

/// How many characters of a `kid` a message shows. An issuer chooses it.
const LONGEST_SHOWN: usize = 64;

/// The keys of one issuer (RFC 7517 section 5). A clone is cheap: it shares the keys.
///
/// A token whose header names a key (`kid`) is tried with the keys of that name, and then with the keys without a name. A
/// token whose header names no key is tried with every key. At most four keys are tried, and only those that allow the
/// algorithm of the token.
///
/// # Example
///
/// ```
/// # #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))] {
/// use tower_challenge::jose::KeySet;
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let keys = KeySet::from_jwks(
///     r#"{"keys":[
///         {"kty":"OKP","crv":"Ed25519","kid":"2026","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
///         {"kty":"new","kid":"2027"}
///     ]}"#,
/// )?;
/// assert_eq!(keys.len(), 1);
/// assert_eq!(keys.skipped()[0].to_string(), "key 2: the type of the key is not supported (kty)");
/// assert!(KeySet::from_jwks(r#"{"keys":[{"kty":"new"}]}"#).is_err(), "no key is left");
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
#[derive(Clone)]
pub struct KeySet(Arc<SetParts>);

struct SetParts {
    keys: Vec<VerificationKey>,
    skipped: Vec<ConfigError>,
    /// Tells this set from every other set of this process.
    generation: u64,
}

/// Which keys of a text may be in a set. Others are skipped.
#[derive(Clone, Copy)]
pub(crate) struct KeyRule {
    /// The longest key, as it is written in JSON.
    pub(crate) most_bytes: usize,
    pub(crate) allows_secrets: bool,
}

impl KeyRule {
    /// The rule for keys that the operator has chosen.
    pub(super) const CONFIGURED: Self = Self {
        most_bytes: usize::MAX,
        allows_secrets: true,
    };
}

impl KeySet {
    /// Makes a set of these keys.
    ///
    /// # Errors
    ///
    /// There is no key, or there are more than 64, or both public keys and shared secrets. A public key is known to
    /// everyone, so a set with both kinds invites a mistake that turns the one into the other.
    pub fn new(keys: impl IntoIterator<Item = VerificationKey>) -> Result<Self, ConfigError> {
        Self::checked(keys.into_iter().collect(), Vec::new())
    }

    /// Reads a JSON Web Key Set (RFC 7517 section 5) with the [default backend](SignatureBackend::default).
    ///
    /// A key that cannot be used for signatures is [skipped](Self::skipped), and so are both of two keys with the same
    /// `kid` and a common algorithm.
    ///
    /// # Errors
    ///
    /// The text is not a JSON object with the member `keys`, an array. Or [`new`](Self::new) refuses the keys that are
    /// left.
    pub fn from_jwks(text: &str) -> Result<Self, ConfigError> {
        Self::from_jwks_with(text, SignatureBackend::default())
    }

    /// Reads a JSON Web Key Set as [`from_jwks`](Self::from_jwks) does, for the backend `backend`.
    ///
    /// # Errors
    ///
    /// As for [`from_jwks`](Self::from_jwks), or the feature of the backend is not enabled.
    pub fn from_jwks_with(text: &str, backend: SignatureBackend) -> Result<Self, ConfigError> {
        Self::parse(text.as_bytes(), backend, KeyRule::CONFIGURED)
    }

    /// Reads a JSON Web Key Set, and skips the keys that `rule` does not allow.
    pub(crate) fn parse(
        text: &[u8],
        backend: SignatureBackend,
        rule: KeyRule,
    ) -> Result<Self, ConfigError> {
        let set = JsonObject::parse_outermost(text).ok();
        let keys = set.and_then(|set| set.array("keys").ok().flatten());
        let keys = keys.ok_or_else(|| {
            ConfigError::new(
                "this is no set of keys: it must be a JSON object with an array `keys`",
            )
        })?;
        if keys.len() > MOST_KEYS {
            return Err(too_many());
        }
        let (mut usable, mut skipped) = (Vec::new(), Vec::new());
        for (index, text) in keys.into_iter().enumerate() {
            let key = match text.len() > rule.most_bytes {
                true => Err(format!("it is longer than {} bytes", rule.most_bytes)),
                false => jwk::parse(text),
            };
            let key = key.and_then(|jwk| VerificationKey::of_jwk(jwk, backend));
            let key = key.and_then(|key| match key.is_secret() && !rule.allows_secrets {
                true => Err("a secret must not be published (kty)".to_owned()),
                false => Ok(key),
            });
            match key {
                Ok(key) => usable.push(key),
                Err(why) => skipped.push(ConfigError::new(format!("key {}: {why}", index + 1))),
            }
        }
        drop_ambiguous(&mut usable, &mut skipped);
        Self::checked(usable, skipped)
    }

    fn checked(keys: Vec<VerificationKey>, skipped: Vec<ConfigError>) -> Result<Self, ConfigError> {
        static GENERATIONS: AtomicU64 = AtomicU64::new(0);
        if keys.len() > MOST_KEYS {
            return Err(too_many());
        }
        let Some(first) = keys.first() else {
            let why = skipped
                .first()
                .map_or_else(String::new, |why| format!(" ({why})"));
            return Err(ConfigError::new(format!(
                "the set has no key for signatures{why}"
            )));
        };
        if keys.iter().any(|key| key.is_secret() != first.is_secret()) {
            return Err(ConfigError::new(
                "the set has both public keys and shared secrets: use two sets, one for each issuer",
            ));
        }
        Ok(Self(Arc::new(SetParts {
            keys,
            skipped,
            generation: GENERATIONS.fetch_add(1, Ordering::Relaxed),
        })))
    }

    /// Returns the number of keys.
    #[expect(clippy::len_without_is_empty, reason = "a set is never empty")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.keys.len()
    }

    /// Iterates over the keys.
    pub fn iter(&self) -> impl Iterator<Item = &VerificationKey> {
        self.0.keys.iter()
    }

    /// Says for each key that was skipped why it cannot be used.
    #[must_use]
    pub fn skipped(&self) -> &[ConfigError] {
        &self.0.skipped
    }

    /// A number that no other set of this process has.
    pub(crate) fn generation(&self) -> u64 {
        self.0.generation
    }

    /// Verifies a token in the compact form (RFC 7515 section 7.1), and returns its payload.
    ///
    /// This says that one of the keys signed the payload, and no more. For access tokens use
    /// [`JwtVerifier`](crate::jwt::JwtVerifier), which judges the claims, too.
    ///
    /// # Errors
    ///
    /// The token is malformed, its signature is wrong, or no key of the set fits it.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))] {
    /// use tower_challenge::jose::{KeySet, VerificationKey};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // The key and the token of RFC 8037 appendix A.
    /// let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    /// let keys = KeySet::new([VerificationKey::from_jwk(jwk)?])?;
    /// let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AI\
    ///              bQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    /// assert_eq!(keys.verify_jws(token)?, b"Example of Ed25519 signing");
    ///
    /// let changed = token.replace("RXhhb", "SXhhb");
    /// assert!(keys.verify_jws(&changed).is_err());
    /// # Ok(()) }
    /// # main().unwrap(); }
    /// ```
    pub fn verify_jws(&self, token: &str) -> Result<Vec<u8>, InvalidJws> {
        let parts = CompactJws::split(token)?;
        let header = parts.header()?;
        let header = JoseHeader::parse(&header, |_any_type| true)?;
        let verified = self.verify(&parts, &header)?;
        let (payload, _) = verified.ok_or(InvalidJws::new(reasons::UNKNOWN_KEY))?;
        Ok(payload)
    }

    /// Verifies a token whose header is read. Returns its payload and the key.
    ///
    /// Returns `None` if no key verifies the token and no key has the name (`kid`) that the token names. A newer set may
    /// then have the key.
    pub(crate) fn verify(
        &self,
        token: &CompactJws<'_>,
        header: &JoseHeader<'_>,
    ) -> Result<Option<(Vec<u8>, &VerificationKey)>, InvalidJws> {
        let mut wrong = None;
        for key in self.candidates(header) {
            match token.verify(key, header.algorithm) {
                Ok(payload) => return Ok(Some((payload, key))),
                Err(why) => wrong = Some(why),
            }
        }
        // A key without a name may be another one than the token names. That such a key fails says nothing.
        let id = header.key_id.as_deref();
        if id.is_none() || !self.iter().any(|key| key.id() == id) {
            return Ok(None);
        }
        Err(wrong.unwrap_or(InvalidJws::new(reasons::ALGORITHM_OF_ANOTHER_KEY)))
    }

    /// The keys with which a token with this header is to be tried: first those with the name that it names, then those
    /// without a name.
    fn candidates(&self, header: &JoseHeader<'_>) -> impl Iterator<Item = &VerificationKey> {
        let (algorithm, id) = (header.algorithm, header.key_id.as_deref());
        let fitting = move || self.iter().filter(move |key| key.allows(algorithm));
        let named = fitting().filter(move |key| id.is_none() || key.id() == id);
        let unnamed = fitting().filter(move |key| id.is_some() && key.id().is_none());
        named.chain(unnamed).take(MOST_TRIES)
    }

    /// Whether the set has the key with this thumbprint, still for `algorithm`.
    pub(crate) fn still_has(&self, thumbprint: &[u8; 32], algorithm: SignatureAlgorithm) -> bool {
        let mut keys = self.iter();
        keys.any(|key| key.thumbprint() == *thumbprint && key.allows(algorithm))
    }
}

fn too_many() -> ConfigError {
    ConfigError::new(format!("the set has more than {MOST_KEYS} keys"))
}

/// Removes keys that a token cannot tell apart: the same name, a common algorithm and another key. A key that is listed
/// again is kept only if it adds an algorithm.
fn drop_ambiguous(keys: &mut Vec<VerificationKey>, skipped: &mut Vec<ConfigError>) {
    let all = keys.clone();
    let mut kept: Vec<VerificationKey> = Vec::new();
    keys.retain(|key| {
        let is_rival = |other: &VerificationKey| {
            other.id() == key.id()
                && other.thumbprint() != key.thumbprint()
                && other.algorithms().any(|one| key.allows(one))
        };
        if key.id().is_some() && all.iter().any(is_rival) {
            let id = key.id().unwrap_or_default().chars();
            let id = id.take(LONGEST_SHOWN).collect::<String>();
            skipped.push(ConfigError::new(format!(
                "two different keys have the same kid {id:?} and a common algorithm"
            )));
            return false;
        }
        let has_all = |known: &VerificationKey| {
            known.id() == key.id()
                && known.thumbprint() == key.thumbprint()
                && key.algorithms().all(|one| known.allows(one))
        };
        let is_new = !kept.iter().any(has_all);
        if is_new {
            kept.push(key.clone());
        }
        is_new
    });
}

shows! { impl[] KeySet[] as self { keys: self.0.keys, skipped: self.0.skipped } }
