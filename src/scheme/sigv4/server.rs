//! Signatures of version 4, as a server judges them.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use sha2::{Digest, Sha256};

use super::access_keys::AccessKey;
use super::aws_chunked::{AwsChunked, ChunkFraming, SignatureChain};
use super::key_cache::KeyCache;
use super::payload::{HashBody, HashedStream, SignedPayload, UnsignedBody, another_body, hash_of};
use super::presigned;
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

/// Admits who signed the request with a secret that a [`Lookup`] has. A clone shares what is cached.
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
/// let nowhere = CredentialScope { region: "", service: "s3" };
/// assert!(SigV4::new("files", nowhere, keys, timer).is_err());
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
pub struct SigV4<L>(Arc<SigV4Core<L>>);

pub(super) struct SigV4Core<L> {
    pub(super) challenge: Challenge,
    pub(super) rules: Arc<SigV4Rules>,
    pub(super) lookup: L,
    pub(super) cache: KeyCache,
    /// What signatures of keys that do not exist are compared with.
    pub(super) dummy: SecretString,
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

/// How much longer than it is good a signature is remembered: a clock may be set back, and a look-up may take its time.
const SLACK: Duration = Duration::from_secs(15 * 60);

/// What is judged, and what is answered.
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
        !attempt.is_absent() || is_presigned(attempt)
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        let field = attempt.raw(SchemeName::AWS4_HMAC_SHA256);
        UnverifiedSignature::access_key_id(&attempt.head(), field).map(ClaimedAccount::new)
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<SigV4Verdict<I>> {
        let field = attempt.raw(SchemeName::AWS4_HMAC_SHA256);
        match (field, is_presigned(attempt)) {
            (None, false) => None,
            (Some(_), true) => Some(twice().at_once()),
            (None, true) if !attempt.is_absent() => Some(twice().at_once()),
            (field, _) => Some(self.read(attempt, field)),
        }
    }
}

fn is_presigned(attempt: &Attempt<'_>) -> bool {
    let query = attempt.head().target().query();
    query.is_some_and(presigned::is_claimed)
}

fn twice() -> Refusal {
    Refusal::malformed("credentials in a field and in the query")
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

    /// Asks for the key, and waits for it only if it is not here.
    fn judge(&self, claimed: UnverifiedSignature, id: &str) -> SigV4Verdict<I> {
        match self.0.lookup.lookup(id).try_now() {
            Ok(key) => self.0.weigh(claimed, key),
            Err(later) => {
                let core = Arc::clone(&self.0);
                later.and_then(move |key| core.weigh(claimed, key))
            }
        }
    }
}

impl<L, I> SigV4Core<L>
where
    L: Lookup<str, Record = AccessKey<I>>,
    I: Clone + Send + Sync + 'static,
{
    fn weigh(
        self: &Arc<Self>,
        claimed: UnverifiedSignature,
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
            (Some(signing_key), Some(key)) => self.spend(claimed, &key, signing_key),
            _ => wrong().at_once(),
        }
    }

    /// What was signed is known when the body is: a stranger's is read as well.
    fn after_body(
        self: &Arc<Self>,
        claimed: UnverifiedSignature,
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

    /// The key with which the signature is right. Whatever is wrong, a key is derived and a MAC computed, once each.
    fn verify(
        &self,
        claimed: &UnverifiedSignature,
        key: Option<&AccessKey<I>>,
        payload: &[u8],
    ) -> Option<SigningKey> {
        let day = claimed.signed_at.day();
        let cached = key.and_then(|key| self.cache.find(key.tag(), &day));
        let is_cached = cached.is_some();
        let derived = || {
            let secret = key.map_or(self.dummy.as_secret(), AccessKey::secret);
            SigningKey::derive(secret, &day, self.rules.scope())
        };
        let signing_key = cached.unwrap_or_else(derived);
        let takes_token = key.is_some_and(|key| key.takes(claimed.token.as_ref()));
        let right = self.is_right(claimed, &signing_key, payload) & takes_token;
        match key.filter(|_| right) {
            Some(key) if !is_cached => self.cache.keep(key.tag(), &day, &signing_key),
            Some(_) => (),
            None if is_cached => drop(derived()),
            None => (),
        }
        right.then_some(signing_key)
    }

    fn is_right(&self, claimed: &UnverifiedSignature, key: &SigningKey, payload: &[u8]) -> bool {
        let occasion = SigningContext {
            signed_at: &claimed.signed_at,
            scope: self.rules.scope(),
        };
        let is_right = |request: &Sha256| {
            let mut request = request.clone();
            request.update(payload);
            let hash = request.finalize().into();
            key.verifies(&claimed.signature, |sink| {
                occasion.write_request(&hash, sink)
            })
        };
        let without_token = claimed.without_token.as_deref();
        is_right(&claimed.request) | without_token.is_some_and(is_right)
    }

    /// Verify, then remember: where a signature is good for one use, it is claimed now that it is known to be right.
    fn spend(
        self: &Arc<Self>,
        claimed: UnverifiedSignature,
        key: &AccessKey<I>,
        signing_key: SigningKey,
    ) -> SigV4Verdict<I> {
        let claim = self.claim(&claimed, key.holder());
        let core = Arc::clone(self);
        let admission = admission(key, &claimed);
        claim.map(move |claim| {
            // What cannot be claimed was right.
            Ok(match claim.map_err(Unavailable::not_compared)? {
                Claim::First => core.admit(claimed, admission, signing_key),
                Claim::NotFirst => Verdict::Refuse(Refusal::stale("the signature was used")),
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

    /// The head has verified. What is left is the body.
    fn admit(
        &self,
        claimed: UnverifiedSignature,
        admission: Admission<I>,
        key: SigningKey,
    ) -> Verdict<I, SignedBody> {
        match (claimed.payload, claimed.framing) {
            (SignedPayload::SignedChunks { .. }, Some(framing)) => {
                let (rules, seed) = (Arc::clone(&self.rules), claimed.signature);
                let chain = SignatureChain::new(key, rules, claimed.signed_at, seed);
                self.stream(admission, *framing, Some(chain))
            }
            (SignedPayload::UnsignedChunks, Some(framing)) if self.rules.unsigned_payloads => {
                self.stream(admission, *framing, None)
            }
            (SignedPayload::Unsigned, _) if self.rules.unsigned_payloads => {
                let limits = self.streaming.clone();
                Verdict::ReadBody(BodyCheck::verify_chunks(limits, admission, UnsignedBody))
            }
            (SignedPayload::Hash(expected), _) if self.streams(expected) => {
                let body = HashedStream::new(expected, claimed.length);
                let limits = self.streaming.clone();
                Verdict::ReadBody(BodyCheck::verify_chunks(limits, admission, body))
            }
            (SignedPayload::Hash(expected), _) => self.whole(admission, expected),
            // Nothing is covered by a signature over nothing: then nothing may come.
            (SignedPayload::Unsigned, _) => self.whole(admission, hash_of(b"")),
            _ => Verdict::Refuse(Refusal::wrong("the body is not signed")),
        }
    }

    /// Whether a body with this hash is handed on while it arrives. A body that must be empty is not worth it.
    fn streams(&self, expected: [u8; 32]) -> bool {
        self.rules.streamed_hashes && expected != hash_of(b"")
    }

    fn whole(&self, admission: Admission<I>, expected: [u8; 32]) -> Verdict<I, SignedBody> {
        let judge = HashBody::new(move |hash: [u8; 32]| match hash == expected {
            true => Ok(()),
            false => Err(another_body()),
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

/// The same for a key that nobody has as for a signature that is wrong.
fn wrong() -> Refusal {
    Refusal::wrong("the access key or the signature is wrong")
}

clones! {
    /// The same scheme, with the same cache.
    impl[L] SigV4[L] { 0 }
}

shows! { impl[L] SigV4[L] as self { rules: self.0.rules } }
