//! Decides whether the path of a request is public.

use http::uri::{Authority, Uri};
use http::{Method, Version, header::HOST};

use crate::config_error::ConfigError;
use crate::request_head::RequestHead;

/// Methods and paths that need no credentials, for [`RequireAuth::public_paths`](crate::RequireAuth::public_paths).
///
/// A path is public in two cases: it equals a named path byte by byte, or it is in normal form and below a named path.
///
/// Every other spelling needs credentials, even if a router, a proxy or a file system resolves it to the same resource.
/// Such spellings are: percent-encoding, dot segments, empty segments, a slash at the end, a parameter (`;`), another
/// case, a backslash, and a path of more than 1024 bytes. For example, if `/health` is public, `/health/` and `/Health`
/// are not.
///
/// A request also needs credentials if its target is a whole URL over HTTP/1 or contains user information, if its
/// authority differs from its `Host`, or if a layer rewrote its URI. The query does not matter, because routers ignore
/// it.
///
/// Only the method and the target decide. No header field makes a request public. The path is the whole path that the
/// client sent. With the feature `axum`, this also holds behind axum's nested routers.
///
/// # Example
///
/// ```
/// use http::{Method, Request};
/// use tower_challenge::RequestHead;
/// use tower_challenge::require_auth::PublicPaths;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let reading = [Method::GET, Method::HEAD];
/// let public = PublicPaths::exactly([Method::GET], "/health")?.and_below(reading, "/assets/")?;
/// let is_public = |method: &str, target: &str| {
///     let request = Request::builder().method(method).uri(target).body(()).unwrap();
///     public.contains(&RequestHead::of(&request))
/// };
///
/// assert!(is_public("GET", "/health"));
/// assert!(is_public("HEAD", "/assets/css/page.css"));
/// assert!(!is_public("POST", "/health"));
/// assert!(!is_public("GET", "/assets/../admin"));
/// assert!(!is_public("GET", "/assets/%2e%2e/admin"));
/// assert!(PublicPaths::exactly([Method::GET], "/a/../health").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct PublicPaths(Vec<PublicPath>);

/// A public path with its public methods.
#[derive(Clone, Debug)]
struct PublicPath {
    methods: Vec<Method>,
    path: Box<str>,
    /// Whether the paths below `path` are public, and not `path` itself.
    below: bool,
}

/// The maximum length of a public path, in bytes.
const MAX_LENGTH: usize = 1024;

impl PublicPaths {
    /// Makes one path public.
    ///
    /// # Errors
    ///
    /// Fails if no method is named, or if the path is not in normal form. A path in normal form is `/`, or a sequence
    /// of segments that each begin with `/`. A segment consists of letters, digits and `-._~!$&'()+,=:@`, and it is
    /// neither empty nor `.` nor `..`. It contains no `*` and no `{}`, because this type has no patterns.
    pub fn exactly(
        methods: impl IntoIterator<Item = Method>,
        path: &str,
    ) -> Result<Self, ConfigError> {
        Self(Vec::new()).and_exactly(methods, path)
    }

    /// Makes every path below `path` public. The argument ends with `/`, and is not itself public.
    ///
    /// For example, `/assets/` makes `/assets/page.css` public, but neither `/assets/` nor `/assets`.
    ///
    /// # Errors
    ///
    /// Fails if no method is named, if the path does not end with `/`, if it is `/`, or if it is otherwise not in
    /// normal form.
    pub fn below(
        methods: impl IntoIterator<Item = Method>,
        path: &str,
    ) -> Result<Self, ConfigError> {
        Self(Vec::new()).and_below(methods, path)
    }

    /// Makes another path public, as [`exactly`](Self::exactly) does.
    ///
    /// # Errors
    ///
    /// As for [`exactly`](Self::exactly).
    pub fn and_exactly(
        self,
        methods: impl IntoIterator<Item = Method>,
        path: &str,
    ) -> Result<Self, ConfigError> {
        if path != "/" && !is_normal(path) {
            return Err(not_normal(path));
        }
        self.and(methods, path, false)
    }

    /// Makes everything below another path public, as [`below`](Self::below) does.
    ///
    /// # Errors
    ///
    /// As for [`below`](Self::below).
    pub fn and_below(
        self,
        methods: impl IntoIterator<Item = Method>,
        path: &str,
    ) -> Result<Self, ConfigError> {
        match path.strip_suffix('/') {
            Some(parent) if is_normal(parent) => self.and(methods, path, true),
            Some("") => Err(ConfigError::new(
                "`/` would make every path public: name a longer prefix, or remove the layer",
            )),
            Some(_) => Err(not_normal(path)),
            None => Err(ConfigError::new(format!(
                "the prefix {path:?} does not end with a slash: append `/`"
            ))),
        }
    }

    fn and(
        mut self,
        methods: impl IntoIterator<Item = Method>,
        path: &str,
        below: bool,
    ) -> Result<Self, ConfigError> {
        let methods: Vec<_> = methods.into_iter().collect();
        if methods.is_empty() {
            return Err(ConfigError::new(format!(
                "the public path {path:?} has no method: name at least one"
            )));
        }
        let path = path.into();
        self.0.push(PublicPath {
            methods,
            path,
            below,
        });
        Ok(self)
    }

    /// Whether `request` is public.
    #[must_use]
    pub fn contains(&self, request: &RequestHead<'_>) -> bool {
        let path = request.target().path();
        let mut paths = self.0.iter();
        paths.any(|public| public.contains(request.method(), path)) && is_plain(request)
    }
}

impl PublicPath {
    fn contains(&self, method: &Method, path: &str) -> bool {
        let matches_path = if self.below {
            path.starts_with(&*self.path) && is_normal(path)
        } else {
            path == &*self.path
        };
        matches_path && self.methods.contains(method)
    }
}

fn not_normal(path: &str) -> ConfigError {
    ConfigError::new(format!(
        "the path {path:?} is not in normal form: `PublicPaths::exactly` documents the allowed paths"
    ))
}

/// Whether `path` is in normal form (RFC 3986 section 6).
///
/// This is stricter than the RFC: it also refuses characters that a file system reads as a separator, such as a
/// backslash, or that a framework reads as the start of a parameter, such as `;`.
fn is_normal(path: &str) -> bool {
    let segments = path.strip_prefix('/').map(|rest| rest.split('/'));
    path.len() <= MAX_LENGTH && segments.is_some_and(|mut segments| segments.all(is_normal_segment))
}

fn is_normal_segment(segment: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()+,=:@".contains(&byte);
    !matches!(segment, "" | "." | "..") && segment.bytes().all(is_allowed)
}

/// Whether all servers on the way see the same target: no layer rewrote it, and its authority is only the host.
fn is_plain(request: &RequestHead<'_>) -> bool {
    is_whole(request.target(), request.uri())
        && request
            .target()
            .authority()
            .is_none_or(|authority| is_pseudo_header(request, authority))
}

/// Whether the URI is what the client sent. A nested router of axum sees only the end of the path, or `/`. Any
/// other difference comes from a layer that rewrote the URI, and the application has not declared the rewritten path
/// public.
fn is_whole(target: &Uri, seen: &Uri) -> bool {
    seen.path() == "/" || target.path().ends_with(seen.path())
}

/// Whether the authority comes from the `:authority` pseudo-header field of HTTP/2 (RFC 9113 section 8.3.1), names no
/// user, and equals the `Host` field if there is one. In HTTP/1 a target with an authority is a request to a proxy, so
/// it is not public.
fn is_pseudo_header(request: &RequestHead<'_>, authority: &Authority) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    request.version() >= Version::HTTP_2
        && !authority.as_str().contains('@')
        && hosts.all(|host| authority == host.to_str().unwrap_or_default())
}
