//! Whether the digest is right, and its nonce good for another use.

use std::sync::Arc;

use http::HeaderValue;

use super::accounts::DigestAccount;
use super::core::{AccountAndEpoch, DigestCore};
use super::proof::{ExpectedResponses, Ha1};
use super::quirks::ClientQuirk;
use super::rules::NextNonce;
use super::template;
use super::unverified::{SignedParts, UnverifiedCredentials};
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::scheme::{Admission, Refusal, Verdict, VerdictNowOrLater};
use crate::stateless_nonce::{LENGTH, LiveNonce};
use crate::store::{Claim, ClaimHolder, ClaimKey, MAX_COUNT, StoreEpoch};
use crate::unavailable::Unavailable;

/// How many former passwords of an account are compared.
const FORMER_PASSWORDS: usize = 2;

impl<L, I> DigestCore<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    pub(super) fn weigh(
        self: &Arc<Self>,
        claimed: &UnverifiedCredentials<'_>,
        asked: &SignedParts<'_>,
        known: Result<AccountAndEpoch<I>, Unavailable>,
    ) -> VerdictNowOrLater<I> {
        let known = match known {
            Ok(known) => known,
            Err(why) => return NowOrLater::now(Err(why)),
        };
        self.remember(known.epoch);
        let account = known.account.as_ref();
        let ours = account.filter(|it| it.is_of(&self.realm));
        let secret = ours.and_then(|it| it.ha1(claimed.algorithm));
        match (ours, self.compare(claimed, asked, secret)) {
            (Some(ours), Some(responses)) => {
                self.spend(claimed, asked, ours, &responses, known.epoch)
            }
            _ => self.refuse(claimed, asked, account).at_once(),
        }
    }

    fn refuse(
        &self,
        claimed: &UnverifiedCredentials<'_>,
        asked: &SignedParts<'_>,
        account: Option<&DigestAccount<I>>,
    ) -> Refusal {
        let ours = account.filter(|it| it.is_of(&self.realm));
        match self.proves_former(claimed, asked, ours) {
            true => Refusal::wrong("the password is a former one").uncounted(),
            false if account.is_some() && ours.is_none() => {
                Refusal::wrong("the account is one of another realm")
            }
            false => Refusal::wrong("the name or the password is wrong"),
        }
    }

    /// Whether the response is that of a password which the account had before. Every refusal computes the same number of
    /// responses, so that the time does not tell which accounts have former passwords.
    fn proves_former(
        &self,
        claimed: &UnverifiedCredentials<'_>,
        asked: &SignedParts<'_>,
        account: Option<&DigestAccount<I>>,
    ) -> bool {
        let proves = |number| {
            let former = account.and_then(|it| it.former(claimed.algorithm, number));
            self.compare(claimed, asked, former).is_some()
        };
        (0..FORMER_PASSWORDS).fold(false, |found, number| found | proves(number))
    }

    /// Verify, then remember: the use is claimed when everything else is known to be good.
    fn spend(
        self: &Arc<Self>,
        claimed: &UnverifiedCredentials<'_>,
        asked: &SignedParts<'_>,
        account: &DigestAccount<I>,
        responses: &ExpectedResponses,
        epoch: StoreEpoch,
    ) -> VerdictNowOrLater<I> {
        let role = asked.role;
        let nonce = &claimed.credentials.nonce;
        let Some(live) = self.nonces.check(nonce, epoch.tag()) else {
            let reason = "the nonce is not one that is good";
            return self.stale(role, epoch, reason).at_once();
        };
        let next = self.next(claimed, &live, epoch);
        let mut admission = Admission::new(account.identity().clone());
        if let Some(info) = self.info(claimed, responses, next.as_ref()) {
            admission = admission.with_reply(role.info_field(), info);
        }
        let core = Arc::clone(self);
        let holder = account.holder(|secret| ClaimHolder::new(self.nonces.holder(secret)));
        self.claim(claimed, &live, epoch, holder).map(move |claim| {
            // What cannot be claimed was right.
            Ok(match claim.map_err(Unavailable::not_compared)? {
                Claim::First => Verdict::Admit(admission),
                Claim::NotFirst => {
                    Verdict::Refuse(core.stale(role, epoch, "the nonce count was used"))
                }
            })
        })
    }
}

impl<L> DigestCore<L> {
    /// The responses that this secret makes, if that of the credentials is one. The user who does not exist costs what one
    /// costs who does.
    fn compare(
        &self,
        claimed: &UnverifiedCredentials<'_>,
        asked: &SignedParts<'_>,
        secret: Option<&Ha1>,
    ) -> Option<ExpectedResponses> {
        let mut dummies = self.dummies.iter();
        let dummy = dummies.find(|it| it.algorithm() == claimed.algorithm)?;
        let responses = claimed.responses(asked, secret.unwrap_or(dummy));
        let is_right = responses.are(claimed.credentials.response.as_bytes());
        (is_right & secret.is_some()).then_some(responses)
    }

    /// A nonce without counts is good once: whoever has seen the request has all that another would need.
    fn claim(
        &self,
        claimed: &UnverifiedCredentials<'_>,
        live: &LiveNonce,
        epoch: StoreEpoch,
        holder: ClaimHolder,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        let key = ClaimKey::new(live.identifier).issued_in(epoch);
        let protection = claimed.credentials.protection.as_ref();
        match protection.filter(|_| !self.rules.one_time) {
            None => self.store.claim_once(key, holder, live.remaining),
            Some(protection) => {
                // The store counts from 1.
                let zero = u32::from(self.rules.quirks.has(ClientQuirk::RubyNonceCount));
                let count = protection.count.saturating_add(zero);
                self.store.claim_count(key, holder, count, live.remaining)
            }
        }
    }

    /// The nonce to use next, if it is time to name one.
    fn next(
        &self,
        claimed: &UnverifiedCredentials<'_>,
        live: &LiveNonce,
        epoch: StoreEpoch,
    ) -> Option<[u8; LENGTH]> {
        let protection = claimed.credentials.protection.as_ref();
        let last = protection.is_none_or(|it| it.count > MAX_COUNT - 16);
        let is_time = match self.rules.next_nonce {
            NextNonce::Never => false,
            NextNonce::NearEnd => live.ending || last,
            NextNonce::Always => true,
        };
        is_time.then(|| self.nonces.issue(epoch.tag()))
    }

    /// RFC 7616 section 3.5: `rspauth` goes with what `qop` covers. For `auth-int` that is the body of a response that does
    /// not exist yet; so nothing is proved there.
    fn info(
        &self,
        claimed: &UnverifiedCredentials<'_>,
        responses: &ExpectedResponses,
        next: Option<&[u8; LENGTH]>,
    ) -> Option<HeaderValue> {
        let quiet = claimed.integrity || self.rules.quirks.has(ClientQuirk::JavaRspauth);
        let protection = claimed.credentials.protection.as_ref();
        match protection.filter(|_| !quiet) {
            Some(protection) => template::mutual(protection, responses, next),
            None => template::next(next?),
        }
    }
}
