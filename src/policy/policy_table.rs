//! A table from a part of a request, such as its method, to the policy for it.

use std::fmt;
use std::sync::Arc;

use super::{Policy, PolicyAnswer, PolicyDecision};
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::now_or_later::NowOrLater;
use crate::principal::Scopes;
use crate::request_head::RequestHead;

/// The policies by key, and the policy for every other key. Without that one, a request with another key is forbidden.
pub(super) struct PolicyTable<K, I> {
    named: Vec<(K, Arc<dyn Policy<I>>)>,
    otherwise: Option<Arc<dyn Policy<I>>>,
}

impl<K, I> PolicyTable<K, I> {
    pub(super) const fn new() -> Self {
        Self {
            named: Vec::new(),
            otherwise: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    pub(super) fn set_otherwise(&mut self, policy: impl Policy<I>) {
        self.otherwise = Some(Arc::new(policy));
    }

    pub(super) const fn otherwise(&self) -> Option<&Arc<dyn Policy<I>>> {
        self.otherwise.as_ref()
    }

    /// Returns the policy of the first key that `is_key` accepts.
    pub(super) fn named(&self, is_key: impl Fn(&K) -> bool) -> Option<&Arc<dyn Policy<I>>> {
        let mut named = self.named.iter();
        let entry = named.find(|(key, _)| is_key(key));
        entry.map(|(_, policy)| policy)
    }
}

impl<K: PartialEq + fmt::Display, I> PolicyTable<K, I> {
    /// Adds `policy` for all `keys`. `kind` says in an error what the keys are, for example `methods`.
    pub(super) fn add(
        &mut self,
        kind: &str,
        keys: impl IntoIterator<Item = K>,
        policy: impl Policy<I>,
    ) -> Result<(), ConfigError> {
        let policy: Arc<dyn Policy<I>> = Arc::new(policy);
        let before = self.named.len();
        for key in keys {
            if self.named(|named| *named == key).is_some() {
                let text = format!("{key} is named twice: name it once");
                return Err(ConfigError::new(text));
            }
            self.named.push((key, Arc::clone(&policy)));
        }
        if self.named.len() == before {
            let text = format!("the list of {kind} is empty: name one");
            return Err(ConfigError::new(text));
        }
        Ok(())
    }
}

/// Asks `policy`, and forbids the request if there is none.
pub(super) fn decide<I>(
    policy: Option<&Arc<dyn Policy<I>>>,
    caller: &I,
    request: &RequestHead<'_>,
) -> PolicyAnswer
where
    I: 'static,
{
    match policy {
        Some(policy) => policy.decide(caller, request),
        None => NowOrLater::now(Ok(PolicyDecision::Forbid)),
    }
}

pub(super) fn required_scopes<I: 'static>(
    policy: Option<&Arc<dyn Policy<I>>>,
    request: &RequestHead<'_>,
) -> Scopes {
    policy.map_or_else(Scopes::default, |policy| policy.required_scopes(request))
}

clones! { impl[K: Clone, I] PolicyTable[K, I] { named, otherwise } }

shows! { all impl[K: fmt::Debug, I] PolicyTable[K, I] as self {
    named: self.named.iter().map(|(key, _)| key).collect::<Vec<_>>(),
    otherwise: self.otherwise.is_some(),
} }
