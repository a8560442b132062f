//! Reads the routes that a survey lists, and the routes that the application declares.

use std::fmt;

use http::{Method, Uri};

use super::{ExpectedAccess, probe};
use crate::config_error::ConfigError;

/// A route on the list of the survey.
pub(super) struct SurveyedRoute {
    pub(super) method: Method,
    pub(super) target: Uri,
    pub(super) expected: ExpectedAccess,
}

/// A route from the application's own list ([`AccessSurvey::all_routes`](super::AccessSurvey::all_routes)).
pub(super) struct RouteDeclaration {
    pub(super) method: Method,
    /// The pattern of the application, such as `/notes/{id}`.
    route: String,
    /// A path that matches the pattern, such as `/notes/1`.
    pub(super) target: Uri,
}

impl RouteDeclaration {
    pub(super) fn read(method: &str, route: &str) -> Result<Self, ConfigError> {
        let asked = listed(method, &probe::some_path(route), ExpectedAccess::Guarded)?;
        Ok(Self {
            method: asked.method,
            route: route.to_owned(),
            target: asked.target,
        })
    }

    /// Returns whether a router with these `routes` takes a request for `path` to this route.
    ///
    /// For example, if there is a route `/notes/new`, the router does not take the path `/notes/new` to `/notes/{id}`.
    pub(super) fn is_chosen_from(&self, routes: &[Self], method: &Method, path: &str) -> bool {
        let matches =
            |route: &&Self| route.method == *method && probe::is_path_of(path, &route.route);
        let others = routes.iter().filter(matches);
        let least = others.map(|other| probe::openness(&other.route)).min();
        matches(&self) && least == Some(probe::openness(&self.route))
    }
}

impl fmt::Display for RouteDeclaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.route)
    }
}

impl SurveyedRoute {
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
) -> Result<SurveyedRoute, ConfigError> {
    let wrong = |what| ConfigError::new(format!("{method} {target}: {what}"));
    if !target.starts_with('/') {
        return Err(wrong("a target must begin with a slash"));
    }
    Ok(SurveyedRoute {
        method: Method::from_bytes(method.as_bytes()).map_err(|_| wrong("not a valid method"))?,
        target: target.parse().map_err(|_| wrong("not a valid target"))?,
        expected,
    })
}

/// Returns the first route of each path that has a route which is not public.
pub(super) fn guarded_paths(listed: &[SurveyedRoute]) -> Vec<&SurveyedRoute> {
    let guarded = listed
        .iter()
        .filter(|route| route.expected != ExpectedAccess::Public);
    first_of_each(guarded)
}

/// Returns the first route of each path whose listed routes are all public.
pub(super) fn public_paths(listed: &[SurveyedRoute]) -> Vec<&SurveyedRoute> {
    let guarded = guarded_paths(listed);
    let is_guarded = |path: &str| guarded.iter().any(|route| route.path() == path);
    let public = listed.iter().filter(|route| !is_guarded(route.path()));
    first_of_each(public)
}

fn first_of_each<'l>(routes: impl Iterator<Item = &'l SurveyedRoute>) -> Vec<&'l SurveyedRoute> {
    let mut first = Vec::<&SurveyedRoute>::new();
    for route in routes {
        if first.iter().all(|known| known.path() != route.path()) {
            first.push(route);
        }
    }
    first
}
