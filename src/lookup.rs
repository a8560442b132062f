//! What is the record of a key? Tables, files, closures and databases answer.

use std::sync::Arc;

use crate::now_or_later::{IntoAnswer, NowOrLater};
use crate::unavailable::Unavailable;

/// Finds the record of a key: the hashed secrets of a user, for schemes that need more of a password than a yes or no.
///
/// Every closure from `&K` to `Option<R>`, or to a `Result` or [`NowOrLater`] of it, is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not look up records",
    note = "a closure does if it names its argument's type: `|name: &str| ..`"
)]
pub trait Lookup<K: ?Sized>: Send + Sync + 'static {
    /// What is found.
    type Record;

    /// Looks `key` up.
    ///
    /// # Errors
    ///
    /// The answer is an error when nobody can tell; an unknown key is `None`.
    fn lookup(&self, key: &K) -> NowOrLater<Result<Option<Self::Record>, Unavailable>>;
}

impl<K, F, A, T> Lookup<K> for F
where
    K: ?Sized,
    F: Fn(&K) -> A + Send + Sync + 'static,
    A: IntoAnswer<ParamValue = Option<T>>,
{
    type Record = T;

    fn lookup(&self, key: &K) -> NowOrLater<Result<Option<T>, Unavailable>> {
        self(key).into_answer()
    }
}

/// One that several share, and that may be any.
impl<K: ?Sized, L: Lookup<K> + ?Sized> Lookup<K> for Arc<L> {
    type Record = L::Record;

    fn lookup(&self, key: &K) -> NowOrLater<Result<Option<L::Record>, Unavailable>> {
        (**self).lookup(key)
    }
}
