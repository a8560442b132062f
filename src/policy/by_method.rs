//! A policy for each method.

use std::sync::Arc;

use http::Method;

use super::{Policy, PolicyAnswer, PolicyDecision};
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::now_or_later::NowOrLater;
use crate::request_head::RequestHead;

/// Begins a policy that depends on the method of the request.
///
/// Methods are compared exactly, as RFC 9110 section 9.1 has it: `get` is not `GET`. What is not named, and what nobody
/// has heard of, is forbidden, or has to satisfy [`otherwise`](ByMethodBuilder::otherwise). `HEAD` is `GET` without the
/// content (section 9.3.2), and follows it unless it is named. Fields and parameters that pretend another method are not
/// looked at.
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
/// assert!(matches!(decide("PATCH"), Ok(PolicyDecision::Forbid)), "nobody said what that takes");
/// assert!(by_method::<Principal>().build().is_err(), "nobody said anything");
/// # Ok(())
/// # }
/// ```
pub fn by_method<I>() -> ByMethodBuilder<I> {
    ByMethodBuilder {
        policy: ByMethod {
            named: Vec::new(),
            otherwise: None,
        },
        wrong: None,
    }
}

/// See [`by_method`].
#[derive(Debug)]
#[must_use]
pub struct ByMethodBuilder<I> {
    policy: ByMethod<I>,
    wrong: Option<ConfigError>,
}

impl<I> ByMethodBuilder<I> {
    /// Requires `policy` for `methods`.
    pub fn on(mut self, methods: impl IntoIterator<Item = Method>, policy: impl Policy<I>) -> Self {
        let policy: Arc<dyn Policy<I>> = Arc::new(policy);
        let before = self.policy.named.len();
        for method in methods {
            if self.policy.named(&method).is_some() {
                self.is_wrong(format!("{method} is named twice: name it once"));
            }
            self.policy.named.push((method, Arc::clone(&policy)));
        }
        if self.policy.named.len() == before {
            self.is_wrong("the list of methods is empty: name one".to_owned());
        }
        self
    }

    /// Requires `policy` for every other method, those that nobody has heard of among them. Make it the strictest.
    pub fn otherwise(mut self, policy: impl Policy<I>) -> Self {
        self.policy.otherwise = Some(Arc::new(policy));
        self
    }

    /// The policy.
    ///
    /// # Errors
    ///
    /// No method is named, or a list of methods is empty, or a method is named twice.
    pub fn build(self) -> Result<ByMethod<I>, ConfigError> {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        if self.policy.named.is_empty() {
            return Err(ConfigError::new("no method is named: name one with `on`"));
        }
        Ok(self.policy)
    }

    fn is_wrong(&mut self, text: String) {
        self.wrong.get_or_insert_with(|| ConfigError::new(text));
    }
}

/// See [`by_method`].
pub struct ByMethod<I> {
    named: Vec<(Method, Arc<dyn Policy<I>>)>,
    otherwise: Option<Arc<dyn Policy<I>>>,
}

impl<I> ByMethod<I> {
    fn named(&self, method: &Method) -> Option<&Arc<dyn Policy<I>>> {
        let mut named = self.named.iter();
        named.find(|(it, _)| it == method).map(|(_, policy)| policy)
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
}

clones! { impl[I] ByMethod[I] { named, otherwise } }

shows! { all impl[I] ByMethod[I] as self {
    named: self.named.iter().map(|(method, _)| method).collect::<Vec<_>>(),
    otherwise: self.otherwise.is_some(),
} }
