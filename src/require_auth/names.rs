//! What is an identity called, in a log?

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use crate::principal::Principal;

/// How identities are named.
#[derive(Clone, Default)]
pub(super) struct Names(Option<Arc<Naming>>);

type Naming = dyn for<'i> Fn(&'i (dyn Any + Send + Sync)) -> Option<Cow<'i, str>> + Send + Sync;

impl Names {
    /// Identities of type `I` are called what `name` says.
    pub(super) fn by<I: 'static>(
        name: impl Fn(&I) -> Cow<'_, str> + Send + Sync + 'static,
    ) -> Self {
        Self(Some(Arc::new(move |identity| {
            identity.downcast_ref().map(&name)
        })))
    }

    /// Unless it was told otherwise, principals have names, and others have none.
    pub(super) fn of_identity<'i>(
        &self,
        identity: &'i (dyn Any + Send + Sync),
    ) -> Option<Cow<'i, str>> {
        match &self.0 {
            Some(name) => name(identity),
            None => identity
                .downcast_ref()
                .map(|it: &Principal| it.name().into()),
        }
    }
}
