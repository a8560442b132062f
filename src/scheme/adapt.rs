//! Adapters that make the schemes of a composite agree.

use std::fmt;
use std::sync::Arc;

use super::{Attempt, BoxScheme, Judgement, Scheme};
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::principal::Account;

/// Adapters for every [`Scheme`].
pub trait SchemeExt: Scheme + Sized {
    /// Turns the identity of this scheme into the application's own.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(all(feature = "basic", feature = "bearer"))] {
    /// use tower_challenge::password::OneAccount;
    /// use tower_challenge::scheme::{Basic, Bearer, SchemeExt};
    /// use tower_challenge::{ConfigError, Principal, RequireAuth, Secret};
    ///
    /// #[derive(Clone)]
    /// enum Caller {
    ///     Person(Principal),
    ///     Program(u64),
    /// }
    ///
    /// # fn main() -> Result<(), ConfigError> {
    /// let people = Basic::new("files", OneAccount::new("ada", "lovelace")?)?;
    /// let programs = Bearer::new("files", |token: Secret<'_>| token.matches("t0ken").then_some(7))?;
    /// let schemes = (programs.map_identity(Caller::Program), people.map_identity(Caller::Person));
    /// assert!(RequireAuth::new(schemes).is_ok());
    /// # Ok(()) }
    /// # main().unwrap(); }
    /// ```
    fn map_identity<F, J>(self, f: F) -> MapIdentity<Self, F>
    where
        F: Fn(Self::Identity) -> J + Send + Sync + 'static,
    {
        MapIdentity {
            scheme: self,
            f: Arc::new(f),
        }
    }

    /// Forgets which scheme it is, so that schemes of several types go into one list.
    fn boxed(self) -> BoxScheme<Self::Identity, Self::Reads> {
        BoxScheme::new(self)
    }
}

impl<S: Scheme> SchemeExt for S {}

/// See [`SchemeExt::map_identity`].
pub struct MapIdentity<S, F> {
    scheme: S,
    f: Arc<F>,
}

impl<S: Clone, F> Clone for MapIdentity<S, F> {
    fn clone(&self) -> Self {
        Self {
            scheme: self.scheme.clone(),
            f: Arc::clone(&self.f),
        }
    }
}

impl<S, F, J> Scheme for MapIdentity<S, F>
where
    S: Scheme,
    F: Fn(S::Identity) -> J + Send + Sync + 'static,
    J: Clone + Send + Sync + 'static,
{
    type Identity = J;
    type Reads = S::Reads;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        self.scheme.challenge(attempt, error, challenges);
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        self.scheme.may_claim(attempt)
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<Account<'r>> {
        self.scheme.account(attempt)
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<Judgement<J, S::Reads>> {
        let judgement = self.scheme.authenticate(attempt)?;
        let f = Arc::clone(&self.f);
        Some(judgement.map(move |verdict| Ok(verdict?.map_identity(move |identity| f(identity)))))
    }
}

impl<S: fmt::Debug, F> fmt::Debug for MapIdentity<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapIdentity")
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}
