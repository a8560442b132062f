//! Makes routes, and the OpenAPI document that describes them. Both are made of the same requirements, so the document
//! cannot promise other rules than the layer enforces.

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{Method, Request};
use tower_challenge::policy::scopes;
use tower_challenge::require_auth::PublicPaths;
use tower_challenge::scheme::{Attempt, BoxScheme, ServerRole};
use tower_challenge::{ConfigError, Principal, RequestHead, RequireAuth, RequirePolicy, Scheme};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{OpenApi, PathItem, Response};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// The requirement of an operation.
#[derive(Clone, Copy)]
pub(crate) enum Access {
    Public,
    Login,
    /// A login with these scopes, separated by spaces.
    Scopes(&'static str),
}

/// The routes of an application, their document, and the layer around them.
pub(crate) struct Api {
    schemes: BTreeMap<String, SecurityScheme>,
    auth: RequireAuth<BoxScheme<Principal>>,
    public: PublicPaths,
    router: OpenApiRouter,
}

impl Api {
    /// Begins an application whose callers log in by `scheme`. It serves its document at `/openapi.json`.
    ///
    /// # Errors
    ///
    /// OpenAPI has no form for one of the schemes.
    pub(crate) fn new(
        document: OpenApi,
        scheme: BoxScheme<Principal>,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            schemes: security_schemes(&scheme)?,
            auth: RequireAuth::new(scheme)?,
            public: PublicPaths::exactly([Method::GET], "/openapi.json")?,
            router: OpenApiRouter::with_openapi(document),
        })
    }

    /// Adds the operations of one path: to the document with what they require, and to the router with what enforces
    /// it.
    ///
    /// # Errors
    ///
    /// A scope cannot be read, or a public operation has a path with a parameter.
    pub(crate) fn operations(
        mut self,
        access: Access,
        (schemas, mut paths, mut routes): UtoipaMethodRouter,
    ) -> Result<Self, ConfigError> {
        for (path, item) in &mut paths.paths {
            for (method, operation) in operations_of(item) {
                self.describe(access, operation);
                if let Access::Public = access {
                    self.public = self.public.and_exactly([method], path)?;
                }
            }
        }
        if let Access::Scopes(list) = access {
            routes = routes.layer(RequirePolicy::new(scopes(list)?));
        }
        self.router = self.router.routes((schemas, paths, routes));
        Ok(self)
    }

    fn describe(&self, access: Access, operation: &mut Operation) {
        let scopes: Vec<&str> = match access {
            Access::Public => {
                // An empty list says that the operation is public.
                operation.security = Some(Vec::new());
                return;
            }
            Access::Login => Vec::new(),
            Access::Scopes(list) => list.split(' ').collect(),
        };
        let refusals = &mut operation.responses.responses;
        refusals.insert("401".into(), Response::new("no valid credentials").into());
        if !scopes.is_empty() {
            refusals.insert("403".into(), Response::new("a scope is missing").into());
        }
        // Each entry is an alternative: the caller chooses one scheme.
        let alternatives = self.schemes.keys();
        let alternatives = alternatives.map(|name| SecurityRequirement::new(name, scopes.clone()));
        operation.security = Some(alternatives.collect());
    }

    /// Returns the router, with the layer around all of its routes.
    ///
    /// # Errors
    ///
    /// The document cannot be written as JSON.
    pub(crate) fn build(self) -> Result<Router, ConfigError> {
        let (router, mut document) = self.router.split_for_parts();
        let components = document.components.get_or_insert_default();
        components.security_schemes = self.schemes;
        let json = document.to_json();
        let json = json.map_err(|error| ConfigError::new(error.to_string()))?;
        let document = get(async || ([(CONTENT_TYPE, "application/json")], json));
        let router = router.route("/openapi.json", document);
        Ok(router.layer(self.auth.public_paths(self.public)))
    }
}

/// Describes the challenges that a client without credentials gets.
fn security_schemes(scheme: &impl Scheme) -> Result<BTreeMap<String, SecurityScheme>, ConfigError> {
    let request = Request::new(());
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    let mut challenges = Vec::new();
    scheme.challenge(&attempt, None, &mut challenges);
    let described = challenges.iter().map(|challenge| {
        let name = challenge.scheme().to_string().to_ascii_lowercase();
        let form = match name.as_str() {
            "basic" => HttpAuthScheme::Basic,
            "bearer" => HttpAuthScheme::Bearer,
            "digest" => HttpAuthScheme::Digest,
            _ => {
                let fault = format!("describe the scheme {name} for OpenAPI");
                return Err(ConfigError::new(fault));
            }
        };
        Ok((name, SecurityScheme::Http(Http::new(form))))
    });
    described.collect()
}

fn operations_of(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let operations = [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::DELETE, &mut item.delete),
        (Method::OPTIONS, &mut item.options),
        (Method::HEAD, &mut item.head),
        (Method::PATCH, &mut item.patch),
        (Method::TRACE, &mut item.trace),
    ];
    let operations = operations.into_iter();
    operations.filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}
