//! A scheme that is chosen at run time.

use std::fmt;

use super::{Attempt, Head, Judgement, Reads, Scheme};
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::principal::Account;

/// Any scheme with identities of type `I`, for instance one that a configuration file names. Made by
/// [`SchemeExt::boxed`](super::SchemeExt::boxed).
///
/// It is a type of its own, and no alias of `Box<dyn Scheme<..>>`, so that services with it can be used in `async` blocks
/// that are spawned: the compiler loses sight of the lifetime of the other there.
///
/// # Example
///
/// ```
/// # #[cfg(all(feature = "basic", feature = "bearer"))] {
/// use tower_challenge::password::OneAccount;
/// use tower_challenge::scheme::{Basic, Bearer, BoxScheme, SchemeExt};
/// use tower_challenge::{ConfigError, Principal, RequireAuth, Secret};
///
/// fn named(name: &str) -> Result<BoxScheme<Principal>, ConfigError> {
///     match name {
///         "basic" => Ok(Basic::new("files", OneAccount::new("ada", "lovelace")?)?.boxed()),
///         "bearer" => Ok(Bearer::new("files", |_: Secret<'_>| None)?.boxed()),
///         other => Err(ConfigError::new(format!("there is no scheme {other:?}"))),
///     }
/// }
///
/// let named = |names: &str| names.split(',').map(named).collect::<Result<Vec<_>, _>>();
/// assert!(RequireAuth::new(named("bearer,basic").unwrap()).is_ok());
/// assert!(named("bearer,basik").is_err());
/// assert!(RequireAuth::new(Vec::<BoxScheme<Principal>>::new()).is_err(), "nobody could ever get in");
/// # }
/// ```
pub struct BoxScheme<I, R: Reads = Head>(Box<dyn Scheme<Identity = I, Reads = R>>);

impl<I: Clone + Send + Sync + 'static, R: Reads> BoxScheme<I, R> {
    pub(super) fn new(scheme: impl Scheme<Identity = I, Reads = R>) -> Self {
        Self(Box::new(scheme))
    }
}

impl<I: Clone + Send + Sync + 'static, R: Reads> Scheme for BoxScheme<I, R> {
    type Identity = I;
    type Reads = R;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        self.0.challenge(attempt, error, challenges);
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        self.0.may_claim(attempt)
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<Account<'r>> {
        self.0.account(attempt)
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<Judgement<I, R>> {
        self.0.authenticate(attempt)
    }
}

impl<I, R: Reads> fmt::Debug for BoxScheme<I, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxScheme").finish_non_exhaustive()
    }
}
