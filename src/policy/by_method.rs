//! A policy that chooses another policy by the method of the request.

use std::sync::Arc;

use http::Method;

use super::{Policy, PolicyAnswer, PolicyDecision};
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::now_or_later::NowOrLater;
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
        policy: ByMethod {
            named: Vec::new(),
            otherwise: None,
        },
        error: None,
    }
}

/// The builder that [`by_method`] starts.
#[derive(Debug)]
#[must_use]
pub struct ByMethodBuilder<I> {
    policy: ByMethod<I>,
    // The first error, which `build` returns: the setters return the builder, so that calls can be chained.
    error: Option<ConfigError>,
}

impl<I> ByMethodBuilder<I> {
    /// Requires `policy` for `methods`. An empty list and a method that was named before are errors of
    /// [`build`](Self::build).
    pub fn on(mut self, methods: impl IntoIterator<Item = Method>, policy: impl Policy<I>) -> Self {
        let policy: Arc<dyn Policy<I>> = Arc::new(policy);
        let before = self.policy.named.len();
        for method in methods {
            if self.policy.named(&method).is_some() {
                self.record_error(format!("{method} is named twice: name it once"));
            }
            self.policy.named.push((method, Arc::clone(&policy)));
        }
        if self.policy.named.len() == before {
            self.record_error("the list of methods is empty: name one".to_owned());
        }
        self
    }

    /// Requires `policy` for every method that [`on`](Self::on) does not name. These include methods that no
    /// specification defines, so this policy should be the strictest of all.
    pub fn otherwise(mut self, policy: impl Policy<I>) -> Self {
        self.policy.otherwise = Some(Arc::new(policy));
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
        if self.policy.named.is_empty() {
            return Err(ConfigError::new("no method is named: name one with `on`"));
        }
        Ok(self.policy)
    }

    fn record_error(&mut self, text: String) {
        self.error.get_or_insert_with(|| ConfigError::new(text));
    }
}

/// The policy that [`by_method`] builds.
pub struct ByMethod<I> {
    named: Vec<(Method, Arc<dyn Policy<I>>)>,
    otherwise: Option<Arc<dyn Policy<I>>>,
}

impl<I> ByMethod<I> {
    fn named(&self, method: &Method) -> Option<&Arc<dyn Policy<I>>> {
        let mut named = self.named.iter();
        let entry = named.find(|(name, _)| name == method);
        entry.map(|(_, policy)| policy)
    }

    fn policy(&self, method: &Method) -> Option<&Arc<dyn Policy<I>>> {
        let as_get = || self.named(&Method::GET).filter(|_| method == Method::HEAD);
        self.named(method)
            .or_else(as_get)
            .or(self.otherwise.as_ref())
    }
}

impl<I: 'static> Policy<I> for ByMethod<I> {
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        match self.policy(request.method()) {
            Some(policy) => policy.decide(caller, request),
            None => NowOrLater::now(Ok(PolicyDecision::Forbid)),
        }
    }

    fn required_scopes(&self, request: &RequestHead<'_>) -> Scopes {
        let policy = self.policy(request.method());
        policy.map_or_else(Scopes::default, |policy| policy.required_scopes(request))
    }
}

clones! { impl[I] ByMethod[I] { named, otherwise } }

shows! { all impl[I] ByMethod[I] as self {
    named: self.named.iter().map(|(method, _)| method).collect::<Vec<_>>(),
    otherwise: self.otherwise.is_some(),
} }
