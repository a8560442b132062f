//! Decides whether the signature is right, then whether the challenge may be used.
//!
//! The order matters. The signature is verified first, so every refusal costs one verification. A use is claimed in the
//! store last, so only the owners of registered keys use memory. With open registration, a stranger can become an owner. Checking the challenge first would save nothing: an attacker gets as
//! many good challenges as there are `401`s.

use std::sync::Arc;

use http::header::SET_COOKIE;

use super::algorithm::HobaAlgorithm;
use super::core::{HobaCore, KeyAndEpoch};
use super::key::HobaKey;
use super::message::HobaCredentials;
use super::proof::ToBeSigned;
use super::reasons;
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::scheme::{Admission, Refusal, ServerRole, Verdict, VerdictNowOrLater};
use crate::stateless_nonce::LiveNonce;
use crate::store::{Claim, ClaimHolder, ClaimKey, StoreEpoch};
use crate::unavailable::Unavailable;

impl<L, I> HobaCore<L>
where
    L: Lookup<str, Record = HobaKey<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Verifies the signature, and then claims the use of the challenge.
    pub(super) fn verify(
        self: &Arc<Self>,
        claimed: &HobaCredentials<'_>,
        role: ServerRole,
        found: Result<KeyAndEpoch<I>, Unavailable>,
    ) -> VerdictNowOrLater<I> {
        let KeyAndEpoch { key, epoch } = match found {
            Ok(found) => found,
            Err(why) => return NowOrLater::now(Err(why)),
        };
        self.remember_epoch(epoch);
        let public = key.as_ref().map_or(&self.decoy, HobaKey::public);
        let is_right = public.verify(&self.to_be_signed(claimed), claimed.signature);
        match key {
            None => Refusal::wrong_because(reasons::UNKNOWN_KID).at_once(),
            Some(key) if !self.accepts(key.public().algorithm()) => {
                Refusal::wrong_because(reasons::SHA1_NOT_ENABLED).at_once()
            }
            Some(_) if !is_right => Refusal::wrong_because(reasons::WRONG_SIGNATURE).at_once(),
            Some(key) => self.claim_use(claimed, role, (&key, epoch)),
        }
    }

    /// Checks the challenge and claims this use of it. The signature has verified before.
    fn claim_use(
        self: &Arc<Self>,
        claimed: &HobaCredentials<'_>,
        role: ServerRole,
        (key, epoch): (&HobaKey<I>, StoreEpoch),
    ) -> VerdictNowOrLater<I> {
        let challenge = claimed.challenge.as_bytes();
        let Some(live) = self.nonces.check(challenge, epoch.tag()) else {
            return Refusal::stale_because(reasons::CHALLENGE_EXPIRED).at_once();
        };
        let admission = self.admission(claimed.kid, role, key);
        let holder = ClaimHolder::new(self.nonces.holder(key.holder(claimed.kid).as_bytes()));
        let use_key = self.nonces.claim_key(self.use_key(claimed, &live), epoch);
        let claim = self.store.claim_once(use_key, holder, live.remaining);
        claim.map(move |claim| {
            // The signature was right, so a failure of the store must not count as a guess.
            Ok(match claim.map_err(Unavailable::not_compared)? {
                Claim::First => Verdict::Admit(admission),
                Claim::NotFirst => Verdict::Refuse(Refusal::stale_because(reasons::REPLAYED)),
            })
        })
    }

    /// A proxy begins no session: the browser would take its cookie for one of the origin server.
    fn admission(&self, kid: &str, role: ServerRole, key: &HobaKey<I>) -> Admission<I> {
        let admission = Admission::new(key.identity().clone());
        let sessions = self.sessions.as_ref();
        let sessions = sessions.filter(|_| role == ServerRole::Origin);
        let cookie = sessions.and_then(|sessions| {
            let now = self.clock.wall();
            sessions.begin(kid, key, now)
        });
        match cookie {
            Some(cookie) => admission.with_reply(SET_COOKIE, cookie),
            None => admission,
        }
    }
}

impl<L> HobaCore<L> {
    /// The text that the signature must cover, with the origin and the realm of this server. The key knows the algorithm.
    fn to_be_signed<'a>(&'a self, claimed: &HobaCredentials<'a>) -> ToBeSigned<'a> {
        ToBeSigned {
            nonce: claimed.nonce,
            algorithm: HobaAlgorithm::RsaSha256,
            origin: self.origin.as_str(),
            realm: &self.realm,
            kid: claimed.kid,
            challenge: claimed.challenge,
        }
    }

    pub(super) fn accepts(&self, algorithm: HobaAlgorithm) -> bool {
        match algorithm {
            HobaAlgorithm::RsaSha256 => true,
            HobaAlgorithm::RsaSha1 => self.sha1,
        }
    }

    /// The key under which the store remembers the use. With `max-age="0"` it is the challenge, which is good for one signature. Otherwise it is
    /// the signature: RSASSA-PKCS1-v1_5 has one for each challenge, kid and nonce.
    fn use_key(&self, claimed: &HobaCredentials<'_>, live: &LiveNonce) -> ClaimKey {
        if self.max_age == 0 {
            return ClaimKey::new(live.identifier);
        }
        let mut hash =
            blake3::Hasher::new_derive_key("tower-challenge 2026 use of a HOBA challenge");
        hash.update(&live.identifier);
        // A dot is in neither of the two, so no other kid and nonce hash alike.
        hash.update(claimed.kid.as_bytes()).update(b".");
        hash.update(claimed.nonce.as_bytes());
        let mut key = [0; 16];
        hash.finalize_xof().fill(&mut key);
        ClaimKey::new(key)
    }
}
