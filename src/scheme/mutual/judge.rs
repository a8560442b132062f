//! Answers the two messages of a client (RFC 8120 section 11).
//!
//! The order matters. An expired session is refused before its proof is compared, since its mark may be forgotten. The
//! proof is compared next, so only a client that knows the password learns whether its session is over. The count is
//! claimed in the store last, so only verified requests use its memory. The session must not have expired by then: a
//! look-up may take longer than the store remembers counts.

use std::sync::Arc;

use http::HeaderValue;

use super::accounts::MutualAccount;
use super::begun_proofs::BegunProofs;
use super::core::MutualCore;
use super::encoding::{hex, written};
use super::message::{KeyExchange, Verification};
use super::proof::SessionSecret;
use super::reasons;
use super::session::{Session, SessionContents};
use super::session_marks::{ProofEffect, SessionKey};
use super::work::ExchangeWork;
use crate::client::IpNetwork;
use crate::header::AuthenticationInfo;
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::scheme::{Admission, ServerRole, Verdict, VerdictNowOrLater};
use crate::store::{Claim, ClaimHolder, ClaimKey, StoreEpoch};
use crate::unavailable::Unavailable;

/// A session that had not expired when the request came, and the proof of the client for it.
struct ContinuedSession {
    session: Session,
    proof: Verification,
    role: ServerRole,
}

/// An exchange that the server begins.
struct BeginningSession {
    is_fake: bool,
    fingerprint: [u8; 16],
    epoch: StoreEpoch,
}

impl<L, I> MutualCore<L>
where
    L: Lookup<str, Record = MutualAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Answers `req-KEX-C1`: the key of the server, and the sid of a session.
    pub(super) fn begin(
        self: &Arc<Self>,
        message: KeyExchange,
        network: Option<IpNetwork>,
    ) -> VerdictNowOrLater<I> {
        let core = Arc::clone(self);
        self.find(&message.user).and_then(move |account| {
            let account = match account {
                Ok(account) => account,
                Err(why) => return NowOrLater::now(Err(why)),
            };
            core.store.epoch().and_then(move |epoch| match epoch {
                Ok(epoch) => core.exchange((message, network), account.as_ref(), epoch),
                Err(why) => NowOrLater::now(Err(why.not_compared())),
            })
        })
    }

    /// Computes the key of the server. For an unknown user, it is made of a decoy, at the same cost.
    fn exchange(
        self: &Arc<Self>,
        (message, network): (KeyExchange, Option<IpNetwork>),
        account: Option<&MutualAccount<I>>,
        epoch: StoreEpoch,
    ) -> VerdictNowOrLater<I> {
        let known = account.and_then(|account| account.secret(&self.space));
        let secret = known.unwrap_or(&self.decoy);
        let beginning = BeginningSession {
            is_fake: known.is_none(),
            fingerprint: secret.fingerprint(),
            epoch,
        };
        let work = ExchangeWork {
            verifier: secret.verifier().clone(),
            message,
            random: Arc::clone(&self.random),
        };
        let core = Arc::clone(self);
        self.runner.run(work, network).map(move |computed| {
            let (work, result) = computed?;
            match result {
                Some(result) => core.key_exchange(&beginning, work.message, result),
                None => Ok(Verdict::Refuse(core.invalid(reasons::NO_KEY))),
            }
        })
    }

    fn key_exchange(
        &self,
        beginning: &BeginningSession,
        message: KeyExchange,
        (k_s1, secret): (Vec<u8>, SessionSecret),
    ) -> Result<Verdict<I>, Unavailable> {
        let contents = SessionContents {
            is_fake: beginning.is_fake,
            fingerprint: beginning.fingerprint,
            proofs: BegunProofs::new(&secret),
            user: message.user,
        };
        let sid = contents.seal(&self.nonces, beginning.epoch);
        let challenge = self
            .challenges
            .key_exchange(&sid, &k_s1, self.nc_max, self.lifetime);
        // This cannot fail: all values are digits or base64.
        let challenge =
            challenge.map_err(|why| Unavailable::new(why.to_string()).not_compared())?;
        Ok(Verdict::Continue(challenge))
    }

    /// Answers `req-VFY-C`.
    pub(super) fn verify(
        self: &Arc<Self>,
        role: ServerRole,
        proof: Verification,
    ) -> VerdictNowOrLater<I> {
        let Some(session) = self.session(&proof.sid) else {
            return self.over(reasons::UNKNOWN_SID).at_once();
        };
        if self.nonces.still_live(session.nonce).is_none() {
            return self.over(reasons::SESSION_EXPIRED).at_once();
        }
        if proof.nc > self.nc_max.into() {
            return self.over(reasons::NC_TOO_HIGH).at_once();
        }
        let core = Arc::clone(self);
        let account = self.find(&session.contents.user);
        let session = ContinuedSession {
            session,
            proof,
            role,
        };
        account.and_then(move |account| match account {
            Ok(account) => core.compare(session, account.as_ref()),
            Err(why) => NowOrLater::now(Err(why)),
        })
    }

    /// Compares the proof. A fake session costs the same, and no proof is right in it.
    fn compare(
        self: &Arc<Self>,
        session: ContinuedSession,
        account: Option<&MutualAccount<I>>,
    ) -> VerdictNowOrLater<I> {
        let contents = &session.session.contents;
        let expected = contents
            .proofs
            .client_proof(session.proof.nc, self.host.value());
        let is_right = expected.matches(&session.proof.vkc) & !contents.is_fake;
        let secret = account.and_then(|account| account.secret(&self.space));
        let is_same = secret.is_some_and(|secret| secret.fingerprint() == contents.fingerprint);
        match self.marks.settle(session.key(), is_right) {
            ProofEffect::Closed => self.over(reasons::SESSION_CLOSED).at_once(),
            ProofEffect::Wrong => self.failed(reasons::WRONG).at_once(),
            ProofEffect::Right => match account.filter(|_| is_same) {
                Some(account) => self.claim(session, account.identity().clone()),
                None => {
                    self.marks.close(session.key());
                    self.stale(reasons::ACCOUNT_CHANGED).at_once()
                }
            },
        }
    }

    /// Claims the count. A count that was used before ends the session: one of the two requests is a replay.
    fn claim(self: &Arc<Self>, session: ContinuedSession, identity: I) -> VerdictNowOrLater<I> {
        let Ok(count) = u32::try_from(session.proof.nc) else {
            return self.over(reasons::NC_TOO_HIGH).at_once();
        };
        let Some(live) = self.nonces.still_live(session.session.nonce) else {
            return self.stale(reasons::SESSION_EXPIRED).at_once();
        };
        let fingerprint = &session.session.contents.fingerprint;
        let key = ClaimKey::new(live.identifier);
        let key = self.nonces.claim_key(key, session.session.epoch);
        let holder = ClaimHolder::new(self.nonces.holder(fingerprint));
        let core = Arc::clone(self);
        let claim = self.store.claim_count(key, holder, count, live.remaining);
        claim.map(move |claim| {
            // The password was right, so a failure of the store must not count as a guess.
            Ok(match claim.map_err(Unavailable::not_compared)? {
                Claim::First => Verdict::Admit(core.admission(&session, identity)),
                Claim::NotFirst => {
                    core.marks.close(session.key());
                    Verdict::Refuse(core.stale(reasons::NC_USED))
                }
            })
        })
    }

    /// Adds the proof of the server, which a `401` must not have.
    fn admission(&self, session: &ContinuedSession, identity: I) -> Admission<I> {
        let admission = Admission::new(identity);
        match self.info(session) {
            Some(info) => admission.with_reply_unless_401(session.role.info_field(), info),
            None => admission,
        }
    }
}

impl<L> MutualCore<L> {
    /// `200-VFY-S`.
    fn info(&self, session: &ContinuedSession) -> Option<HeaderValue> {
        let (nc, proofs) = (session.proof.nc, &session.session.contents.proofs);
        let proof = proofs.server_proof(nc, self.host.value());
        let algorithm = self.space.algorithm();
        let vks = written(algorithm, proof.as_bytes());
        let info = AuthenticationInfo::builder()
            .token("version", "1")
            .token("sid", hex(&session.proof.sid));
        let info = match algorithm.writes_hex() {
            true => info.token("vks", vks),
            false => info.quoted("vks", vks),
        };
        // This cannot fail: all values are digits or base64.
        info.build().ok().map(AuthenticationInfo::into_value)
    }
}

impl ContinuedSession {
    fn key(&self) -> SessionKey {
        let nonce = self.session.nonce;
        (nonce.issued_at(), nonce.identifier())
    }
}
