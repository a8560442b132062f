//! Whether the digest is right, and its nonce good for another use.

use std::iter;
use std::sync::Arc;

use http::HeaderValue;

use super::accounts::DigestAccount;
use super::claimed::{Asked, Claimed, Held};
use super::core::Core;
use super::find::Known;
use super::info;
use super::nonce::{LENGTH, Live};
use super::proof::{Ha1, Responses};
use super::quirks::Quirk;
use super::rules::NextNonce;
use super::sessions::Begun;
use crate::header::Credentials;
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::scheme::{Admission, Judgement, Reads, Refusal, Role, Verdict};
use crate::store::{Claim, Epoch, Holder, MAX_COUNT};
use crate::unavailable::Unavailable;

/// How many former passwords of an account are compared.
const FORMER_PASSWORDS: usize = 2;

/// A secret that was tried, and what follows from it.
struct Tried {
    responses: Responses,
    /// The key of the session, in an algorithm's session form.
    session: Option<Ha1>,
}

impl<L, I> Core<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Takes the credentials up again where something had to be waited for: the account, the epoch or the body.
    pub(super) fn weigh_again<R: Reads>(
        self: &Arc<Self>,
        held: &Held,
        known: Result<Known<I>, Unavailable>,
        body: &[u8],
    ) -> Judgement<I, R> {
        let read = Credentials::parse(held.field()).ok();
        match read.map(|credentials| self.read_again(credentials)) {
            Some(Ok(claimed)) => self.weigh(&claimed, &held.asked(body), known),
            Some(Err(refusal)) => refusal.at_once(),
            None => Refusal::malformed("the credentials field cannot be read").at_once(),
        }
    }

    pub(super) fn weigh<R: Reads>(
        self: &Arc<Self>,
        claimed: &Claimed<'_>,
        asked: &Asked<'_>,
        known: Result<Known<I>, Unavailable>,
    ) -> Judgement<I, R> {
        let known = match known {
            Ok(known) => known,
            Err(why) => return NowOrLater::now(Err(why)),
        };
        self.remember(known.epoch);
        let account = known.account.as_ref();
        let ours = account.filter(|it| it.is_of(&self.realm));
        let secret = ours.and_then(|it| it.ha1(claimed.algorithm));
        match (ours, self.compare(claimed, asked, secret)) {
            (Some(ours), Some(tried)) => self.spend(claimed, asked, ours, &tried, &known),
            _ => self.refuse(claimed, asked, account).at_once(),
        }
    }

    fn refuse(
        &self,
        claimed: &Claimed<'_>,
        asked: &Asked<'_>,
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
        claimed: &Claimed<'_>,
        asked: &Asked<'_>,
        account: Option<&DigestAccount<I>>,
    ) -> bool {
        let dummy = Ha1::dummy(claimed.algorithm, self.dummy);
        let proves = |number| {
            let former = account.and_then(|it| it.former(claimed.algorithm, number));
            let secret = former.unwrap_or(&dummy);
            let session = claimed.in_session(secret);
            let responses = claimed.responses(asked, session.as_ref().unwrap_or(secret));
            responses.are(claimed.credentials.response.as_bytes()) & former.is_some()
        };
        (0..FORMER_PASSWORDS).fold(false, |found, number| found | proves(number))
    }

    /// The user who does not exist costs what one costs who does.
    fn compare(
        &self,
        claimed: &Claimed<'_>,
        asked: &Asked<'_>,
        secret: Option<&Ha1>,
    ) -> Option<Tried> {
        let dummy = Ha1::dummy(claimed.algorithm, self.dummy);
        let tried = secret.unwrap_or(&dummy);
        let session = claimed.in_session(tried);
        let responses = claimed.responses(asked, session.as_ref().unwrap_or(tried));
        let is_right = responses.are(claimed.credentials.response.as_bytes());
        let now = is_right.then_some(Tried { responses, session });
        let tried = now.or_else(|| self.compare_as_begun(claimed, asked, tried));
        tried.filter(|_| secret.is_some())
    }

    /// With the key that the first request of the session had, where that is kept.
    fn compare_as_begun(
        &self,
        claimed: &Claimed<'_>,
        asked: &Asked<'_>,
        secret: &Ha1,
    ) -> Option<Tried> {
        let credentials = &claimed.credentials;
        let sessions = self.sessions.as_ref().filter(|_| credentials.session)?;
        let user = credentials.user.as_deref().unwrap_or_default();
        let place = sessions.place(secret, user, &credentials.nonce);
        let begun = sessions.key(place);
        let responses = claimed.responses(asked, begun.as_ref().unwrap_or(secret));
        let is_right = responses.are(credentials.response.as_bytes());
        let session = begun.filter(|_| is_right)?;
        Some(Tried {
            responses,
            session: Some(session),
        })
    }

    /// Verify, then remember: the use is claimed when everything else is known to be good.
    fn spend<R: Reads>(
        self: &Arc<Self>,
        claimed: &Claimed<'_>,
        asked: &Asked<'_>,
        account: &DigestAccount<I>,
        tried: &Tried,
        known: &Known<I>,
    ) -> Judgement<I, R> {
        let (role, epoch) = (asked.role, known.epoch);
        let Some(live) = self.nonces.check(&claimed.credentials.nonce, epoch) else {
            let reason = "the nonce is not one that is good";
            return self.stale(role, epoch, reason).at_once();
        };
        let next = self.next(claimed, &live, epoch);
        let begun = self.begun(claimed, account, tried, next.as_ref());
        let admission = self.admission(claimed, role, account, tried, next.as_ref());
        let core = Arc::clone(self);
        let holder = account.holder(|secret| self.nonces.holder(secret));
        self.claim(claimed, &live, epoch, holder).map(move |claim| {
            // What cannot be claimed was right.
            Ok(match claim.map_err(Unavailable::no_guess)? {
                Claim::First => {
                    core.keep_session(begun.as_ref());
                    Verdict::Admit(admission)
                }
                Claim::Again => {
                    Verdict::Refuse(core.stale(role, epoch, "the nonce count was used"))
                }
            })
        })
    }

    fn admission(
        &self,
        claimed: &Claimed<'_>,
        role: Role,
        account: &DigestAccount<I>,
        tried: &Tried,
        next: Option<&[u8; LENGTH]>,
    ) -> Admission<I> {
        let admission = Admission::new(account.identity().clone());
        match self.info(claimed, tried, next) {
            Some(info) => admission.with_reply(role.info_field(), info),
            None => admission,
        }
    }

    /// What is kept of a session where its first key is: it goes on with the next nonce.
    fn begun(
        &self,
        claimed: &Claimed<'_>,
        account: &DigestAccount<I>,
        tried: &Tried,
        next: Option<&[u8; LENGTH]>,
    ) -> Option<Begun> {
        let (sessions, key) = (self.sessions.as_ref()?, tried.session.as_ref()?);
        let secret = account.ha1(claimed.algorithm)?;
        let user = claimed.credentials.user.as_deref().unwrap_or_default();
        let nonces = iter::once(&*claimed.credentials.nonce).chain(next.map(|it| &it[..]));
        let places = nonces.map(|nonce| sessions.place(secret, user, nonce));
        Some((key.clone(), places.collect()))
    }
}

impl<L> Core<L> {
    /// A nonce without counts is good once: whoever has seen the request has all that another would need.
    fn claim(
        &self,
        claimed: &Claimed<'_>,
        live: &Live,
        epoch: Epoch,
        holder: Holder,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        let key = live.key.issued_in(epoch);
        let protection = claimed.credentials.protection.as_ref();
        match protection.filter(|_| !self.rules.one_time) {
            None => self.store.claim_once(key, holder, live.remaining),
            Some(protection) => {
                // The store counts from 1.
                let zero = u32::from(self.rules.quirks.has(Quirk::RubyNonceCount));
                let count = protection.count.saturating_add(zero);
                self.store.claim_count(key, holder, count, live.remaining)
            }
        }
    }

    /// The nonce to use next, if it is time to name one.
    fn next(&self, claimed: &Claimed<'_>, live: &Live, epoch: Epoch) -> Option<[u8; LENGTH]> {
        let protection = claimed.credentials.protection.as_ref();
        let last = protection.is_none_or(|it| it.count > MAX_COUNT - 16);
        let is_time = match self.rules.next_nonce {
            NextNonce::Never => false,
            NextNonce::NearEnd => live.ending || last,
            NextNonce::Always => true,
        };
        is_time.then(|| self.nonces.issue(epoch))
    }

    /// RFC 7616 section 3.5: `rspauth` goes with what `qop` covers. For `auth-int` that is the body of a response that does
    /// not exist yet; so nothing is proved there.
    fn info(
        &self,
        claimed: &Claimed<'_>,
        tried: &Tried,
        next: Option<&[u8; LENGTH]>,
    ) -> Option<HeaderValue> {
        let quiet = claimed.integrity || self.rules.quirks.has(Quirk::JavaRspauth);
        let protection = claimed.credentials.protection.as_ref();
        match protection.filter(|_| !quiet) {
            Some(protection) => info::mutual(protection, &tried.responses, next),
            None => info::next(next?),
        }
    }

    fn keep_session(&self, begun: Option<&Begun>) {
        if let (Some(sessions), Some(begun)) = (&self.sessions, begun) {
            sessions.keep_all(begun);
        }
    }
}
