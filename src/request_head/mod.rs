//! A request without its body, to look at.

mod fetch;
#[cfg(not(feature = "axum"))]
mod flat;
#[cfg(any(feature = "digest", feature = "sigv4"))]
mod host;
#[cfg(feature = "axum")]
mod nested;

#[cfg(not(feature = "axum"))]
use self::flat::original_uri;
#[cfg(feature = "axum")]
use self::nested::original_uri;

use http::request::Parts;
use http::{Extensions, HeaderMap, Method, Request, Uri, Version};

use crate::derives::shows;

/// What a scheme, a policy and a renderer may look at: everything of a request but its body.
///
/// # Example
///
/// ```
/// use http::Request;
/// use tower_challenge::RequestHead;
///
/// let request = Request::get("/notes?token=secret").body(()).unwrap();
/// let head = RequestHead::of(&request);
/// assert_eq!(head.target().path(), "/notes");
/// assert!(!format!("{head:?}").contains("secret"), "it shows neither fields nor the query");
/// ```
#[derive(Clone, Copy)]
pub struct RequestHead<'r> {
    method: &'r Method,
    uri: &'r Uri,
    version: Version,
    headers: &'r HeaderMap,
    extensions: &'r Extensions,
}

impl<'r> RequestHead<'r> {
    /// The head of `request`.
    #[inline]
    #[must_use]
    pub fn of<B>(request: &'r Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            version: request.version(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }

    /// The same, of a request that was taken apart.
    #[must_use]
    pub const fn of_parts(parts: &'r Parts) -> Self {
        Self {
            method: &parts.method,
            uri: &parts.uri,
            version: parts.version,
            headers: &parts.headers,
            extensions: &parts.extensions,
        }
    }

    /// The method, as it came.
    #[must_use]
    pub const fn method(&self) -> &'r Method {
        self.method
    }

    /// The URI that the inner service will see. A router may have cut it: see [`target`](Self::target).
    #[must_use]
    pub const fn uri(&self) -> &'r Uri {
        self.uri
    }

    /// The request target as the client sent it, which is what credentials cover.
    ///
    /// Behind axum's nested routers that is not [`uri`](Self::uri); the feature `axum` makes the difference. A layer around
    /// the whole router that rewrites the URI hides what was sent: put it inside.
    #[must_use]
    pub fn target(&self) -> &'r Uri {
        original_uri(self.extensions).unwrap_or(self.uri)
    }

    /// The version of HTTP in which the request came.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The header fields.
    #[must_use]
    pub const fn headers(&self) -> &'r HeaderMap {
        self.headers
    }

    /// What earlier layers have attached.
    #[must_use]
    pub const fn extensions(&self) -> &'r Extensions {
        self.extensions
    }
}

shows! {
    /// Shows the method and the path: secrets travel in fields, and in queries.
    impl[] RequestHead['_] as self { method: *self.method, path: self.target().path() }
}
