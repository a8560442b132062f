//! How do schemes combine? Several are one, and the first that claims a request judges it; one turns its identities into
//! others.

use std::fmt;
use std::sync::Arc;

use super::{Attempt, BodyAccess, BodyUnread, Scheme, VerdictNowOrLater};
use crate::derives::{clones, shows};
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::principal::ClaimedAccount;

/// Forwards every question but the verdict to the scheme within. A macro, and no default of the trait: a default would let
/// a scheme around another forget one.
macro_rules! forwards_to_scheme {
    ($this:ident, $inner:expr) => {
        fn challenge(
            &$this,
            attempt: &Attempt<'_>,
            error: Option<&ErrorParams>,
            challenges: &mut Vec<Challenge>,
        ) {
            $inner.challenge(attempt, error, challenges);
        }

        fn may_claim(&$this, attempt: &Attempt<'_>) -> bool {
            $inner.may_claim(attempt)
        }

        fn account<'r>(&$this, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
            $inner.account(attempt)
        }
    };
}
#[cfg(feature = "signed-body")]
pub(super) use forwards_to_scheme;

/// Implements [`Scheme`] for a tuple whose members share an identity and a reading.
macro_rules! tuple_of_schemes {
    ($first:ident $(, $rest:ident)*) => {
        #[expect(non_snake_case, reason = "members are named after their types")]
        impl<$first, $($rest),*> Scheme for ($first, $($rest),*)
        where
            $first: Scheme,
            $($rest: Scheme<Identity = $first::Identity, BodyAccess = $first::BodyAccess>),*
        {
            type Identity = $first::Identity;
            type BodyAccess = $first::BodyAccess;

            fn challenge(
                &self,
                attempt: &Attempt<'_>,
                error: Option<&ErrorParams>,
                challenges: &mut Vec<Challenge>,
            ) {
                let ($first, $($rest),*) = self;
                $first.challenge(attempt, error, challenges);
                $($rest.challenge(attempt, error, challenges);)*
            }

            fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
                let ($first, $($rest),*) = self;
                $first.may_claim(attempt)$(|| $rest.may_claim(attempt))*
            }

            fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
                let ($first, $($rest),*) = self;
                $first.account(attempt)$(.or_else(|| $rest.account(attempt)))*
            }

            fn authenticate(
                &self,
                attempt: &Attempt<'_>,
            ) -> Option<VerdictNowOrLater<Self::Identity, Self::BodyAccess>> {
                let ($first, $($rest),*) = self;
                $first.authenticate(attempt)$(.or_else(|| $rest.authenticate(attempt)))*
            }
        }
    };
}

tuple_of_schemes!(A);
tuple_of_schemes!(A, B);
tuple_of_schemes!(A, B, C);
tuple_of_schemes!(A, B, C, D);
tuple_of_schemes!(A, B, C, D, E);
tuple_of_schemes!(A, B, C, D, E, F);
tuple_of_schemes!(A, B, C, D, E, F, G);
tuple_of_schemes!(A, B, C, D, E, F, G, H);

/// Forwards every question to the scheme within.
macro_rules! scheme_within {
    ($($pointer:ident),*) => {$(
        impl<S: Scheme + ?Sized> Scheme for $pointer<S> {
            type Identity = S::Identity;
            type BodyAccess = S::BodyAccess;

            forwards_to_scheme!(self, **self);

            fn authenticate(
                &self,
                attempt: &Attempt<'_>,
            ) -> Option<VerdictNowOrLater<Self::Identity, Self::BodyAccess>> {
                (**self).authenticate(attempt)
            }
        }
    )*};
}

scheme_within!(Arc, Box);

/// Schemes chosen at run time, for instance from a configuration file.
///
/// An empty one claims nothing and challenges with nothing; [`RequireAuth`](crate::RequireAuth) cannot be built on it.
impl<S: Scheme> Scheme for Vec<S> {
    type Identity = S::Identity;
    type BodyAccess = S::BodyAccess;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        for scheme in self {
            scheme.challenge(attempt, error, challenges);
        }
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        self.iter().any(|scheme| scheme.may_claim(attempt))
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        self.iter().find_map(|scheme| scheme.account(attempt))
    }

    fn authenticate(
        &self,
        attempt: &Attempt<'_>,
    ) -> Option<VerdictNowOrLater<Self::Identity, Self::BodyAccess>> {
        self.iter().find_map(|scheme| scheme.authenticate(attempt))
    }
}

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
    fn boxed(self) -> BoxScheme<Self::Identity, Self::BodyAccess> {
        BoxScheme::new(self)
    }
}

impl<S: Scheme> SchemeExt for S {}

/// See [`SchemeExt::map_identity`].
pub struct MapIdentity<S, F> {
    scheme: S,
    f: Arc<F>,
}

clones! { impl[S: Clone, F] MapIdentity[S, F] { scheme, f } }

impl<S, F, J> Scheme for MapIdentity<S, F>
where
    S: Scheme,
    F: Fn(S::Identity) -> J + Send + Sync + 'static,
    J: Clone + Send + Sync + 'static,
{
    type Identity = J;
    type BodyAccess = S::BodyAccess;

    forwards_to_scheme!(self, self.scheme);

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<J, S::BodyAccess>> {
        let judgement = self.scheme.authenticate(attempt)?;
        let f = Arc::clone(&self.f);
        Some(judgement.map(move |verdict| Ok(verdict?.map_identity(move |identity| f(identity)))))
    }
}

shows! { impl[S: fmt::Debug, F] MapIdentity[S, F] as self { scheme: self.scheme } }

/// Any scheme with identities of type `I`, for instance one that a configuration file names. Made by
/// [`SchemeExt::boxed`].
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
pub struct BoxScheme<I, R: BodyAccess = BodyUnread>(Box<dyn Scheme<Identity = I, BodyAccess = R>>);

impl<I: Clone + Send + Sync + 'static, R: BodyAccess> BoxScheme<I, R> {
    fn new(scheme: impl Scheme<Identity = I, BodyAccess = R>) -> Self {
        Self(Box::new(scheme))
    }
}

impl<I: Clone + Send + Sync + 'static, R: BodyAccess> Scheme for BoxScheme<I, R> {
    type Identity = I;
    type BodyAccess = R;

    forwards_to_scheme!(self, self.0);

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<I, R>> {
        self.0.authenticate(attempt)
    }
}

shows! { impl[I, R: BodyAccess] BoxScheme[I, R] as self {} }
