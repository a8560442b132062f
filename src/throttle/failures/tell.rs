//! News of an account from the application.

use super::FailureThrottle;
use super::canonical::canonical;
use crate::client::Client;
use crate::now_or_later::NowOrLater;
use crate::principal::ClaimedAccount;
use crate::store::{ClaimKey, Settlement, ThrottleAttempt, ThrottleStore};
use crate::unavailable::Unavailable;

impl<S: ThrottleStore> FailureThrottle<S> {
    /// Makes the place of `client` a known place of `account`, and ends a stop. Call it when the application knows by other
    /// means that the owner is there: for example, when the owner opens a link that was mailed to them. No stranger can shut
    /// that way.
    ///
    /// The name is compared letter by letter, so vouch for the spelling under which the owner logs in. For example, an owner
    /// who logs in as `Ada` stays a stranger if `ada` is vouched for. With [`location`](Self::location) set, call
    /// [`mark_location_familiar`](Self::mark_location_familiar).
    ///
    /// A place that was known before has all of its failures again. A client without an address has no place: then it ends
    /// the stop, and nothing else.
    ///
    /// # Errors
    ///
    /// The answer is an error when the store is out of reach.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::client::ClientResolver;
    /// use tower_challenge::throttle::FailureThrottle;
    /// use tower_challenge::{ClaimedAccount, RequestHead, Unavailable};
    ///
    /// async fn link_opened(
    ///     throttle: &FailureThrottle,
    ///     find: &ClientResolver,
    ///     name: &str,
    ///     request: &http::Request<()>,
    /// ) -> Result<(), Unavailable> {
    ///     let client = find.find(&RequestHead::of(request));
    ///     throttle.mark_familiar(&ClaimedAccount::new(name), &client).await
    /// }
    /// ```
    pub fn mark_familiar(
        &self,
        account: &ClaimedAccount<'_>,
        client: &Client,
    ) -> NowOrLater<Result<(), Unavailable>> {
        let attempt = self.attempt(Some(account), client, None);
        self.0.store.settle(&attempt, Settlement::MarkFamiliar)
    }

    /// The same for a place that the application [names](Self::location) itself, such as a device. `location` is the name that the
    /// function there finds in later requests.
    ///
    /// # Errors
    ///
    /// The answer is an error when the store is out of reach.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::throttle::FailureThrottle;
    /// use tower_challenge::{ClaimedAccount, Unavailable};
    ///
    /// /// The device is known by a random cookie, which is set in the response to the mailed link.
    /// async fn link_opened(throttle: &FailureThrottle, name: &str, cookie: &str) -> Result<(), Unavailable> {
    ///     throttle.mark_location_familiar(&ClaimedAccount::new(name), cookie.as_bytes()).await
    /// }
    /// ```
    pub fn mark_location_familiar(
        &self,
        account: &ClaimedAccount<'_>,
        location: &[u8],
    ) -> NowOrLater<Result<(), Unavailable>> {
        let location = self.0.settings.keys.named_location(location);
        let attempt = self.attempt(Some(account), &Client::default(), Some(location));
        self.0.store.settle(&attempt, Settlement::MarkFamiliar)
    }

    /// Forgets what strangers have tried at an account, in any spelling, and ends a stop: for an operator who has made sure,
    /// or once the password is another. An account that shares its places in a full store has to wait instead.
    ///
    /// Release gives back what strangers used at the account. It does not touch the budgets of the line and the neighbourhood.
    /// If the owner still gets `429`, their address is what is full: wait, or call [`mark_familiar`](Self::mark_familiar) with the owner's
    /// `Client`.
    ///
    /// # Errors
    ///
    /// The answer is an error when the store is out of reach.
    pub fn unlock(&self, account: &ClaimedAccount<'_>) -> NowOrLater<Result<(), Unavailable>> {
        let (unfamiliar, familiar) = self.account_keys(account);
        let attempt =
            ThrottleAttempt::new(self.0.settings.limits).for_account(unfamiliar, familiar, 0);
        self.0.store.settle(&attempt, Settlement::Unlock)
    }

    /// The key of the folded name, and that of the name as it is spelled.
    pub(super) fn account_keys(&self, account: &ClaimedAccount<'_>) -> (ClaimKey, ClaimKey) {
        let name = account.name();
        let folded = match &self.0.settings.fold {
            Some(fold) => canonical(&fold(name)),
            None => canonical(name),
        };
        (
            self.0.settings.keys.unfamiliar(&folded),
            self.0.settings.keys.familiar(name),
        )
    }
}
