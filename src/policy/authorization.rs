//! A policy that requires an object of `authorization_details` (RFC 9396).

use super::{Policy, PolicyAnswer};
use crate::authorization_detail::AuthorizationDetail;
use crate::config_error::ConfigError;
use crate::now_or_later::NowOrLater;
use crate::principal::Principal;
use crate::request_head::RequestHead;

/// An identity that has `authorization_details`. Implement it for an identity of the application, to use
/// [`authorization`] with it.
pub trait HasAuthorizationDetails {
    /// Returns the details that the credentials grant.
    fn authorization_details(&self) -> &[AuthorizationDetail];
}

impl HasAuthorizationDetails for Principal {
    fn authorization_details(&self) -> &[AuthorizationDetail] {
        self.authorization_details()
    }
}

/// Requires `authorization_details` (RFC 9396) with an object of the type `kind`. A caller without it gets `403`.
///
/// With [`actions`](RequireAuthorization::actions) and [`location`](RequireAuthorization::location), the same object must
/// grant these, too. For everything else, such as an amount, write a closure over
/// [`Principal::authorization_details`].
///
/// # Errors
///
/// Fails if `kind` is empty.
///
/// # Example
///
/// ```
/// use tower_challenge::policy::{Policy, PolicyDecision, authorization};
/// use tower_challenge::{AuthorizationDetail, Principal, RequestHead};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let policy = authorization("account_information")?
///     .actions("list_accounts read_balances")
///     .location("https://api.example/accounts");
/// let decide = |detail: AuthorizationDetail| {
///     let caller = Principal::new("ada").with_authorization_details([detail]);
///     let request = http::Request::new(());
///     policy.decide(&caller, &RequestHead::of(&request)).try_now().unwrap()
/// };
///
/// let accounts = AuthorizationDetail::new("account_information")
///     .with_location("https://api.example/accounts")
///     .with_action("list_accounts");
/// assert!(matches!(decide(accounts.clone()), Ok(PolicyDecision::Forbid)));
/// assert!(matches!(decide(accounts.with_action("read_balances")), Ok(PolicyDecision::Allow)));
/// # Ok(())
/// # }
/// ```
pub fn authorization(kind: &str) -> Result<RequireAuthorization, ConfigError> {
    if kind.is_empty() {
        return Err(ConfigError::new(
            "no type of authorization_details is required: name one",
        ));
    }
    Ok(RequireAuthorization {
        kind: kind.into(),
        actions: Vec::new(),
        location: None,
    })
}

/// The policy that [`authorization`] makes.
#[derive(Clone, Debug)]
#[must_use]
pub struct RequireAuthorization {
    kind: Box<str>,
    actions: Vec<Box<str>>,
    location: Option<Box<str>>,
}

impl RequireAuthorization {
    /// Requires these actions, separated by spaces. An object without `actions` grants none of them.
    pub fn actions(mut self, list: &str) -> Self {
        let actions = list.split_ascii_whitespace().map(Into::into);
        self.actions.extend(actions);
        self
    }

    /// Requires this location. An object without `locations` grants none.
    pub fn location(mut self, location: &str) -> Self {
        self.location = Some(location.into());
        self
    }

    /// Whether one object grants everything. Two objects with a part each do not: each of them is a grant of its own.
    fn is_granted(&self, detail: &AuthorizationDetail) -> bool {
        let location = self.location.as_ref();
        detail.kind() == &*self.kind
            && self.actions.iter().all(|action| detail.has_action(action))
            && location.is_none_or(|location| detail.has_location(location))
    }
}

impl<I: HasAuthorizationDetails> Policy<I> for RequireAuthorization {
    fn decide(&self, caller: &I, _: &RequestHead<'_>) -> PolicyAnswer {
        let mut details = caller.authorization_details().iter();
        let is_granted = details.any(|detail| self.is_granted(detail));
        NowOrLater::now(Ok(is_granted.into()))
    }
}
