//! Several schemes as one: the first that claims a request judges it.

use std::sync::Arc;

use super::{Attempt, Judgement, Scheme};
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::principal::Account;

/// Implements [`Scheme`] for a tuple whose members share an identity and a reading.
macro_rules! tuple_of_schemes {
    ($first:ident $(, $rest:ident)*) => {
        #[expect(non_snake_case, reason = "members are named after their types")]
        impl<$first, $($rest),*> Scheme for ($first, $($rest),*)
        where
            $first: Scheme,
            $($rest: Scheme<Identity = $first::Identity, Reads = $first::Reads>),*
        {
            type Identity = $first::Identity;
            type Reads = $first::Reads;

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

            fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<Account<'r>> {
                let ($first, $($rest),*) = self;
                $first.account(attempt)$(.or_else(|| $rest.account(attempt)))*
            }

            fn authenticate(
                &self,
                attempt: &Attempt<'_>,
            ) -> Option<Judgement<Self::Identity, Self::Reads>> {
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
            type Reads = S::Reads;

            fn challenge(
                &self,
                attempt: &Attempt<'_>,
                error: Option<&ErrorParams>,
                challenges: &mut Vec<Challenge>,
            ) {
                (**self).challenge(attempt, error, challenges);
            }

            fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
                (**self).may_claim(attempt)
            }

            fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<Account<'r>> {
                (**self).account(attempt)
            }

            fn authenticate(
                &self,
                attempt: &Attempt<'_>,
            ) -> Option<Judgement<Self::Identity, Self::Reads>> {
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
    type Reads = S::Reads;

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

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<Account<'r>> {
        self.iter().find_map(|scheme| scheme.account(attempt))
    }

    fn authenticate(
        &self,
        attempt: &Attempt<'_>,
    ) -> Option<Judgement<Self::Identity, Self::Reads>> {
        self.iter().find_map(|scheme| scheme.authenticate(attempt))
    }
}
