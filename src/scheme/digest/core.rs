//! The state of a Digest scheme, its challenges, and the checks of credentials that need no secret.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::accounts::DigestAccount;
use super::algorithm::DigestAlgorithm;
use super::message::DigestCredentials;
use super::proof::Ha1;
use super::reasons;
use super::rules::DigestRules;
use super::template::OfferedAlgorithm;
use super::unverified::{UnverifiedCredentials, names_target, session_key_could_be_a_response};
use super::user_hash::UserHash;
use crate::header::{Challenge, Param};
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::reason::ReasonText;
use crate::request_head::RequestHead;
use crate::scheme::{Refusal, ServerRole};
use crate::stateless_nonce::NonceIssuer;
use crate::store::{ReplayStore, StoreEpoch};
use crate::unavailable::Unavailable;

/// Finds the name that a user hash stands for.
pub(super) type UserHashLookup = dyn Lookup<UserHash, Record = String>;

/// The state that all clones of a scheme share.
pub(super) struct DigestCore<L> {
    pub(super) realm: String,
    pub(super) opaque: Option<String>,
    pub(super) offers: Vec<OfferedAlgorithm>,
    pub(super) rules: DigestRules,
    pub(super) lookup: L,
    /// The index of user hashes; `None` if the scheme accepts names only.
    pub(super) names: Option<Arc<UserHashLookup>>,
    pub(super) nonces: NonceIssuer,
    pub(super) store: Arc<dyn ReplayStore>,
    /// The latest epoch that the store has told. A challenge must not wait for the store, so its nonce is issued under
    /// this epoch.
    pub(super) epoch: AtomicU64,
    /// A decoy hash for every algorithm. The digest of an unknown user is compared with it, so the time of the answer
    /// does not tell which users exist.
    pub(super) decoys: [Ha1; DigestAlgorithm::ALL.len()],
}

/// The account and the epoch: both are needed before credentials are compared.
pub(super) struct AccountAndEpoch<I> {
    pub(super) account: Option<DigestAccount<I>>,
    pub(super) epoch: StoreEpoch,
}

/// An account, or `None` for an unknown user.
type FoundAccount<I> = NowOrLater<Result<Option<DigestAccount<I>>, Unavailable>>;

/// The challenges and refusals for clients.
impl<L> DigestCore<L> {
    /// The challenges for a client that has not proven a password. The store may update the epoch if it answers at
    /// once; a challenge does not wait for it.
    pub(super) fn fresh_challenges(
        &self,
        role: ServerRole,
    ) -> impl Iterator<Item = Challenge> + '_ {
        if let Ok(Ok(epoch)) = self.store.epoch().try_now() {
            self.remember_epoch(epoch);
        }
        self.challenges(role, self.last_epoch(), false)
    }

    /// The refusal with `stale=true`, for a client whose digest was right and whose nonce was not good. Only such a
    /// client may learn that its password was right.
    pub(super) fn stale_refusal(
        &self,
        role: ServerRole,
        epoch: StoreEpoch,
        reason: ReasonText,
    ) -> Refusal {
        let challenges = self.challenges(role, epoch, true);
        challenges.fold(Refusal::stale_because(reason), Refusal::with_challenge)
    }

    pub(super) fn remember_epoch(&self, epoch: StoreEpoch) {
        self.epoch.store(epoch.tag(), Ordering::Relaxed);
    }

    pub(super) fn last_epoch(&self) -> StoreEpoch {
        StoreEpoch::new(self.epoch.load(Ordering::Relaxed))
    }

    /// Makes a challenge for each algorithm. All have the same nonce, so the client's choice of an algorithm does not
    /// affect the nonce.
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

/// The checks that need no secret.
impl<L> DigestCore<L> {
    /// Reads the credentials and makes all checks that need no secret. No account is looked up here, so the order of
    /// the checks tells an attacker nothing about accounts or secrets. No response is compared either, so a wrong
    /// parameter is no guess.
    pub(super) fn read<'a>(
        &self,
        params: &[Param<'a>],
        head: &RequestHead<'_>,
    ) -> Result<UnverifiedCredentials<'a>, Refusal> {
        let params = params.iter().copied();
        let credentials = match DigestCredentials::read_by(params, &self.rules) {
            Ok(read) => read,
            Err(reason) => return Err(Refusal::malformed_because(reason)),
        };
        let algorithm = self.offered_algorithm(&credentials)?;
        let covers_body = self.covers_body(&credentials)?;
        if credentials.response.as_bytes().len() != algorithm.hash_len() {
            // A client of another algorithm sends it with each request.
            let reason = reasons::RESPONSE_LENGTH;
            return Err(Refusal::wrong_because(reason).uncounted());
        }
        if session_key_could_be_a_response(&credentials, algorithm, self.rules.quirks) {
            let reason = reasons::CNONCE_LIKE_HASH;
            return Err(Refusal::wrong_because(reason).uncounted());
        }
        self.check_realm_and_opaque(&credentials)?;
        let is_named = names_target(&credentials.uri, head, self.rules.quirks);
        if !is_named.map_err(Refusal::malformed_because)? {
            return Err(Refusal::malformed_because(reasons::URI_MISMATCH));
        }
        Ok(UnverifiedCredentials {
            credentials,
            algorithm,
            covers_body,
        })
    }

    fn offered_algorithm(&self, read: &DigestCredentials<'_>) -> Result<DigestAlgorithm, Refusal> {
        let offered = self
            .offers
            .iter()
            .any(|offer| Some(offer.algorithm) == read.algorithm && offer.session == read.session);
        let algorithm = read.algorithm.filter(|_| offered);
        algorithm.ok_or_else(|| Refusal::wrong_because(reasons::ALGORITHM_NOT_OFFERED).uncounted())
    }

    /// Compares `qop` byte for byte, case included, because the client hashed these bytes.
    fn covers_body(&self, read: &DigestCredentials<'_>) -> Result<bool, Refusal> {
        let qop = read.protection.as_ref().map(|params| &*params.qop);
        match qop {
            None => Ok(false),
            Some(b"auth") if self.rules.auth => Ok(false),
            Some(b"auth-int") if self.rules.auth_int => Ok(true),
            Some(_) => Err(Refusal::malformed_because(reasons::QOP_NOT_OFFERED)),
        }
    }

    fn check_realm_and_opaque(&self, read: &DigestCredentials<'_>) -> Result<(), Refusal> {
        let opaque = self.opaque.as_deref().map(str::as_bytes);
        if *read.realm != *self.realm.as_bytes() {
            return Err(Refusal::wrong_because(reasons::REALM_MISMATCH).uncounted());
        }
        if opaque.is_some() && read.opaque.as_deref() != opaque {
            return Err(Refusal::wrong_because(reasons::OPAQUE_MISMATCH).uncounted());
        }
        Ok(())
    }
}

/// The look-up of the account that the credentials claim, and of the epoch of the store.
impl<L, I> DigestCore<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Asks for the account and the epoch. The answer is ready at once if both are; otherwise it waits for both.
    pub(super) fn find_account_and_epoch(
        self: &Arc<Self>,
        claimed: &UnverifiedCredentials<'_>,
    ) -> NowOrLater<Result<AccountAndEpoch<I>, Unavailable>> {
        let account = self.find_account(claimed);
        match (account.try_now(), self.store.epoch().try_now()) {
            (Ok(account), Ok(epoch)) => NowOrLater::now(both_or_unavailable(account, epoch)),
            (account, epoch) => {
                let account = account.map_or_else(|later| later, NowOrLater::now);
                let epoch = epoch.map_or_else(|later| later, NowOrLater::now);
                NowOrLater::later(async move { both_or_unavailable(account.await, epoch.await) })
            }
        }
    }

    /// A name that is not UTF-8 belongs to no account, so it is not looked up.
    fn find_account(self: &Arc<Self>, claimed: &UnverifiedCredentials<'_>) -> FoundAccount<I> {
        let credentials = &claimed.credentials;
        match credentials.user.as_deref() {
            None => NowOrLater::now(Ok(None)),
            Some(hash) if credentials.userhash => {
                self.find_by_user_hash(UserHash::read(claimed.algorithm, hash))
            }
            Some(name) => self.lookup.lookup(name),
        }
    }

    /// Finds the account by the index of user hashes, never by hashing the names of all accounts. If the scheme does
    /// not offer `userhash`, no hash belongs to an account.
    fn find_by_user_hash(self: &Arc<Self>, hash: Option<UserHash>) -> FoundAccount<I> {
        let (Some(names), Some(hash)) = (&self.names, hash) else {
            return NowOrLater::now(Ok(None));
        };
        let core = Arc::clone(self);
        names.lookup(&hash).and_then(move |name| match name {
            Ok(name) => core.find_by_name(name),
            Err(why) => NowOrLater::now(Err(why)),
        })
    }

    /// Looks up an empty name when the hash is unknown. An unknown hash then takes as long as a known one.
    fn find_by_name(&self, name: Option<String>) -> FoundAccount<I> {
        let is_known_hash = name.is_some();
        let account = self.lookup.lookup(&name.unwrap_or_default());
        account.map(move |account| Ok(account?.filter(|_| is_known_hash)))
    }
}

/// If one of the look-ups fails, no credentials are compared, so the failure does not count as a guess.
fn both_or_unavailable<I>(
    account: Result<Option<DigestAccount<I>>, Unavailable>,
    epoch: Result<StoreEpoch, Unavailable>,
) -> Result<AccountAndEpoch<I>, Unavailable> {
    Ok(AccountAndEpoch {
        account: account.map_err(Unavailable::not_compared)?,
        epoch: epoch.map_err(Unavailable::not_compared)?,
    })
}
