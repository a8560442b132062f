//! The SigV4 scheme: verifies a signed request and its body.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use sha2::{Digest, Sha256};

use super::access_keys::AccessKey;
use super::aws_chunked::{AwsChunked, ChunkFraming, SignatureChain};
use super::key_cache::{KeyCache, KeyTag};
use super::message::SignatureParams;
use super::payload::{EMPTY, HashBody, HashedStream, SignedPayload, UnsignedBody, body_mismatch};
use super::reasons;
use super::rules::SigV4Rules;
use super::signing_key::SigningKey;
use super::string_to_sign::SigningContext;
use super::unverified::UnverifiedSignature;
use crate::clock::Clock;
use crate::derives::{clones, shows};
use crate::error_params::ErrorParams;
use crate::header::{Challenge, SchemeName};
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::principal::ClaimedAccount;
use crate::scheme::{
    Admission, Attempt, BodyCheck, BodyLimits, Refusal, Scheme, SignedBody, Verdict,
    VerdictNowOrLater,
};
use crate::secret::SecretString;
use crate::store::{Claim, ClaimHolder, ClaimKey, ReplayStore};
use crate::text::hex::HexHash;
use crate::unavailable::Unavailable;

/// Admits clients that sign their requests with AWS Signature Version 4. A [`Lookup`] finds the secrets.
///
/// A clone shares the cache of signing keys. [`SigV4::new`] has the default settings, and [`SigV4::builder`] changes
/// them.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use std::time::SystemTime;
/// use tower_challenge::clock::ManualClock;
/// use tower_challenge::scheme::SigV4;
/// use tower_challenge::scheme::sigv4::{AccessKeys, CredentialScope};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keys = AccessKeys::new([("AKIDADA", "wJalrXUtnFEMI/K7MDENG")])?;
/// let timer = ManualClock::new(SystemTime::UNIX_EPOCH); // `TokioClock::new()` in a server
/// let scope = CredentialScope { region: "us-east-1", service: "s3" };
/// assert!(SigV4::new("files", scope, keys.clone(), timer.clone()).is_ok());
///
/// let without_region = CredentialScope { region: "", service: "s3" };
/// assert!(SigV4::new("files", without_region, keys, timer).is_err());
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
pub struct SigV4<L>(Arc<SigV4Core<L>>);

pub(super) struct SigV4Core<L> {
    pub(super) challenge: Challenge,
    pub(super) rules: Arc<SigV4Rules>,
    pub(super) lookup: L,
    pub(super) cache: KeyCache,
    /// Stands in for the secret of an unknown access key, so that refusing takes the same time.
    pub(super) decoy_secret: SecretString,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) whole: BodyLimits,
    pub(super) streaming: BodyLimits,
    pub(super) largest_chunk: usize,
    pub(super) once: Option<Arc<dyn ReplayStore>>,
}

impl<L> SigV4<L> {
    pub(super) fn from_core(core: SigV4Core<L>) -> Self {
        Self(Arc::new(core))
    }
}

/// How much longer than it is valid a used signature is remembered. The scheme reads the wall clock before the look-up,
/// and the clock may be set back: without the slack, a signature could be forgotten while the scheme still accepts it.
const SLACK: Duration = Duration::from_secs(15 * 60);

type SigV4Verdict<I> = VerdictNowOrLater<I, SignedBody>;

impl<L, I> Scheme for SigV4<L>
where
    L: Lookup<str, Record = AccessKey<I>>,
    I: Clone + Send + Sync + 'static,
{
    type Identity = I;
    type BodyAccess = SignedBody;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        challenges.push(self.0.challenge.clone());
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        attempt.names(SchemeName::AWS4_HMAC_SHA256) || is_presigned(attempt)
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        let field = attempt.raw(SchemeName::AWS4_HMAC_SHA256);
        UnverifiedSignature::access_key_id(&attempt.head(), field).map(ClaimedAccount::new)
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<SigV4Verdict<I>> {
        let field = attempt.raw(SchemeName::AWS4_HMAC_SHA256);
        let two_credentials = || Refusal::malformed_because(reasons::FIELD_AND_QUERY).at_once();
        match (field, is_presigned(attempt)) {
            (None, false) => None,
            (Some(_), true) => Some(two_credentials()),
            // A field that names no scheme of the layer is for another application.
            (None, true) if attempt.names_offered() => Some(two_credentials()),
            (field, _) => Some(self.read(attempt, field)),
        }
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        let field = attempt.raw(SchemeName::AWS4_HMAC_SHA256);
        field.is_some_and(|field| SignatureParams::read(field.as_bytes()).is_err())
    }

    fn has_fixed_challenges(&self) -> bool {
        true
    }
}

/// Whether the credentials are in the URL. The audit then learns the scheme, which the field does not name.
fn is_presigned(attempt: &Attempt<'_>) -> bool {
    let is_presigned = attempt.head().is_presigned();
    if is_presigned {
        attempt.claim_for(SchemeName::AWS4_HMAC_SHA256);
    }
    is_presigned
}

impl<L, I> SigV4<L>
where
    L: Lookup<str, Record = AccessKey<I>>,
    I: Clone + Send + Sync + 'static,
{
    fn read(&self, attempt: &Attempt<'_>, field: Option<&HeaderValue>) -> SigV4Verdict<I> {
        let now = self.0.clock.wall();
        match UnverifiedSignature::read(&self.0.rules, &attempt.head(), field, now) {
            Ok((claimed, id)) => self.judge(claimed, &id),
            Err(refusal) => refusal.at_once(),
        }
    }

    /// Looks up the access key, and verifies the signature once the look-up has answered.
    fn judge(&self, claimed: Box<UnverifiedSignature>, id: &str) -> SigV4Verdict<I> {
        match self.0.lookup.lookup(id).try_now() {
            Ok(key) => self.0.judge_with_key(claimed, key),
            Err(later) => {
                let core = Arc::clone(&self.0);
                later.and_then(move |key| core.judge_with_key(claimed, key))
            }
        }
    }
}

impl<L, I> SigV4Core<L>
where
    L: Lookup<str, Record = AccessKey<I>>,
    I: Clone + Send + Sync + 'static,
{
    fn judge_with_key(
        self: &Arc<Self>,
        claimed: Box<UnverifiedSignature>,
        key: Result<Option<AccessKey<I>>, Unavailable>,
    ) -> SigV4Verdict<I> {
        let key = match key {
            Ok(key) => key.filter(AccessKey::is_usable),
            Err(why) => return NowOrLater::now(Err(why.not_compared())),
        };
        let Some(payload) = claimed.payload.text() else {
            return NowOrLater::now(Ok(self.after_body(claimed, key)));
        };
        match (self.verify(&claimed, key.as_ref(), payload.as_bytes()), key) {
            (Some(signing_key), Some(key)) => self.claim_and_admit(claimed, &key, signing_key),
            _ => wrong().at_once(),
        }
    }

    /// Asks for the body, because the signature covers its hash and the client did not send the hash. The layer
    /// therefore also reads the bodies of clients whose access key is unknown: refusing them earlier would reveal that
    /// it is unknown.
    fn after_body(
        self: &Arc<Self>,
        claimed: Box<UnverifiedSignature>,
        key: Option<AccessKey<I>>,
    ) -> Verdict<I, SignedBody> {
        let core = Arc::clone(self);
        Verdict::ReadBody(BodyCheck::judge_whole(
            self.whole.clone(),
            HashBody::new(move |hash: [u8; 32]| {
                let payload = HexHash::of(&hash);
                match (core.verify(&claimed, key.as_ref(), payload.as_bytes()), key) {
                    (Some(_), Some(key)) => Verdict::Admit(admission(&key, &claimed)),
                    _ => Verdict::Refuse(wrong()),
                }
            }),
        ))
    }

    /// Returns the signing key if the signature and the session token are right.
    ///
    /// Every refusal costs one derivation of a signing key and one MAC, so that the time does not tell an attacker
    /// whether the access key exists or whether its signing key is cached.
    fn verify(
        &self,
        claimed: &UnverifiedSignature,
        key: Option<&AccessKey<I>>,
        payload: &[u8],
    ) -> Option<SigningKey> {
        let day = claimed.signed_at.day();
        let tag = |key: &AccessKey<I>| KeyTag {
            secret: *key.tag(),
            day,
            scope: claimed.scope,
        };
        let cached = key.and_then(|key| self.cache.find(&tag(key)));
        let is_cached = cached.is_some();
        let derived = || {
            let secret = key.map_or(self.decoy_secret.as_secret(), AccessKey::secret);
            SigningKey::derive(secret, &day, self.rules.scopes.at(claimed.scope))
        };
        let signing_key = cached.unwrap_or_else(derived);
        let takes_token = key.is_some_and(|key| key.takes(claimed.token.as_ref()));
        // `&` and not `&&`: both are always computed.
        let is_valid = self.is_valid(claimed, &signing_key, payload) & takes_token;
        match key.filter(|_| is_valid) {
            Some(key) if !is_cached => self.cache.keep(tag(key), &signing_key),
            Some(_) => (),
            // Without this derivation, a wrong signature for a cached key would be refused faster than one for an
            // unknown key.
            None if is_cached => drop(derived()),
            None => (),
        }
        is_valid.then_some(signing_key)
    }

    fn is_valid(&self, claimed: &UnverifiedSignature, key: &SigningKey, payload: &[u8]) -> bool {
        let context = SigningContext {
            signed_at: &claimed.signed_at,
            scope: self.rules.scopes.at(claimed.scope),
        };
        let verifies = |request: &Sha256| {
            let mut request = request.clone();
            request.update(payload);
            let hash = request.finalize().into();
            key.verifies(&claimed.signature, |sink| {
                context.write_request(&hash, sink)
            })
        };
        let without_token = claimed.without_token.as_deref();
        verifies(&claimed.request) | without_token.is_some_and(verifies)
    }

    /// Claims the signature in the replay store, if there is one, and then admits the caller.
    ///
    /// The claim comes after the verification. Otherwise an attacker could use up the signature of a client by sending
    /// it with a changed request.
    fn claim_and_admit(
        self: &Arc<Self>,
        claimed: Box<UnverifiedSignature>,
        key: &AccessKey<I>,
        signing_key: SigningKey,
    ) -> SigV4Verdict<I> {
        let claim = self.claim(&claimed, key.holder());
        let core = Arc::clone(self);
        let admission = admission(key, &claimed);
        claim.map(move |claim| {
            // The store failed, but the signature had verified: the throttle must not count this attempt as a guess.
            Ok(match claim.map_err(Unavailable::not_compared)? {
                Claim::First => core.admit(claimed, admission, signing_key),
                Claim::NotFirst => Verdict::Refuse(Refusal::stale_because(reasons::SIGNATURE_USED)),
            })
        })
    }

    fn claim(
        &self,
        claimed: &UnverifiedSignature,
        holder: ClaimHolder,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        let Some(store) = &self.once else {
            return NowOrLater::now(Ok(Claim::First));
        };
        let mut key = [0; 16];
        key.copy_from_slice(&claimed.signature[..16]);
        store.claim_once(
            ClaimKey::new(key),
            holder,
            claimed.remaining.saturating_add(SLACK),
        )
    }

    /// Admits the caller, whose signature has verified, with the check that the payload needs.
    fn admit(
        &self,
        claimed: Box<UnverifiedSignature>,
        admission: Admission<I>,
        key: SigningKey,
    ) -> Verdict<I, SignedBody> {
        match (claimed.payload, claimed.framing) {
            (SignedPayload::SignedChunks { .. }, Some(framing)) => {
                let (rules, seed) = (Arc::clone(&self.rules), claimed.signature);
                let chain =
                    SignatureChain::new(key, rules, (claimed.signed_at, claimed.scope), seed);
                self.stream(admission, *framing, Some(chain))
            }
            (SignedPayload::UnsignedChunks, Some(framing)) if self.rules.unsigned_payloads => {
                self.stream(admission, *framing, None)
            }
            // There is nothing to read. Every payload but chunks allows an empty body.
            (SignedPayload::Hash(EMPTY) | SignedPayload::Unsigned, _) if claimed.has_no_body => {
                Verdict::Admit(admission)
            }
            (SignedPayload::Unsigned, _) if self.rules.unsigned_payloads => {
                let limits = self.streaming.clone();
                Verdict::ReadBody(BodyCheck::verify_chunks(limits, admission, UnsignedBody))
            }
            (SignedPayload::Hash(expected), _) if self.streams(expected, claimed.length) => {
                let body = HashedStream::new(expected, claimed.length);
                let limits = self.streaming.clone();
                Verdict::ReadBody(BodyCheck::verify_chunks(limits, admission, body))
            }
            (SignedPayload::Hash(expected), _) => self.whole(admission, expected),
            // Unsigned bodies are not accepted, so the body must be empty.
            (SignedPayload::Unsigned, _) => self.whole(admission, EMPTY),
            // The signature was right, so the attempt is no guess.
            _ => Verdict::Refuse(Refusal::wrong_because(reasons::BODY_NOT_SIGNED).uncounted()),
        }
    }

    /// Whether the inner service gets a body with this hash while it arrives.
    ///
    /// Only a body with a length can be streamed: the bytes that complete it are withheld until its hash matches. Without
    /// a length, an attacker who has seen a signed request could send any bytes with its head, and the inner service
    /// would get all of them before the end.
    fn streams(&self, expected: [u8; 32], length: Option<u64>) -> bool {
        let has_length = length.is_some_and(|length| length > 0);
        self.rules.streamed_hashes && has_length && expected != EMPTY
    }

    fn whole(&self, admission: Admission<I>, expected: [u8; 32]) -> Verdict<I, SignedBody> {
        let judge = HashBody::new(move |hash: [u8; 32]| match hash == expected {
            true => Ok(()),
            false => Err(body_mismatch()),
        });
        Verdict::ReadBody(BodyCheck::verify_whole(
            self.whole.clone(),
            admission,
            judge,
        ))
    }

    fn stream(
        &self,
        admission: Admission<I>,
        framing: ChunkFraming,
        chain: Option<SignatureChain>,
    ) -> Verdict<I, SignedBody> {
        let fields = framing.fields().into_iter();
        let admission = fields.fold(admission, |admission, (name, value)| match value {
            Some(value) => admission.with_request_field(name, value),
            None => admission.without_request_field(name),
        });
        let chunks = AwsChunked::new(framing, chain, self.largest_chunk);
        Verdict::ReadBody(BodyCheck::verify_chunks(
            self.streaming.clone(),
            admission,
            chunks,
        ))
    }
}

fn admission<I: Clone>(key: &AccessKey<I>, claimed: &UnverifiedSignature) -> Admission<I> {
    let admission = Admission::new(key.identity().clone());
    let joined = claimed.joined.iter().cloned();
    joined.fold(admission, |admission, (name, line)| {
        admission.with_request_field(name, line)
    })
}

/// The refusal for an unknown access key and for a wrong signature. The audit text does not tell them apart.
fn wrong() -> Refusal {
    Refusal::wrong_because(reasons::WRONG)
}

clones! {
    /// The same scheme, with the same cache.
    impl[L] SigV4[L] { 0 }
}

shows! { impl[L] SigV4[L] as self { rules: self.0.rules } }
