//! Answers the two requests of an exchange, and a reauthentication.
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
use super::reauthentication::{self, RepeatedUse};
use super::secret::ScramSecret;
use super::sid::{self, RecognisedSid};
use crate::header::{AuthenticationInfo, Challenge};
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::reason::ReasonText;
use crate::scheme::{Admission, Refusal, ServerRole, Verdict, VerdictNowOrLater};
use crate::store::{Claim, ClaimHolder, ClaimKey, StoreEpoch};
use crate::unavailable::Unavailable;

/// A client that has proved the password. It is admitted when its use of the sid is claimed.
struct ProvenLogin<I> {
    admission: Admission<I>,
    holder: ClaimHolder,
}

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

    /// Answers the second request, and a reauthentication.
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
        let Some(account) = account.filter(|_| is_right & known.is_some()) else {
            return self.failure(reasons::WRONG).at_once();
        };
        let mut admission = Admission::new(account.identity().clone());
        if let Some(info) = info(&second.sid, &secret.server_key().signature(&messages)) {
            admission = admission.with_reply(role.info_field(), info);
        }
        let holder = ClaimHolder::new(self.nonces.holder(secret.stored_key().as_bytes()));
        let proven = ProvenLogin { admission, holder };
        match &second.repeated {
            None => self.claim_sid(&second.begun, proven),
            Some(repeated) => {
                let number = repeated.number_in_store(secret.iterations());
                self.claim_count(second.bare(), (repeated.clone(), number), proven)
            }
        }
    }

    /// Claims the sid. The proof has verified before, so only requests with the right password use memory in the store.
    fn claim_sid(
        self: &Arc<Self>,
        begun: &RecognisedSid,
        proven: ProvenLogin<I>,
    ) -> VerdictNowOrLater<I> {
        let Some(live) = self.nonces.still_live(begun.nonce) else {
            return self.late(reasons::SID_EXPIRED).at_once();
        };
        let key = ClaimKey::new(live.identifier);
        let key = self.nonces.claim_key(key, begun.epoch);
        let claim = self.store.claim_once(key, proven.holder, live.remaining);
        let core = Arc::clone(self);
        claim.map(move |claim| core.settled(claim, proven, reasons::SID_USED))
    }

    /// Claims the count of a reauthentication. `first` is the first message of the client without its head, which the proof
    /// covers. The store remembers the count until the nonce has expired, and the nonce is refused from then on.
    fn claim_count(
        self: &Arc<Self>,
        first: &str,
        (repeated, number): (RepeatedUse, u32),
        proven: ProvenLogin<I>,
    ) -> VerdictNowOrLater<I> {
        let (core, first) = (Arc::clone(self), first.to_owned());
        self.store.epoch().and_then(move |epoch| {
            let epoch = match epoch {
                Ok(epoch) => epoch,
                Err(why) => return NowOrLater::now(Err(why.not_compared())),
            };
            let reauthentication = core.reauthentication.as_ref();
            let live = reauthentication.and_then(|offered| offered.live(&repeated, epoch));
            let Some(live) = live else {
                return core.stale(epoch).at_once();
            };
            let key = reauthentication::count_key(&live, &first);
            let key = core.nonces.claim_key(key, epoch);
            let time = live.remaining;
            let claim = core.store.claim_count(key, proven.holder, number, time);
            claim.map(move |claim| core.settled(claim, proven, reasons::COUNT_USED))
        })
    }

    /// The password was right, so a failure of the store must not count as a guess.
    fn settled(
        &self,
        claim: Result<Claim, Unavailable>,
        proven: ProvenLogin<I>,
        used: ReasonText,
    ) -> Result<Verdict<I>, Unavailable> {
        Ok(match claim.map_err(Unavailable::not_compared)? {
            Claim::First => Verdict::Admit(proven.admission),
            Claim::NotFirst => Verdict::Refuse(self.late(used)),
        })
    }

    fn secret<'a>(&self, account: Option<&'a ScramAccount<I>>) -> Option<&'a ScramSecret> {
        account?.secret(self.mechanism)
    }
}

impl<L> ScramCore<L> {
    /// The refusal of a client that has proved the password too late.
    fn late(&self, reason: ReasonText) -> Refusal {
        Refusal::stale_because(reason).with_challenge(self.with_offer(&self.failed))
    }

    /// The refusal of a client that has proved the password with a nonce that has expired. It tries again with another one.
    fn stale(&self, epoch: StoreEpoch) -> Refusal {
        let refusal = Refusal::stale_because(reasons::SR_EXPIRED);
        match &self.reauthentication {
            None => refusal,
            Some(offered) => refusal.with_challenge(offered.offer_again(&self.challenge, epoch)),
        }
    }
}

impl SecondLeg {
    /// The first message of the client without its head.
    fn bare(&self) -> &str {
        self.begun.client_first.get(self.bare..).unwrap_or_default()
    }

    fn messages<'a>(&'a self, server_first: &'a str) -> AuthMessage<'a> {
        AuthMessage::new(self.bare(), server_first, &self.without_proof)
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
