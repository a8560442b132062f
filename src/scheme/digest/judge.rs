//! Decides whether the response is right, then whether the nonce may be used with this count.
//!
//! The order matters. The response is verified first, so only a client that knows the password learns about its nonce
//! (`stale=true`). The count is claimed in the store last, so only verified requests use memory.

use std::sync::Arc;

use http::HeaderValue;

use super::accounts::DigestAccount;
use super::core::{AccountAndEpoch, DigestCore};
use super::message::QopParams;
use super::proof::{ExpectedResponses, Ha1};
use super::quirks::ClientQuirk;
use super::reasons;
use super::rules::NextNonce;
use super::template;
use super::unverified::{SignedParts, UnverifiedCredentials};
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::scheme::{Admission, Refusal, Verdict, VerdictNowOrLater};
use crate::stateless_nonce::{LENGTH, LiveNonce};
use crate::store::{Claim, ClaimHolder, ClaimKey, MAX_COUNT, StoreEpoch};
use crate::unavailable::Unavailable;

/// How many former passwords of an account are compared. For example, an account with five former passwords is compared
/// with the latest two.
const FORMER_PASSWORDS: usize = 2;

impl<L, I> DigestCore<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Verifies the response, and then claims the nonce count.
    pub(super) fn verify(
        self: &Arc<Self>,
        claimed: &UnverifiedCredentials<'_>,
        signed: &SignedParts<'_>,
        known: Result<AccountAndEpoch<I>, Unavailable>,
    ) -> VerdictNowOrLater<I> {
        let known = match known {
            Ok(known) => known,
            Err(why) => return NowOrLater::now(Err(why)),
        };
        self.remember_epoch(known.epoch);
        let account = known.account.as_ref();
        let in_realm = account.filter(|account| account.is_of(&self.realm));
        let secret = in_realm.and_then(|account| account.ha1(claimed.algorithm));
        match (in_realm, self.compare(claimed, signed, secret)) {
            (Some(in_realm), Some(responses)) => {
                self.claim_use(claimed, signed, in_realm, &responses, known.epoch)
            }
            _ => self.refuse(claimed, signed, account).at_once(),
        }
    }

    fn refuse(
        &self,
        claimed: &UnverifiedCredentials<'_>,
        signed: &SignedParts<'_>,
        account: Option<&DigestAccount<I>>,
    ) -> Refusal {
        let in_realm = account.filter(|account| account.is_of(&self.realm));
        match self.matches_former_password(claimed, signed, in_realm) {
            true => Refusal::wrong_because(reasons::FORMER_PASSWORD).uncounted(),
            false if account.is_some() && in_realm.is_none() => {
                // The look-up returned an account of another realm, which is a mistake of the configuration. The client
                // gets the same answer as for a wrong password; only the audit tells.
                Refusal::wrong_because(reasons::ACCOUNT_OF_ANOTHER_REALM)
            }
            false => Refusal::wrong_because(reasons::WRONG),
        }
    }

    /// Whether the response proves a password that the account had before. Every refusal computes the same number of
    /// responses, so the time does not tell which accounts have former passwords. For this reason the fold uses `|`,
    /// which computes both sides, and not `||`.
    fn matches_former_password(
        &self,
        claimed: &UnverifiedCredentials<'_>,
        signed: &SignedParts<'_>,
        account: Option<&DigestAccount<I>>,
    ) -> bool {
        let proves = |number| {
            let former = account.and_then(|account| account.former(claimed.algorithm, number));
            self.compare(claimed, signed, former).is_some()
        };
        (0..FORMER_PASSWORDS).fold(false, |found, number| found | proves(number))
    }

    /// Checks the nonce and claims this use of it. The response has verified before, so only requests with the right
    /// password use memory in the store.
    fn claim_use(
        self: &Arc<Self>,
        claimed: &UnverifiedCredentials<'_>,
        signed: &SignedParts<'_>,
        account: &DigestAccount<I>,
        responses: &ExpectedResponses,
        epoch: StoreEpoch,
    ) -> VerdictNowOrLater<I> {
        let role = signed.role;
        let nonce = &claimed.credentials.nonce;
        let Some(live) = self.nonces.check(nonce, epoch.tag()) else {
            let reason = reasons::NONCE_EXPIRED;
            return self.stale_refusal(role, epoch, reason).at_once();
        };
        let next = self.next_nonce(claimed, &live, epoch);
        let mut admission = Admission::new(account.identity().clone());
        if let Some(info) = self.authentication_info(claimed, responses, next.as_ref()) {
            admission = admission.with_reply(role.info_field(), info);
        }
        let core = Arc::clone(self);
        let holder = account.holder(|secret| ClaimHolder::new(self.nonces.holder(secret)));
        self.claim(claimed, &live, epoch, holder).map(move |claim| {
            // The password was right, so a failure of the store must not count as a guess.
            Ok(match claim.map_err(Unavailable::not_compared)? {
                Claim::First => Verdict::Admit(admission),
                Claim::NotFirst => {
                    Verdict::Refuse(core.stale_refusal(role, epoch, reasons::NONCE_COUNT_USED))
                }
            })
        })
    }
}

impl<L> DigestCore<L> {
    /// The expected responses for this secret, if the client's response is one of them. For an unknown user the decoy
    /// hash takes the place of the secret, so an unknown user costs the same time as a known one.
    fn compare(
        &self,
        claimed: &UnverifiedCredentials<'_>,
        signed: &SignedParts<'_>,
        secret: Option<&Ha1>,
    ) -> Option<ExpectedResponses> {
        let mut decoys = self.decoys.iter();
        let decoy = decoys.find(|decoy| decoy.algorithm() == claimed.algorithm)?;
        let responses = claimed.responses(signed, secret.unwrap_or(decoy));
        let is_right = responses.verify_bytes(claimed.credentials.response.as_bytes());
        // A decoy hash admits no client, even if the response should match it.
        (is_right & secret.is_some()).then_some(responses)
    }

    /// Claims this use of the nonce in the store. Credentials in the form of RFC 2069 have no count, and an attacker
    /// who saw such a request could repeat it, so the store accepts their nonce once. The same holds for one-time
    /// nonces.
    fn claim(
        &self,
        claimed: &UnverifiedCredentials<'_>,
        live: &LiveNonce,
        epoch: StoreEpoch,
        holder: ClaimHolder,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        let key = ClaimKey::new(live.identifier);
        let key = self.nonces.claim_key(key, epoch);
        let protection = claimed.credentials.protection.as_ref();
        match protection.filter(|_| !self.rules.one_time) {
            None => self.store.claim_once(key, holder, live.remaining),
            Some(params) => {
                let number = number_in_store(params);
                self.store.claim_count(key, holder, number, live.remaining)
            }
        }
    }

    /// The nonce for `nextnonce` (RFC 7616 section 3.5), if this response should name one. Near the end means the last
    /// fifth of the nonce's life, the last 16 counts (4080 to 4095), or a request without a count, which has used up
    /// its nonce.
    fn next_nonce(
        &self,
        claimed: &UnverifiedCredentials<'_>,
        live: &LiveNonce,
        epoch: StoreEpoch,
    ) -> Option<[u8; LENGTH]> {
        let protection = claimed.credentials.protection.as_ref();
        let is_near_last = |params| number_in_store(params) > MAX_COUNT - 16;
        let near_last_count = protection.is_none_or(is_near_last);
        let is_time = match self.rules.next_nonce {
            NextNonce::Never => false,
            NextNonce::NearEnd => self.nonces.is_ending(live) || near_last_count,
            NextNonce::Always => true,
        };
        is_time.then(|| self.nonces.issue(epoch.tag()))
    }

    /// The value of `Authentication-Info` or `Proxy-Authentication-Info` (RFC 7616 section 3.5).
    ///
    /// `rspauth` covers the same parts as `qop`. For `auth-int` it would cover the body of the response, which does not
    /// exist yet. The response therefore has no `rspauth` then, but may have a `nextnonce`.
    fn authentication_info(
        &self,
        claimed: &UnverifiedCredentials<'_>,
        responses: &ExpectedResponses,
        next: Option<&[u8; LENGTH]>,
    ) -> Option<HeaderValue> {
        let without_rspauth =
            claimed.covers_body || self.rules.quirks.has(ClientQuirk::JavaRspauth);
        let protection = claimed.credentials.protection.as_ref();
        match protection.filter(|_| !without_rspauth) {
            Some(protection) => template::authentication_info(protection, responses, next),
            None => template::next_nonce_only(next?),
        }
    }
}

/// The number under which the store knows a count. The store counts from 1, and a client may count from 0, so every
/// count is shifted by one: the counts 0 to 4095 are the numbers 1 to [`MAX_COUNT`]. The store refuses every larger
/// number.
const fn number_in_store(params: &QopParams<'_>) -> u32 {
    params.count.saturating_add(1)
}
