//! Lets the application mark locations as familiar and unlock accounts.

use super::FailureThrottle;
use super::canonical::canonical;
use crate::client::Client;
use crate::now_or_later::NowOrLater;
use crate::principal::ClaimedAccount;
use crate::store::{ClaimKey, Settlement, ThrottleAttempt, ThrottleStore};
use crate::unavailable::Unavailable;

impl<S: ThrottleStore> FailureThrottle<S> {
    /// Makes the location of `client` a familiar location of `account`, and ends a lockout. Call it when the
    /// application knows by other means that the owner is there: for example, when the owner opens a link that the
    /// application has mailed. No attacker can block that way in.
    ///
    /// The spelling of the name matters, so pass the spelling under which the owner logs in. For example, an owner
    /// who logs in as `Ada` stays at an unfamiliar location if the application marks it for `ada`. If
    /// [`location`](Self::location) is set, call [`mark_location_familiar`](Self::mark_location_familiar) instead.
    ///
    /// A location that was familiar before has all of its failures again. A client without a known address has no
    /// location. For such a client the call ends the lockout, and does nothing else.
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

    /// Does the same for a location that the application [names](Self::location) itself, such as a device. Pass as
    /// `location` the name that the function there finds in later requests.
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
    /// /// The application knows the device by a random cookie, which it sets in the response to the mailed link.
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

    /// Forgets the failures of unfamiliar locations at an account, in any spelling, and ends a lockout. Call it
    /// when an operator has made sure that the account is safe, or after the password has changed. It does nothing
    /// for an account that shares slots in a full store: such an account has to wait.
    ///
    /// It does not change the budgets of subscribers and subnets. If the owner still gets `429`, the budget of the
    /// owner's address is exhausted: wait, or call [`mark_familiar`](Self::mark_familiar) with the owner's
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

    /// The key of the folded name, and the key of the name as the client spells it.
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
