//! The configuration of a layer while it is made, and the form in which all of its services share it.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::rules::LayerRules;
use crate::derives::{clones, shows};
use crate::scheme::Scheme;

/// The configuration of a layer.
///
/// To clone it, and to ask for the [`prepared`](Self::prepared) rules again, costs next to nothing: axum clones a layer,
/// and calls `layer`, for each route and each connection.
pub(super) struct PreparedRules<A: Scheme> {
    rules: Arc<LayerRules<A>>,
    /// The rules with the challenges of refusals. The first service makes them. Clones have them, too, until they are
    /// changed.
    prepared: Arc<OnceLock<Arc<LayerRules<A>>>>,
}

impl<A: Scheme> PreparedRules<A> {
    pub(super) fn new(rules: LayerRules<A>) -> Self {
        Self {
            rules: Arc::new(rules),
            prepared: Arc::default(),
        }
    }

    /// Returns the rules for a change. Services that were made before keep the old ones.
    pub(super) fn change(&mut self) -> &mut LayerRules<A> {
        self.prepared = Arc::default();
        Arc::make_mut(&mut self.rules)
    }

    /// Returns the rules for a service.
    pub(super) fn prepared(&self) -> Arc<LayerRules<A>> {
        let prepare = || Arc::new(LayerRules::clone(&self.rules).prepared());
        Arc::clone(self.prepared.get_or_init(prepare))
    }
}

impl<A: Scheme> Deref for PreparedRules<A> {
    type Target = LayerRules<A>;

    fn deref(&self) -> &LayerRules<A> {
        &self.rules
    }
}

clones! { impl[A: Scheme] PreparedRules[A] { rules, prepared } }

shows! { impl[A: Scheme] PreparedRules[A] as self { rules: self.rules } }
