//! Which routes does a survey know?

use std::fmt;

use http::{Method, Uri};

use super::{ExpectedAccess, probe};
use crate::config_error::ConfigError;

/// A route that was read.
pub(super) struct ListedRoute {
    pub(super) method: Method,
    pub(super) target: Uri,
    pub(super) expected: ExpectedAccess,
}

/// A route that the application says it has.
pub(super) struct DeclaredRoute {
    pub(super) method: Method,
    /// As the application has it: `/notes/{id}`.
    route: String,
    /// A path of it.
    pub(super) target: Uri,
}

impl DeclaredRoute {
    pub(super) fn read(method: &str, route: &str) -> Result<Self, ConfigError> {
        let asked = listed(method, &probe::some_path(route), ExpectedAccess::Guarded)?;
        Ok(Self {
            method: asked.method,
            route: route.to_owned(),
            target: asked.target,
        })
    }

    /// Whether a router with these routes takes a request for `path` to this one. For example, `/notes/new` is not taken to
    /// `/notes/{id}` where there is a route `/notes/new`.
    pub(super) fn is_chosen_from(&self, routes: &[Self], method: &Method, path: &str) -> bool {
        let takes = |it: &&Self| it.method == *method && probe::is_path_of(path, &it.route);
        let others = routes.iter().filter(takes);
        let least = others.map(|it| probe::openness(&it.route)).min();
        takes(&self) && least == Some(probe::openness(&self.route))
    }
}

impl fmt::Display for DeclaredRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.route)
    }
}

impl ListedRoute {
    pub(super) fn path(&self) -> &str {
        self.target.path()
    }

    pub(super) fn is(&self, method: &Method, path: &str) -> bool {
        self.method == *method && self.path() == path
    }

    pub(super) fn is_hidden(&self) -> bool {
        self.expected == ExpectedAccess::NotFound
    }
}

pub(super) fn listed(
    method: &str,
    target: &str,
    expected: ExpectedAccess,
) -> Result<ListedRoute, ConfigError> {
    let wrong = |what| ConfigError::new(format!("{method} {target}: {what}"));
    if !target.starts_with('/') {
        return Err(wrong("a target begins with a slash"));
    }
    Ok(ListedRoute {
        method: Method::from_bytes(method.as_bytes()).map_err(|_| wrong("that is no method"))?,
        target: target.parse().map_err(|_| wrong("that is no target"))?,
        expected,
    })
}

/// The first route of each path that is not everybody's.
pub(super) fn guarded_paths(listed: &[ListedRoute]) -> Vec<&ListedRoute> {
    let guarded = listed
        .iter()
        .filter(|it| it.expected != ExpectedAccess::Public);
    first_of_each(guarded)
}

/// The first route of each path that is everybody's, whatever the method.
pub(super) fn public_paths(listed: &[ListedRoute]) -> Vec<&ListedRoute> {
    let guarded = guarded_paths(listed);
    let is_guarded = |path: &str| guarded.iter().any(|it| it.path() == path);
    let public = listed.iter().filter(|it| !is_guarded(it.path()));
    first_of_each(public)
}

fn first_of_each<'l>(routes: impl Iterator<Item = &'l ListedRoute>) -> Vec<&'l ListedRoute> {
    let mut first = Vec::<&ListedRoute>::new();
    for route in routes {
        if first.iter().all(|it| it.path() != route.path()) {
            first.push(route);
        }
    }
    first
}
