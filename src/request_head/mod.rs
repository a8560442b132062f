//! Gives access to the head of a request: everything but its body.

mod fetch;
#[cfg(not(feature = "axum"))]
mod flat;
mod forwarded_target;
mod grpc;
mod host;
#[cfg(feature = "axum")]
mod nested;
mod presigned;
mod reasons;
mod signed_target;

#[cfg(not(feature = "axum"))]
use self::flat::original_uri;
#[cfg(feature = "axum")]
use self::nested::original_uri;

pub(crate) use self::forwarded_target::ForwardedTarget;

use http::request::Parts;
use http::{Extensions, HeaderMap, Method, Request, Uri, Version};

use crate::derives::shows;

/// The head of a request: its method, target, fields and extensions, without its body.
///
/// Schemes, policies and renderers receive it. The layer makes it with [`of`](Self::of).
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
/// assert!(!format!("{head:?}").contains("secret"), "`Debug` shows neither fields nor the query");
/// ```
#[derive(Clone, Copy)]
pub struct RequestHead<'r> {
    method: &'r Method,
    uri: &'r Uri,
    version: Version,
    headers: &'r HeaderMap,
    extensions: &'r Extensions,
    /// The target that trusted proxies have received; `Some(None)` if their fields cannot be read.
    forwarded: Option<Option<&'r ForwardedTarget>>,
    /// Whether it is known that the request has no body.
    has_no_body: bool,
}

impl<'r> RequestHead<'r> {
    /// Returns the head of `request`.
    #[inline]
    #[must_use]
    pub fn of<B>(request: &'r Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            version: request.version(),
            headers: request.headers(),
            extensions: request.extensions(),
            forwarded: None,
            has_no_body: false,
        }
    }

    /// Returns the head of a request that was split into its parts.
    #[must_use]
    pub const fn of_parts(parts: &'r Parts) -> Self {
        Self {
            method: &parts.method,
            uri: &parts.uri,
            version: parts.version,
            headers: &parts.headers,
            extensions: &parts.extensions,
            forwarded: None,
            has_no_body: false,
        }
    }

    /// Returns the method as the client sent it.
    #[must_use]
    #[inline]
    pub const fn method(&self) -> &'r Method {
        self.method
    }

    /// Returns the URI that the inner service receives. A router may have removed a prefix of its path: see
    /// [`target`](Self::target).
    #[must_use]
    #[inline]
    pub const fn uri(&self) -> &'r Uri {
        self.uri
    }

    /// Returns the request target as the client sent it to this server, or to a proxy that left it as it was.
    ///
    /// Digest responses and AWS signatures cover the target that the client sent. Behind a proxy that changes it, that
    /// is the [`signed_target`](Self::signed_target).
    ///
    /// In axum's nested routers it differs from [`uri`](Self::uri). For example, a handler under `/api` sees the URI
    /// `/notes` for the target `/api/notes`. The feature `axum` is needed to see the difference.
    ///
    /// A layer around the whole router that rewrites the URI hides the target that the client sent. Put such a layer
    /// inside of this one.
    #[must_use]
    #[inline]
    pub fn target(&self) -> &'r Uri {
        original_uri(self.extensions).unwrap_or(self.uri)
    }

    /// Returns the version of HTTP of the request.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Returns the header fields.
    #[must_use]
    #[inline]
    pub const fn headers(&self) -> &'r HeaderMap {
        self.headers
    }

    /// Returns the extensions that the server and earlier layers have inserted.
    #[must_use]
    #[inline]
    pub const fn extensions(&self) -> &'r Extensions {
        self.extensions
    }

    /// Returns `true` if it is known that the request has no body.
    #[inline]
    pub(crate) const fn has_no_body(&self) -> bool {
        self.has_no_body
    }

    /// Says whether the body was at its end before it had any bytes.
    #[inline]
    pub(crate) const fn with_ended_body(mut self, has_ended: bool) -> Self {
        self.has_no_body = has_ended;
        self
    }
}

shows! {
    /// Shows the method and the path only, because fields and queries can hold secrets.
    impl[] RequestHead['_] as self { method: *self.method, path: self.target().path() }
}
