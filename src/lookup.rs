//! How does a scheme find the record of a key? It asks a table, a file, a closure or a database.

use std::sync::Arc;

use crate::now_or_later::{IntoAnswer, NowOrLater};
use crate::unavailable::Unavailable;

/// Finds the record of a key.
///
/// Schemes that need more than the answer "right" or "wrong" use it. For example, Digest looks up the hashed secrets of
/// a user, because the client proves the password without sending it.
///
/// Every closure from `&K` to `Option<R>` implements it, and so does a closure to a `Result` or a [`NowOrLater`] of
/// such an `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not look up records",
    note = "a closure does if it names its argument's type: `|name: &str| ..`"
)]
pub trait Lookup<K: ?Sized>: Send + Sync + 'static {
    /// The record that a lookup finds.
    type Record;

    /// Looks up `key`. The answer for an unknown key is `None`.
    ///
    /// # Errors
    ///
    /// The answer is an error if the lookup failed, so that it is not known whether the key exists. For example, the
    /// database did not answer. The server then answers `503` and not `401`.
    fn lookup(&self, key: &K) -> NowOrLater<Result<Option<Self::Record>, Unavailable>>;
}

impl<K, F, A, T> Lookup<K> for F
where
    K: ?Sized,
    F: Fn(&K) -> A + Send + Sync + 'static,
    A: IntoAnswer<Value = Option<T>>,
{
    type Record = T;

    fn lookup(&self, key: &K) -> NowOrLater<Result<Option<T>, Unavailable>> {
        self(key).into_answer()
    }
}

/// A lookup that several owners share. `Arc<dyn Lookup<..>>` also hides the type of the lookup.
impl<K: ?Sized, L: Lookup<K> + ?Sized> Lookup<K> for Arc<L> {
    type Record = L::Record;

    fn lookup(&self, key: &K) -> NowOrLater<Result<Option<L::Record>, Unavailable>> {
        (**self).lookup(key)
    }
}
