//! Answers the two requests of an exchange.
//!
//! The order matters. The proof is verified first, so only a client that knows the password learns about its sid. The
//! sid is claimed in the store last, so only verified requests use memory.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use super::accounts::ScramAccount;
use super::core::{FirstLeg, ScramCore, SecondLeg};
use super::message::ServerFirst;
use super::proof::{AuthMessage, ScramKey};
use super::reasons;
use super::secret::ScramSecret;
use super::sid;
use crate::header::{AuthenticationInfo, Challenge};
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::reason::ReasonText;
use crate::scheme::{Admission, Refusal, ServerRole, Verdict, VerdictNowOrLater};
use crate::store::{Claim, ClaimHolder, ClaimKey, StoreEpoch};
use crate::unavailable::Unavailable;

impl<L, I> ScramCore<L>
where
    L: Lookup<str, Record = ScramAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Answers the first request: the salt and the iterations of the account, a nonce and a sid.
    pub(super) fn begin(self: &Arc<Self>, first: FirstLeg) -> VerdictNowOrLater<I> {
        let core = Arc::clone(self);
        self.find(&first.user).and_then(move |account| {
            let account = match account {
                Ok(account) => account,
                Err(why) => return NowOrLater::now(Err(why)),
            };
            let epoch = core.store.epoch();
            epoch.map(move |epoch| {
                let epoch = epoch.map_err(Unavailable::not_compared)?;
                Ok(Verdict::Continue(core.second_challenge(
                    &first,
                    account.as_ref(),
                    epoch,
                )?))
            })
        })
    }

    fn second_challenge(
        &self,
        first: &FirstLeg,
        account: Option<&ScramAccount<I>>,
        epoch: StoreEpoch,
    ) -> Result<Challenge, Unavailable> {
        let decoy = self.decoys.secret(&self.known_as(&first.user));
        let secret = self.secret(account).unwrap_or(&decoy);
        let (server_nonce, sid) = sid::issue(&self.nonces, epoch, &first.client_first);
        let nonce = [&*first.client_nonce, &server_nonce].concat();
        let message = ServerFirst::write(&nonce, secret.salt(), secret.iterations());
        let challenge = Challenge::builder(self.mechanism.scheme_name())
            .quoted("sid", sid)
            .quoted("data", STANDARD.encode(message))
            .build();
        // This cannot fail: a sid and base64 have no character that a quoted-string refuses.
        challenge.map_err(|why| Unavailable::new(why).not_compared())
    }

    /// Answers the second request.
    pub(super) fn finish(
        self: &Arc<Self>,
        role: ServerRole,
        second: SecondLeg,
    ) -> VerdictNowOrLater<I> {
        let core = Arc::clone(self);
        self.find(&second.user)
            .and_then(move |account| match account {
                Ok(account) => core.verify(role, &second, account.as_ref()),
                Err(why) => NowOrLater::now(Err(why)),
            })
    }

    fn verify(
        self: &Arc<Self>,
        role: ServerRole,
        second: &SecondLeg,
        account: Option<&ScramAccount<I>>,
    ) -> VerdictNowOrLater<I> {
        let decoy = self.decoys.secret(&self.known_as(&second.user));
        let known = self.secret(account);
        let secret = known.unwrap_or(&decoy);
        let server_first = ServerFirst::write(&second.nonce, secret.salt(), secret.iterations());
        let messages = second.messages(&server_first);
        let is_right = secret.stored_key().verifies(&messages, &second.proof);
        // A decoy admits no client, even if the proof should match it.
        match account.filter(|_| is_right & known.is_some()) {
            Some(account) => {
                let signature = secret.server_key().signature(&messages);
                self.claim(role, second, (account, secret), &signature)
            }
            None => self.failure(reasons::WRONG).at_once(),
        }
    }

    /// Claims the sid. The proof has verified before, so only requests with the right password use memory in the store.
    fn claim(
        self: &Arc<Self>,
        role: ServerRole,
        second: &SecondLeg,
        (account, secret): (&ScramAccount<I>, &ScramSecret),
        signature: &ScramKey,
    ) -> VerdictNowOrLater<I> {
        let Some(live) = self.nonces.still_live(second.begun.nonce) else {
            return self.late(reasons::SID_EXPIRED).at_once();
        };
        let mut admission = Admission::new(account.identity().clone());
        if let Some(info) = info(&second.sid, signature) {
            admission = admission.with_reply(role.info_field(), info);
        }
        let key = ClaimKey::new(live.identifier).issued_in(second.begun.epoch);
        let holder = ClaimHolder::new(self.nonces.holder(secret.stored_key().as_bytes()));
        let core = Arc::clone(self);
        self.store
            .claim_once(key, holder, live.remaining)
            .map(move |claim| {
                // The password was right, so a failure of the store must not count as a guess.
                Ok(match claim.map_err(Unavailable::not_compared)? {
                    Claim::First => Verdict::Admit(admission),
                    Claim::NotFirst => Verdict::Refuse(core.late(reasons::SID_USED)),
                })
            })
    }

    fn secret<'a>(&self, account: Option<&'a ScramAccount<I>>) -> Option<&'a ScramSecret> {
        account?.secret(self.mechanism)
    }
}

impl<L> ScramCore<L> {
    /// The refusal of a client that has proved the password too late.
    fn late(&self, reason: ReasonText) -> Refusal {
        Refusal::stale_because(reason).with_challenge(self.failed.clone())
    }
}

impl SecondLeg {
    fn messages<'a>(&'a self, server_first: &'a str) -> AuthMessage<'a> {
        let bare = self.begun.client_first.get(self.bare..).unwrap_or_default();
        AuthMessage::new(bare, server_first, &self.without_proof)
    }
}

/// The field with which the server proves itself.
fn info(sid: &str, signature: &ScramKey) -> Option<HeaderValue> {
    let message = ["v=", &STANDARD.encode(signature.as_bytes())].concat();
    let info = AuthenticationInfo::builder()
        .quoted("sid", sid)
        .quoted("data", STANDARD.encode(message))
        .build();
    // This cannot fail: a sid and base64 have no character that a quoted-string refuses.
    info.ok().map(AuthenticationInfo::into_value)
}
