//! Combinations of schemes: tuples, lists, boxed schemes, and schemes with converted identities.

use std::fmt;
use std::sync::Arc;

use super::{Attempt, BodyAccess, BodyUnread, CredentialsField, Scheme, VerdictNowOrLater};
use crate::derives::{clones, shows};
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::principal::{ClaimedAccount, Principal};

/// Implements every method of [`Scheme`] except `authenticate` by forwarding to the wrapped scheme.
///
/// These are not default methods of the trait: with defaults, a wrapper could forget to forward one of them.
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

        fn is_malformed(&$this, attempt: &Attempt<'_>) -> bool {
            $inner.is_malformed(attempt)
        }

        fn credentials_fields(&$this, fields: &mut Vec<$crate::scheme::CredentialsField>) {
            $inner.credentials_fields(fields);
        }

        fn has_fixed_challenges(&$this) -> bool {
            $inner.has_fixed_challenges()
        }
    };
}
#[cfg(feature = "signed-body")]
pub(super) use forwards_to_scheme;

/// Asks the member of a list or a tuple that decides: the first one whose [`Scheme::may_claim`] returns `true`.
///
/// The account of the list is the account of the same member. So the throttle and the audit never get an account from a
/// field that another member would have read. If no member may claim the request, the list asks all of them, so that the
/// layer finds a member whose `may_claim` is wrong.
fn authenticate_with<S: Scheme>(
    scheme: &S,
    attempt: &Attempt<'_>,
) -> Option<VerdictNowOrLater<S::Identity, S::BodyAccess>> {
    // A member that does not decide may have looked at the credentials field in `may_claim`.
    attempt.forget_reader();
    scheme.authenticate(attempt)
}

/// Says that a member of a tuple has the identity `I`, that of the first member.
///
/// The bound `Scheme<Identity = I>` says so, too. But the compiler shows notes only for a trait that a type does not
/// implement, and not for an associated type that differs. `do_not_recommend` keeps it from looking at that bound.
#[diagnostic::on_unimplemented(
    message = "the schemes of a tuple have different identities: that of `{Self}` is not `{I}`",
    label = "the identities of these schemes differ",
    note = "convert them to one type: `(first.map_identity(..), second.map_identity(..))`, see `SchemeExt::map_identity`"
)]
#[expect(unnameable_types, reason = "other crates have no use for it")]
pub trait HasIdentity<I>: Scheme<Identity = I> {}

#[diagnostic::do_not_recommend]
impl<I, S: Scheme<Identity = I>> HasIdentity<I> for S {}

/// Says that a member of a tuple reads the same part of a request as the first member.
#[diagnostic::on_unimplemented(
    message = "the schemes of a tuple differ in what they read of a request: `{Self}` does not read `{B}`",
    label = "one of these schemes reads the body, and one does not",
    note = "wrap the schemes that do not: `(signed, BesideSignedBody(other))` (feature `signed-body`)"
)]
#[expect(unnameable_types, reason = "other crates have no use for it")]
pub trait HasBodyAccess<B>: Scheme<BodyAccess = B> {}

#[diagnostic::do_not_recommend]
impl<B, S: Scheme<BodyAccess = B>> HasBodyAccess<B> for S {}

/// Implements [`Scheme`] for a tuple whose members have the same `Identity` and the same `BodyAccess`.
macro_rules! tuple_of_schemes {
    ($first:ident $(, $rest:ident)*) => {
        #[expect(non_snake_case, reason = "members are named after their types")]
        impl<$first, $($rest),*> Scheme for ($first, $($rest),*)
        where
            $first: Scheme,
            $($rest: HasIdentity<$first::Identity> + HasBodyAccess<$first::BodyAccess>,)*
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
                if $first.may_claim(attempt) {
                    return $first.account(attempt);
                }
                $(if $rest.may_claim(attempt) {
                    return $rest.account(attempt);
                })*
                None
            }

            fn authenticate(
                &self,
                attempt: &Attempt<'_>,
            ) -> Option<VerdictNowOrLater<Self::Identity, Self::BodyAccess>> {
                let ($first, $($rest),*) = self;
                if $first.may_claim(attempt) {
                    return authenticate_with($first, attempt);
                }
                $(if $rest.may_claim(attempt) {
                    return authenticate_with($rest, attempt);
                })*
                $first.authenticate(attempt)$(.or_else(|| $rest.authenticate(attempt)))*
            }

            fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
                let ($first, $($rest),*) = self;
                $first.is_malformed(attempt)$(|| $rest.is_malformed(attempt))*
            }

            fn credentials_fields(&self, fields: &mut Vec<CredentialsField>) {
                let ($first, $($rest),*) = self;
                $first.credentials_fields(fields);
                $($rest.credentials_fields(fields);)*
            }

            fn has_fixed_challenges(&self) -> bool {
                let ($first, $($rest),*) = self;
                $first.has_fixed_challenges()$(&& $rest.has_fixed_challenges())*
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

/// Implements [`Scheme`] for a pointer to a scheme by forwarding every method.
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

/// A list of schemes that the application chooses at run time, for example from a configuration file.
///
/// The first member whose [`Scheme::may_claim`] returns `true` decides alone. The same holds for a tuple.
///
/// An empty list claims no credentials and has no challenges. [`RequireAuth::new`](crate::RequireAuth::new) returns an
/// error for it.
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
        first_that_may_claim(self, attempt)?.account(attempt)
    }

    fn authenticate(
        &self,
        attempt: &Attempt<'_>,
    ) -> Option<VerdictNowOrLater<Self::Identity, Self::BodyAccess>> {
        match first_that_may_claim(self, attempt) {
            Some(scheme) => authenticate_with(scheme, attempt),
            None => self.iter().find_map(|scheme| scheme.authenticate(attempt)),
        }
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        self.iter().any(|scheme| scheme.is_malformed(attempt))
    }

    fn credentials_fields(&self, fields: &mut Vec<CredentialsField>) {
        for scheme in self {
            scheme.credentials_fields(fields);
        }
    }

    fn has_fixed_challenges(&self) -> bool {
        self.iter().all(Scheme::has_fixed_challenges)
    }
}

fn first_that_may_claim<'s, S: Scheme>(schemes: &'s [S], attempt: &Attempt<'_>) -> Option<&'s S> {
    schemes.iter().find(|scheme| scheme.may_claim(attempt))
}

/// Adapters that every [`Scheme`] has.
pub trait SchemeExt: Scheme + Sized {
    /// Converts the identity of this scheme to another type with `f`, for example to a type of the application.
    ///
    /// Use it to combine schemes with different identities.
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

    /// Boxes the scheme, so that schemes of different types can be members of one `Vec`.
    fn boxed(self) -> BoxScheme<Self::Identity, Self::BodyAccess> {
        BoxScheme::new(self)
    }
}

impl<S: Scheme> SchemeExt for S {}

/// A scheme whose identity is converted to another type. [`SchemeExt::map_identity`] returns it.
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
        let verdict = self.scheme.authenticate(attempt)?;
        let f = Arc::clone(&self.f);
        Some(verdict.map(move |verdict| Ok(verdict?.map_identity(move |identity| f(identity)))))
    }
}

shows! { impl[S: fmt::Debug, F] MapIdentity[S, F] as self { scheme: self.scheme } }

/// A boxed scheme of any type, with the identity `I`. [`SchemeExt::boxed`] returns it.
///
/// It is a type of its own and not an alias of `Box<dyn Scheme<..>>`. With the alias, the compiler rejects services in
/// `async` blocks that are spawned, because it does not infer the lifetime of the trait object there.
///
/// # Example
///
/// ```
/// # #[cfg(all(feature = "basic", feature = "bearer"))] {
/// use tower_challenge::password::OneAccount;
/// use tower_challenge::scheme::{Basic, Bearer, BoxScheme, SchemeExt};
/// use tower_challenge::{ConfigError, Principal, RequireAuth, Secret};
///
/// fn scheme_of(name: &str) -> Result<BoxScheme<Principal>, ConfigError> {
///     match name {
///         "basic" => Ok(Basic::new("files", OneAccount::new("ada", "lovelace")?)?.boxed()),
///         "bearer" => Ok(Bearer::new("files", |_: Secret<'_>| None)?.boxed()),
///         other => Err(ConfigError::new(format!("unknown scheme {other:?}"))),
///     }
/// }
///
/// let schemes_of = |names: &str| names.split(',').map(scheme_of).collect::<Result<Vec<_>, _>>();
/// assert!(RequireAuth::new(schemes_of("bearer,basic").unwrap()).is_ok());
/// assert!(schemes_of("bearer,basik").is_err());
/// assert!(RequireAuth::new(Vec::<BoxScheme<Principal>>::new()).is_err(), "the list is empty");
/// # }
/// ```
pub struct BoxScheme<I = Principal, R: BodyAccess = BodyUnread>(
    Box<dyn Scheme<Identity = I, BodyAccess = R>>,
);

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
