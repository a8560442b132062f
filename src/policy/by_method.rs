//! A policy that chooses another policy by the method of the request.

use std::sync::Arc;

use http::Method;

use super::policy_table::{self, PolicyTable};
use super::{Policy, PolicyAnswer};
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::principal::Scopes;
use crate::request_head::RequestHead;

/// Starts a builder for a policy that depends on the method of the request.
///
/// The policy compares methods exactly, since they are case-sensitive (RFC 9110 section 9.1): `get` is not `GET`. It
/// forbids every method that the builder does not name, known or unknown, unless the builder sets
/// [`otherwise`](ByMethodBuilder::otherwise).
///
/// `HEAD` is `GET` without the content (RFC 9110 section 9.3.2), so it follows the policy of `GET` unless the builder
/// names it. The policy ignores header fields and parameters that claim another method, such as
/// `X-HTTP-Method-Override`.
///
/// # Example
///
/// ```
/// use http::{Method, Request};
/// use tower_challenge::policy::{PolicyDecision, Policy, by_method, scopes};
/// use tower_challenge::{Principal, RequestHead};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let policy = by_method()
///     .on([Method::GET], scopes("read")?)
///     .on([Method::PUT, Method::DELETE], scopes("write")?)
///     .build()?;
/// let ada = Principal::new("ada").with_scopes("read");
/// let decide = |method: &str| {
///     let request = Request::builder().method(method).body(()).unwrap();
///     policy.decide(&ada, &RequestHead::of(&request)).try_now().unwrap()
/// };
///
/// assert!(matches!(decide("HEAD"), Ok(PolicyDecision::Allow)));
/// assert!(matches!(decide("PUT"), Ok(PolicyDecision::Lacks(_))));
/// assert!(matches!(decide("PATCH"), Ok(PolicyDecision::Forbid)), "the policy does not name PATCH");
/// assert!(by_method::<Principal>().build().is_err(), "the policy names no method");
/// # Ok(())
/// # }
/// ```
pub fn by_method<I>() -> ByMethodBuilder<I> {
    ByMethodBuilder {
        policies: PolicyTable::new(),
        error: None,
    }
}

/// The builder that [`by_method`] starts.
#[derive(Debug)]
#[must_use]
pub struct ByMethodBuilder<I> {
    policies: PolicyTable<Method, I>,
    // The first error, which `build` returns: the setters return the builder, so that calls can be chained.
    error: Option<ConfigError>,
}

impl<I> ByMethodBuilder<I> {
    /// Requires `policy` for `methods`. An empty list and a method that was named before are errors of
    /// [`build`](Self::build).
    pub fn on(mut self, methods: impl IntoIterator<Item = Method>, policy: impl Policy<I>) -> Self {
        let added = self.policies.add("methods", methods, policy);
        self.error = self.error.or(added.err());
        self
    }

    /// Requires `policy` for every method that [`on`](Self::on) does not name. These include methods that no
    /// specification defines, so this policy should be the strictest of all.
    pub fn otherwise(mut self, policy: impl Policy<I>) -> Self {
        self.policies.set_otherwise(policy);
        self
    }

    /// Builds the policy.
    ///
    /// # Errors
    ///
    /// Fails if no method is named, if a list of methods is empty, or if a method is named twice.
    pub fn build(self) -> Result<ByMethod<I>, ConfigError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.policies.is_empty() {
            return Err(ConfigError::new("no method is named: name one with `on`"));
        }
        Ok(ByMethod(self.policies))
    }
}

/// The policy that [`by_method`] builds.
pub struct ByMethod<I>(PolicyTable<Method, I>);

impl<I> ByMethod<I> {
    fn policy(&self, method: &Method) -> Option<&Arc<dyn Policy<I>>> {
        let Self(policies) = self;
        let named = |wanted: &Method| policies.named(|method| method == wanted);
        let as_get = || named(&Method::GET).filter(|_| method == Method::HEAD);
        named(method).or_else(as_get).or(policies.otherwise())
    }
}

impl<I: 'static> Policy<I> for ByMethod<I> {
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        policy_table::decide(self.policy(request.method()), caller, request)
    }

    fn required_scopes(&self, request: &RequestHead<'_>) -> Scopes {
        policy_table::required_scopes(self.policy(request.method()), request)
    }
}

clones! { impl[I] ByMethod[I] { 0 } }

shows! { all impl[I] ByMethod[I] as self { policies: self.0 } }
