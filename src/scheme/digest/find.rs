//! Whose account credentials claim, and whether nonces are still of this life of the store.

use std::sync::Arc;

use super::accounts::DigestAccount;
use super::claimed::Claimed;
use super::core::Core;
use super::message::DigestCredentials;
use super::user_hash::UserHash;
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::principal::Account;
use crate::store::Epoch;
use crate::unavailable::Unavailable;

/// What has to be known before credentials are compared.
pub(super) struct Known<I> {
    pub(super) account: Option<DigestAccount<I>>,
    pub(super) epoch: Epoch,
}

/// An account, if there is one.
type Found<I> = NowOrLater<Result<Option<DigestAccount<I>>, Unavailable>>;

impl<L, I> Core<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Asks for the account and the epoch, and waits for them only if they are not here.
    pub(super) fn find(
        self: &Arc<Self>,
        claimed: &Claimed<'_>,
    ) -> NowOrLater<Result<Known<I>, Unavailable>> {
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
    fn account(self: &Arc<Self>, claimed: &Claimed<'_>) -> Found<I> {
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
    fn hashed(self: &Arc<Self>, hash: Option<UserHash>) -> Found<I> {
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
    fn named(&self, name: Option<String>) -> Found<I> {
        let is_somebody = name.is_some();
        let account = self.lookup.lookup(&name.unwrap_or_default());
        account.map(move |account| Ok(account?.filter(|_| is_somebody)))
    }
}

impl<'a> DigestCredentials<'a> {
    /// The account that a failure is charged to. A hash of a name is an account of its own, whether or not it stands for
    /// a user: else the answers of a throttle would tell.
    pub(super) fn claimant(self) -> Option<Account<'a>> {
        self.user.map(Account::new)
    }
}

fn known<I>(
    account: Result<Option<DigestAccount<I>>, Unavailable>,
    epoch: Result<Epoch, Unavailable>,
) -> Result<Known<I>, Unavailable> {
    Ok(Known {
        account: account.map_err(Unavailable::no_guess)?,
        epoch: epoch.map_err(Unavailable::no_guess)?,
    })
}
