//! The names of identities, for example in audit events.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use crate::principal::Principal;

/// How identities are named.
#[derive(Clone, Default)]
pub(crate) struct IdentityNames(Option<Arc<NameIdentity>>);

type NameIdentity =
    dyn for<'i> Fn(&'i (dyn Any + Send + Sync)) -> Option<Cow<'i, str>> + Send + Sync;

impl IdentityNames {
    /// Names identities of type `I` with `name`.
    pub(crate) fn by<I: 'static>(
        name: impl Fn(&I) -> Cow<'_, str> + Send + Sync + 'static,
    ) -> Self {
        Self(Some(Arc::new(move |identity| {
            identity.downcast_ref().map(&name)
        })))
    }

    /// Returns the name of `identity`. By default, a [`Principal`] has its own name and any other identity has none.
    pub(crate) fn of_identity<'i>(
        &self,
        identity: &'i (dyn Any + Send + Sync),
    ) -> Option<Cow<'i, str>> {
        match &self.0 {
            Some(name) => name(identity),
            None => identity
                .downcast_ref()
                .map(|principal: &Principal| principal.name().into()),
        }
    }
}
