//! Which scope implies which.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::config_error::ConfigError;
use crate::error_params::ErrorParams;
use crate::forward::forward;
use crate::principal::Scopes;

/// Decides whether a scope that a caller has implies another scope.
///
/// [`ScopeImplications`] is a table for it. Every closure from two `&str`, the granted scope and the needed one, to `bool`
/// is an implementation, too. [`RequireScopes::implied_by`](super::RequireScopes::implied_by) takes either.
///
/// # Example
///
/// In this example, a scope implies all scopes below it: `files` implies `files:read`.
///
/// ```
/// use tower_challenge::policy::{Policy, PolicyDecision, scopes};
/// use tower_challenge::{Principal, RequestHead};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let below = |granted: &str, needed: &str| needed.strip_prefix(granted).is_some_and(|rest| rest.starts_with(':'));
/// let read = scopes("files:read")?.implied_by(below);
/// let request = http::Request::new(());
/// let decide = |granted| {
///     let caller = Principal::new("ada").with_scopes(granted);
///     read.decide(&caller, &RequestHead::of(&request)).try_now().unwrap()
/// };
/// assert!(matches!(decide("files"), Ok(PolicyDecision::Allow)));
/// assert!(matches!(decide("file"), Ok(PolicyDecision::Lacks(_))));
/// # Ok(())
/// # }
/// ```
pub trait ImpliesScope: Send + Sync + 'static {
    /// Whether a caller who has the scope `granted` needs no `needed`. A policy asks this only about two different
    /// scopes, and does not follow chains: an implementation answers for implied scopes of implied scopes itself.
    fn implies(&self, granted: &str, needed: &str) -> bool;
}

impl<F> ImpliesScope for F
where
    F: Fn(&str, &str) -> bool + Send + Sync + 'static,
{
    fn implies(&self, granted: &str, needed: &str) -> bool {
        self(granted, needed)
    }
}

// The tools of a server share one table.
forward! { Arc: ImpliesScope {
    fn implies(&self, granted: &str, needed: &str) -> bool;
} }

/// A table of scopes and the scopes that each of them implies.
///
/// The relation is transitive: if `admin` implies `write`, and `write` implies `read`, then `admin` implies `read`. Two
/// scopes that imply each other are equal. A scope that the table does not name implies only itself.
///
/// # Example
///
/// ```
/// use tower_challenge::policy::{Policy, PolicyDecision, ScopeImplications, scopes};
/// use tower_challenge::{Principal, RequestHead};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let broader = ScopeImplications::new().implies("admin", "write")?.implies("write", "read")?;
/// let read = scopes("read")?.implied_by(broader);
/// let request = http::Request::new(());
/// let decide = |granted| {
///     let caller = Principal::new("ada").with_scopes(granted);
///     read.decide(&caller, &RequestHead::of(&request)).try_now().unwrap()
/// };
/// assert!(matches!(decide("admin"), Ok(PolicyDecision::Allow)));
/// assert!(matches!(decide("print"), Ok(PolicyDecision::Lacks(_))));
/// assert!(ScopeImplications::new().implies("admin", "").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct ScopeImplications {
    /// For each scope, all scopes that it implies, directly or through others.
    implied: Arc<BTreeMap<Box<str>, BTreeSet<Box<str>>>>,
}

impl ScopeImplications {
    /// Makes a table in which no scope implies another.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that the scope `broader` implies every scope of the space-separated list `narrower`. Further calls with the
    /// same scope add to the list.
    ///
    /// # Errors
    ///
    /// Fails if `broader` is not one scope, if `narrower` is empty, or if a scope has a character that RFC 6749 section
    /// 3.3 does not allow.
    pub fn implies(mut self, broader: &str, narrower: &str) -> Result<Self, ConfigError> {
        let list = Scopes::new(narrower);
        if list.is_empty() {
            return Err(ConfigError::new(format!(
                "the scope {broader:?} implies nothing: name at least one scope"
            )));
        }
        if broader.contains(' ') {
            return Err(ConfigError::new(format!(
                "{broader:?} is not one scope: call this once for each scope"
            )));
        }
        for scope in list.iter().chain([broader]) {
            ErrorParams::insufficient_scope(scope)?;
        }
        let implied = Arc::make_mut(&mut self.implied);
        let narrower = list.iter().map(Box::from);
        implied.entry(broader.into()).or_default().extend(narrower);
        close(implied);
        Ok(self)
    }
}

/// Adds what follows from chains, until nothing follows any more. The sets only grow and there are finitely many scopes,
/// so this ends with every table, also with a circle.
fn close(implied: &mut BTreeMap<Box<str>, BTreeSet<Box<str>>>) {
    loop {
        let before = implied.clone();
        for set in implied.values_mut() {
            let further = set.iter().filter_map(|scope| before.get(scope)).flatten();
            let further: Vec<_> = further.cloned().collect();
            set.extend(further);
        }
        if *implied == before {
            return;
        }
    }
}

impl ImpliesScope for ScopeImplications {
    fn implies(&self, granted: &str, needed: &str) -> bool {
        let implied = self.implied.get(granted);
        implied.is_some_and(|implied| implied.contains(needed))
    }
}
