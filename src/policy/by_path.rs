//! A policy that chooses another policy by the path of the request.

use std::sync::Arc;

use super::policy_table::{self, PolicyTable};
use super::{Policy, PolicyAnswer};
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::principal::Scopes;
use crate::request_head::RequestHead;

/// Starts a builder for a policy that depends on the path of the request, for example on the method of a gRPC service.
///
/// Name the paths that need less, and let [`otherwise`](ByPathBuilder::otherwise) be the strictest policy. The policy
/// compares whole paths, byte for byte, without the query, and forbids every path that the builder does not name, unless
/// the builder sets `otherwise`. So another spelling of a path, such as `/notes.Notes/%44elete`, does not get the policy of
/// that path, but a router may take it for the same path.
///
/// In axum, put a [`RequirePolicy`](crate::RequirePolicy) on a route instead: a route can have parameters, and the router
/// compares. Inside nested routers, the path is that of the whole request, as the client sent it (feature `axum`).
///
/// # Example
///
/// ```
/// use http::Request;
/// use tower_challenge::policy::{Policy, PolicyDecision, by_path, scopes};
/// use tower_challenge::{Principal, RequestHead};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Every method but `List` needs the scope `notes:write`, also a method that the service gets later.
/// let policy = by_path()
///     .on(["/notes.Notes/List"], scopes("notes:read")?)
///     .otherwise(scopes("notes:write")?)
///     .build()?;
/// let ada = Principal::new("ada").with_scopes("notes:read");
/// let decide = |path: &str| {
///     let request = Request::post(path).body(()).unwrap();
///     policy.decide(&ada, &RequestHead::of(&request)).try_now().unwrap()
/// };
///
/// assert!(matches!(decide("/notes.Notes/List"), Ok(PolicyDecision::Allow)));
/// assert!(matches!(decide("/notes.Notes/Delete"), Ok(PolicyDecision::Lacks(_))));
/// let wrong = by_path::<Principal>().on(["notes"], scopes("read")?).build();
/// assert!(wrong.is_err(), "a path begins with a slash");
/// assert!(by_path::<Principal>().build().is_err(), "the policy names no path");
/// # Ok(())
/// # }
/// ```
pub fn by_path<I>() -> ByPathBuilder<I> {
    ByPathBuilder {
        policies: PolicyTable::new(),
        error: None,
    }
}

/// The builder that [`by_path`] starts.
#[derive(Debug)]
#[must_use]
pub struct ByPathBuilder<I> {
    policies: PolicyTable<Box<str>, I>,
    // The first error, which `build` returns: the setters return the builder, so that calls can be chained.
    error: Option<ConfigError>,
}

impl<I> ByPathBuilder<I> {
    /// Requires `policy` for `paths`. An empty list, a path that was named before and a text that is no path are errors
    /// of [`build`](Self::build).
    pub fn on<P: AsRef<str>>(
        mut self,
        paths: impl IntoIterator<Item = P>,
        policy: impl Policy<I>,
    ) -> Self {
        let paths: Result<Vec<_>, _> = paths
            .into_iter()
            .map(|path| checked(path.as_ref()))
            .collect();
        let added = paths.and_then(|paths| self.policies.add("paths", paths, policy));
        self.error = self.error.or(added.err());
        self
    }

    /// Requires `policy` for every path that [`on`](Self::on) does not name.
    pub fn otherwise(mut self, policy: impl Policy<I>) -> Self {
        self.policies.set_otherwise(policy);
        self
    }

    /// Builds the policy.
    ///
    /// # Errors
    ///
    /// Fails if no path is named, if a list of paths is empty, if a path is named twice, or if a text is no path that a
    /// request can have. For example, `notes` has no slash at its start, and `/notes?page=2` has a query.
    pub fn build(self) -> Result<ByPath<I>, ConfigError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.policies.is_empty() {
            return Err(ConfigError::new("no path is named: name one with `on`"));
        }
        Ok(ByPath(self.policies))
    }
}

/// Returns `path`, if a request can have it.
fn checked(path: &str) -> Result<Box<str>, ConfigError> {
    // The characters of a path (RFC 3986 section 3.3). Braces are not among them: `/users/{id}` is a pattern of a router.
    let is_sent = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@%".contains(&byte);
    if path.starts_with('/') && path.bytes().all(is_sent) {
        return Ok(path.into());
    }
    Err(ConfigError::new(format!(
        "`{path}` is not a path: write it as clients send it, from the first slash, without a query and without braces"
    )))
}

/// The policy that [`by_path`] builds.
pub struct ByPath<I>(PolicyTable<Box<str>, I>);

impl<I> ByPath<I> {
    fn policy(&self, request: &RequestHead<'_>) -> Option<&Arc<dyn Policy<I>>> {
        let Self(policies) = self;
        let path = request.target().path();
        let named = policies.named(|named| **named == *path);
        named.or(policies.otherwise())
    }
}

impl<I: 'static> Policy<I> for ByPath<I> {
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        policy_table::decide(self.policy(request), caller, request)
    }

    fn required_scopes(&self, request: &RequestHead<'_>) -> Scopes {
        policy_table::required_scopes(self.policy(request), request)
    }
}

clones! { impl[I] ByPath[I] { 0 } }

shows! { all impl[I] ByPath[I] as self { policies: self.0 } }
