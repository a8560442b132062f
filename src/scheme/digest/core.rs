//! What is a Digest server made of, what does it tell strangers, and what can it say about credentials without a secret?

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::accounts::DigestAccount;
use super::algorithm::DigestAlgorithm;
use super::message::DigestCredentials;
use super::proof::Ha1;
use super::rules::DigestRules;
use super::template::OfferedAlgorithm;
use super::unverified::{UnverifiedCredentials, could_be_a_response, designates};
use super::user_hash::UserHash;
use crate::header::{Challenge, Param};
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::request_head::RequestHead;
use crate::scheme::{Refusal, ServerRole};
use crate::stateless_nonce::NonceIssuer;
use crate::store::{ReplayStore, StoreEpoch};
use crate::unavailable::Unavailable;

/// Finds the name that a hash stands for.
pub(super) type UserNames = dyn Lookup<UserHash, Record = String>;

/// Everything that clones of a scheme share.
pub(super) struct DigestCore<L> {
    pub(super) realm: String,
    pub(super) opaque: Option<String>,
    pub(super) offers: Vec<OfferedAlgorithm>,
    pub(super) rules: DigestRules,
    pub(super) lookup: L,
    /// Where hashes are taken in the place of names.
    pub(super) names: Option<Arc<UserNames>>,
    pub(super) nonces: NonceIssuer,
    pub(super) store: Arc<dyn ReplayStore>,
    /// The epoch that the store had when it was last heard of.
    pub(super) epoch: AtomicU64,
    /// What the digest of a user who does not exist is compared with, for every algorithm.
    pub(super) dummies: [Ha1; DigestAlgorithm::ALL.len()],
}

/// What has to be known before credentials are compared.
pub(super) struct AccountAndEpoch<I> {
    pub(super) account: Option<DigestAccount<I>>,
    pub(super) epoch: StoreEpoch,
}

/// An account, if there is one.
type FoundAccount<I> = NowOrLater<Result<Option<DigestAccount<I>>, Unavailable>>;

/// What is said to clients.
impl<L> DigestCore<L> {
    /// For somebody who has shown nothing yet. Asking the store must not wait.
    pub(super) fn fresh(&self, role: ServerRole) -> impl Iterator<Item = Challenge> + '_ {
        if let Ok(Ok(epoch)) = self.store.epoch().try_now() {
            self.remember(epoch);
        }
        self.challenges(role, self.last_epoch(), false)
    }

    /// For somebody whose digest was right.
    pub(super) fn stale(
        &self,
        role: ServerRole,
        epoch: StoreEpoch,
        reason: &'static str,
    ) -> Refusal {
        let challenges = self.challenges(role, epoch, true);
        challenges.fold(Refusal::stale(reason), Refusal::with_challenge)
    }

    pub(super) fn remember(&self, epoch: StoreEpoch) {
        self.epoch.store(epoch.tag(), Ordering::Relaxed);
    }

    pub(super) fn last_epoch(&self) -> StoreEpoch {
        StoreEpoch::new(self.epoch.load(Ordering::Relaxed))
    }

    /// One for each algorithm, all with one nonce.
    fn challenges(
        &self,
        role: ServerRole,
        epoch: StoreEpoch,
        stale: bool,
    ) -> impl Iterator<Item = Challenge> + '_ {
        let nonce = self.nonces.issue(epoch.tag());
        let offers = self.offers.iter();
        offers.map(move |offer| offer.render(role, &nonce, stale))
    }
}

/// What is checked without a secret.
impl<L> DigestCore<L> {
    /// All of it, in an order that tells nothing about a secret.
    pub(super) fn read<'a>(
        &self,
        params: &[Param<'a>],
        head: &RequestHead<'_>,
    ) -> Result<UnverifiedCredentials<'a>, Refusal> {
        let params = params.iter().copied();
        let credentials = match DigestCredentials::read_by(params, &self.rules) {
            Ok(read) => read,
            Err(reason) => return Err(Refusal::malformed(reason)),
        };
        let algorithm = self.offered(&credentials)?;
        let integrity = self.covers_the_body(&credentials)?;
        if credentials.response.as_bytes().len() != algorithm.hash_len() {
            return Err(Refusal::malformed(
                "the response is not as long as the hash",
            ));
        }
        if could_be_a_response(&credentials, algorithm) {
            return Err(Refusal::malformed(
                "the key of the session could be a response that was seen",
            ));
        }
        self.is_for_us(&credentials)?;
        if !designates(&credentials.uri, head, self.rules.quirks) {
            return Err(Refusal::malformed("the uri is not what was requested"));
        }
        Ok(UnverifiedCredentials {
            credentials,
            algorithm,
            integrity,
        })
    }

    fn offered(&self, read: &DigestCredentials<'_>) -> Result<DigestAlgorithm, Refusal> {
        let offered = self
            .offers
            .iter()
            .any(|offer| Some(offer.algorithm) == read.algorithm && offer.session == read.session);
        let algorithm = read.algorithm.filter(|_| offered);
        algorithm.ok_or_else(|| Refusal::wrong("the algorithm was not offered"))
    }

    /// Compared as it was written: it is hashed like that.
    fn covers_the_body(&self, read: &DigestCredentials<'_>) -> Result<bool, Refusal> {
        let qop = read.protection.as_ref().map(|it| &*it.qop);
        match qop {
            None => Ok(false),
            Some(b"auth") if self.rules.auth => Ok(false),
            Some(b"auth-int") if self.rules.auth_int => Ok(true),
            Some(_) => Err(Refusal::malformed(
                "the quality of protection was not offered",
            )),
        }
    }

    fn is_for_us(&self, read: &DigestCredentials<'_>) -> Result<(), Refusal> {
        let opaque = self.opaque.as_deref().map(str::as_bytes);
        if *read.realm != *self.realm.as_bytes() {
            return Err(Refusal::wrong("the realm is another"));
        }
        if opaque.is_some() && read.opaque.as_deref() != opaque {
            return Err(Refusal::wrong("the opaque text is another"));
        }
        Ok(())
    }
}

/// Whose account credentials claim, and whether nonces are still of this life of the store.
impl<L, I> DigestCore<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Asks for the account and the epoch, and waits for them only if they are not here.
    pub(super) fn find(
        self: &Arc<Self>,
        claimed: &UnverifiedCredentials<'_>,
    ) -> NowOrLater<Result<AccountAndEpoch<I>, Unavailable>> {
        let account = self.account(claimed);
        match (account.try_now(), self.store.epoch().try_now()) {
            (Ok(account), Ok(epoch)) => NowOrLater::now(known(account, epoch)),
            (account, epoch) => {
                let account = account.map_or_else(|later| later, NowOrLater::now);
                let epoch = epoch.map_or_else(|later| later, NowOrLater::now);
                NowOrLater::later(async move { known(account.await, epoch.await) })
            }
        }
    }

    /// There is nobody whose name is not UTF-8.
    fn account(self: &Arc<Self>, claimed: &UnverifiedCredentials<'_>) -> FoundAccount<I> {
        let credentials = &claimed.credentials;
        match credentials.user.as_deref() {
            None => NowOrLater::now(Ok(None)),
            Some(hash) if credentials.userhash => {
                self.hashed(UserHash::read(claimed.algorithm, hash))
            }
            Some(name) => self.lookup.lookup(name),
        }
    }

    /// By an index, never by trying one account after the other. Where hashes are not offered, they are nobody's.
    fn hashed(self: &Arc<Self>, hash: Option<UserHash>) -> FoundAccount<I> {
        let (Some(names), Some(hash)) = (&self.names, hash) else {
            return NowOrLater::now(Ok(None));
        };
        let core = Arc::clone(self);
        names.lookup(&hash).and_then(move |name| match name {
            Ok(name) => core.named(name),
            Err(why) => NowOrLater::now(Err(why)),
        })
    }

    /// The hash of nobody costs the look-up of a name, too.
    fn named(&self, name: Option<String>) -> FoundAccount<I> {
        let is_somebody = name.is_some();
        let account = self.lookup.lookup(&name.unwrap_or_default());
        account.map(move |account| Ok(account?.filter(|_| is_somebody)))
    }
}

fn known<I>(
    account: Result<Option<DigestAccount<I>>, Unavailable>,
    epoch: Result<StoreEpoch, Unavailable>,
) -> Result<AccountAndEpoch<I>, Unavailable> {
    Ok(AccountAndEpoch {
        account: account.map_err(Unavailable::not_compared)?,
        epoch: epoch.map_err(Unavailable::not_compared)?,
    })
}
