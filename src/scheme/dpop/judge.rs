//! Checks a proof, then the token, and then whether the proof was used before.
//!
//! The order is that of RFC 9449 section 4.3. The use is claimed in the store last, so only the owners of valid tokens use
//! memory, and an attacker cannot use up the `jti` of another client.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderValue;
use http::header::CACHE_CONTROL;

use super::core::DpopCore;
use super::message::{self, DPOP_NONCE};
use super::proof::DecodedProof;
use super::reasons;
use crate::client::shown_certificate;
use crate::now_or_later::NowOrLater;
use crate::reason::ReasonText;
use crate::request_head::RequestHead;
use crate::scheme::bearer::{BoundIdentity, TokenConfirmation, VerifyBoundToken};
use crate::scheme::{Admission, Refusal, Verdict, VerdictNowOrLater};
use crate::secret::Secret;
use crate::stateless_nonce::LiveNonce;
use crate::store::{Claim, ClaimHolder, ClaimKey, StoreEpoch};
use crate::unavailable::Unavailable;
use crate::verified::Verified;

/// The largest difference between the clocks of two servers that share a store.
const SKEW: Duration = Duration::from_secs(5);

/// A proof whose signature is right, and which is for this method and this target.
struct SignedProof {
    /// The thumbprint of the key that has signed.
    thumbprint: [u8; 32],
    /// The key under which the store remembers the use.
    use_key: ClaimKey,
    nonce: Option<Box<str>>,
    /// When the proof was issued, in seconds since 1970.
    issued: f64,
    /// Whether the proof is for this token. This check and that of the time come after that of the nonce: a client with an old
    /// proof gets a nonce, and repeats its request with a new proof.
    is_for_token: Result<(), ReasonText>,
    /// The thumbprint of the certificate in the connection.
    certificate: Option<[u8; 32]>,
}

/// A nonce of this server.
struct CheckedNonce {
    live: LiveNonce,
    /// The epoch of the store in which it is good.
    epoch: StoreEpoch,
    /// When the nonce ends, since 1970.
    ends: Duration,
}

impl<V: VerifyBoundToken> DpopCore<V> {
    /// Judges a token and the proof in the fields of the request.
    pub(super) fn judge(
        self: &Arc<Self>,
        token: Secret<'_>,
        head: RequestHead<'_>,
    ) -> VerdictNowOrLater<V::Identity> {
        let proof = match self.check(token, head) {
            Ok(proof) => proof,
            Err(why) => return self.invalid_proof(why).at_once(),
        };
        if !self.requires_nonce {
            return self.judge_token(token, proof, None);
        }
        match self.store.epoch().try_now() {
            Ok(epoch) => self.judge_nonce(token, proof, epoch),
            Err(later) => {
                let (core, token) = (Arc::clone(self), token.to_owned());
                NowOrLater::later(async move {
                    let epoch = later.await;
                    core.judge_nonce(token.as_secret(), proof, epoch).await
                })
            }
        }
    }

    /// Checks the nonce, and then the rest.
    fn judge_nonce(
        self: &Arc<Self>,
        token: Secret<'_>,
        proof: SignedProof,
        epoch: Result<StoreEpoch, Unavailable>,
    ) -> VerdictNowOrLater<V::Identity> {
        let epoch = match epoch {
            Ok(epoch) => epoch,
            Err(why) => return NowOrLater::now(Err(why.not_compared())),
        };
        let Some(nonce) = proof.nonce.as_deref() else {
            return self.use_nonce(reasons::NONCE_MISSING, epoch).at_once();
        };
        match self.nonces.check(nonce.as_bytes(), epoch.tag()) {
            None => self.use_nonce(reasons::NONCE_EXPIRED, epoch).at_once(),
            Some(live) => {
                let left = live.remaining.saturating_sub(2 * SKEW);
                let ends = self.time.since_1970().saturating_add(left);
                self.judge_token(token, proof, Some(CheckedNonce { live, epoch, ends }))
            }
        }
    }

    fn judge_token(
        self: &Arc<Self>,
        token: Secret<'_>,
        proof: SignedProof,
        nonce: Option<CheckedNonce>,
    ) -> VerdictNowOrLater<V::Identity> {
        if self.remaining(&proof, nonce.as_ref()).is_none() {
            return self.out_of_time(nonce.as_ref()).at_once();
        }
        if let Err(why) = proof.is_for_token {
            return self.invalid_proof(why).at_once();
        }
        let core = Arc::clone(self);
        let verified = self.verifier.verify_bound(token);
        verified.and_then(move |verified| core.claim_use(verified, &proof, nonce))
    }

    /// Compares the key of the proof with that of the token, and claims the use of the proof.
    fn claim_use(
        self: Arc<Self>,
        verified: Result<Verified<BoundIdentity<V::Identity>>, Unavailable>,
        proof: &SignedProof,
        nonce: Option<CheckedNonce>,
    ) -> VerdictNowOrLater<V::Identity> {
        let bound = match verified {
            Ok(Ok(bound)) => bound,
            Ok(Err(failure)) => {
                let refusal = Refusal::unverified(failure, reasons::UNKNOWN_TOKEN);
                return self.with_invalid_token(refusal).at_once();
            }
            Err(why) => return NowOrLater::now(Err(why)),
        };
        if let Err(why) = check_binding(bound.confirmation(), proof) {
            return self.invalid_token(why).at_once();
        }
        // The verifier may have taken long. If the proof has ended, the store may have forgotten its first use.
        let Some(remaining) = self.remaining(proof, nonce.as_ref()) else {
            return self.out_of_time(nonce.as_ref()).at_once();
        };
        let use_key = proof.use_key;
        let use_key =
            (nonce.as_ref()).map_or(use_key, |nonce| self.nonces.claim_key(use_key, nonce.epoch));
        let identity = bound.into_identity();
        let holder = self.holder(&identity, proof);
        // Another server accepts the proof for longer if its clock is behind.
        let lifetime = remaining.saturating_add(2 * SKEW);
        let claim = self.store.claim_once(use_key, holder, lifetime);
        claim.and_then(move |claim| match claim {
            Ok(Claim::First) => {
                NowOrLater::now(Ok(Verdict::Admit(self.admission(identity, nonce))))
            }
            Ok(Claim::NotFirst) => self.not_first(nonce),
            // The token and the proof were right, so a failure of the store must not count as a guess.
            Err(why) => NowOrLater::now(Err(why.not_compared())),
        })
    }

    /// Refuses a proof whose use the store did not grant: it was used, or the store has begun a new epoch since the nonce
    /// was checked. Then the client gets a nonce of the new epoch.
    fn not_first(self: Arc<Self>, nonce: Option<CheckedNonce>) -> VerdictNowOrLater<V::Identity> {
        let Some(nonce) = nonce else {
            return self.replayed().at_once();
        };
        self.store.epoch().map(move |epoch| {
            let refusal = match epoch {
                Ok(epoch) if epoch != nonce.epoch => self.use_nonce(reasons::NONCE_EXPIRED, epoch),
                Ok(_) | Err(_) => self.replayed(),
            };
            Ok(Verdict::Refuse(refusal))
        })
    }

    /// The owner of the token holds the place in the store, whichever of its keys it uses. Without a name of the owner, the
    /// key holds it.
    fn holder(&self, identity: &V::Identity, proof: &SignedProof) -> ClaimHolder {
        let name = self.holders.of_identity(identity);
        let name = name.as_ref().map(|name| name.as_bytes());
        ClaimHolder::new(self.nonces.holder(name.unwrap_or(&proof.thumbprint)))
    }

    /// Admits the caller. If its nonce ends soon, the response has the next one, and no cache stores the response (RFC 9449
    /// section 8.2): another client would take the nonce from it.
    fn admission(
        &self,
        identity: V::Identity,
        nonce: Option<CheckedNonce>,
    ) -> Admission<V::Identity> {
        let admission = Admission::new(identity);
        let ending = nonce.filter(|nonce| self.nonces.is_ending(&nonce.live));
        match ending.and_then(|nonce| self.issue(nonce.epoch)) {
            None => admission,
            Some(next) => admission
                .with_reply(DPOP_NONCE, next)
                .with_reply(CACHE_CONTROL, HeaderValue::from_static("no-store")),
        }
    }
}

impl<V> DpopCore<V> {
    /// Checks all that needs neither the nonce nor the token itself.
    fn check(&self, token: Secret<'_>, head: RequestHead<'_>) -> Result<SignedProof, ReasonText> {
        let text = message::proof(head.headers())?;
        let proof = DecodedProof::decode(text)?;
        let claims = proof.claims()?;
        let key = proof.verify(&self.algorithms)?;
        if *claims.method != *head.method().as_str() {
            return Err(reasons::ANOTHER_METHOD);
        }
        if !self.origin.is_target(&claims.target, head.target().path()) {
            return Err(reasons::ANOTHER_TARGET);
        }
        let thumbprint = key.thumbprint();
        Ok(SignedProof {
            thumbprint,
            use_key: use_key(&thumbprint, &claims.id),
            issued: claims.issued,
            is_for_token: claims.check_token(token.expose()),
            certificate: shown_certificate(&head),
            nonce: claims.nonce.map(Into::into),
        })
    }

    /// For how long a proof is still good, or `None` if it is not good now. With a nonce that tells the time, `iat` ends no
    /// proof, but may prolong the time: another server with the same store may require no nonces.
    fn remaining(&self, proof: &SignedProof, nonce: Option<&CheckedNonce>) -> Option<Duration> {
        let now = self.time.since_1970();
        let by_iat = self
            .window
            .remaining(proof.issued, self.latest().as_secs_f64());
        match nonce.filter(|_| self.nonce_tells_time) {
            Some(nonce) => Some(nonce.ends.checked_sub(now)?.max(by_iat.unwrap_or_default())),
            None => by_iat,
        }
    }

    /// The time since 1970. It goes on with the monotonic clock, so a step back of the wall clock makes no proof good again. It
    /// is that of the wall clock where that is later: the machine has slept, or its clock was behind when it started.
    fn latest(&self) -> Duration {
        let wall = self.clock.wall().duration_since(SystemTime::UNIX_EPOCH);
        self.time.since_1970().max(wall.unwrap_or_default())
    }

    /// Refuses a proof that is too old or from the future. Its client is not guessing: its clock is wrong.
    fn out_of_time(&self, nonce: Option<&CheckedNonce>) -> Refusal {
        match nonce.filter(|_| self.nonce_tells_time) {
            Some(nonce) => self.use_nonce(reasons::NONCE_EXPIRED, nonce.epoch),
            None => self.invalid_proof(reasons::OUT_OF_TIME).uncounted(),
        }
    }

    fn invalid_proof(&self, why: ReasonText) -> Refusal {
        let refusal = Refusal::wrong_because(why);
        refusal.with_challenge(self.challenges.invalid_proof.clone())
    }

    fn invalid_token(&self, why: ReasonText) -> Refusal {
        self.with_invalid_token(Refusal::wrong_because(why))
    }

    fn with_invalid_token(&self, refusal: Refusal) -> Refusal {
        refusal.with_challenge(self.challenges.invalid_token.clone())
    }

    fn replayed(&self) -> Refusal {
        let refusal = Refusal::stale_because(reasons::REPLAYED);
        refusal.with_challenge(self.challenges.invalid_proof.clone())
    }

    /// Sends a nonce to the client. It is no guess: the client did not have one, or had it for too long.
    fn use_nonce(&self, why: ReasonText, epoch: StoreEpoch) -> Refusal {
        let refusal = Refusal::stale_because(why);
        let refusal = refusal.with_challenge(self.challenges.use_nonce.clone());
        match self.issue(epoch) {
            Some(nonce) => refusal.with_reply(DPOP_NONCE, nonce),
            None => refusal,
        }
    }
}

/// Checks that a token is bound to the key of the proof. If it is bound to a certificate, too, that has to be the one in the
/// connection.
fn check_binding(
    confirmation: Option<&TokenConfirmation>,
    proof: &SignedProof,
) -> Result<(), ReasonText> {
    let key = confirmation.and_then(TokenConfirmation::key_thumbprint);
    let key = key.ok_or(reasons::TOKEN_NOT_BOUND)?;
    if *key != proof.thumbprint {
        return Err(reasons::ANOTHER_KEY);
    }
    let certificate = confirmation.and_then(TokenConfirmation::certificate_thumbprint);
    match certificate.is_none_or(|bound| proof.certificate.as_ref() == Some(bound)) {
        true => Ok(()),
        false => Err(reasons::ANOTHER_CERTIFICATE),
    }
}

/// The key under which the store remembers the use of a proof. The key of the client is a part of it, so that a client
/// cannot use up the `jti` of another one. The thumbprint has a fixed length, so no other pair hashes alike.
///
/// It is a hash without a secret: servers that share a store compute the same one, whatever their nonce keys are.
fn use_key(thumbprint: &[u8; 32], id: &str) -> ClaimKey {
    let mut hash = blake3::Hasher::new_derive_key("tower-challenge 2026 use of a DPoP proof");
    hash.update(thumbprint).update(id.as_bytes());
    let mut key = [0; 16];
    hash.finalize_xof().fill(&mut key);
    ClaimKey::new(key)
}
