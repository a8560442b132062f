//! Decides whether the path of a request is public.

use http::uri::{Authority, Uri};
use http::{Method, Version, header::HOST};

use super::normal_path::{MAX_LENGTH, is_nameable, is_normal_segment};
use crate::config_error::ConfigError;
use crate::request_head::RequestHead;

/// Methods and paths that need no credentials, for [`RequireAuth::public_paths`](crate::RequireAuth::public_paths).
///
/// A path is public in two cases: it equals a named path byte by byte, or it is in normal form and below a named path.
/// If `GET` is public, so is `HEAD`, because `HEAD` asks for the head of the same response (RFC 9110 section 9.3.2).
///
/// Every other spelling needs credentials, even if a router, a proxy or a file system resolves it to the same resource.
/// Such spellings are: another percent-encoding, dot segments, empty segments, a slash at the end, a parameter (`;`),
/// another case, a backslash, and a path of more than 1024 bytes. For example, if `/health` is public, `/health/` and
/// `/Health` are not.
///
/// A file name with a space or with letters beyond ASCII is named in the spelling that clients send, for example
/// `/price%20list.pdf`. Then only this spelling is public, and `/price+list.pdf` or `/%70rice%20list.pdf` are not. A
/// path below a named path contains no percent-encoded character: name each such file with [`exactly`](Self::exactly).
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
/// let public = PublicPaths::exactly([Method::GET], "/health")?.and_below([Method::GET], "/assets/")?;
/// let public = public.and_exactly([Method::GET], "/assets/price%20list.pdf")?;
/// let is_public = |method: &str, target: &str| {
///     let request = Request::builder().method(method).uri(target).body(()).unwrap();
///     public.contains(&RequestHead::of(&request))
/// };
///
/// assert!(is_public("GET", "/health"));
/// assert!(is_public("HEAD", "/assets/css/page.css"));
/// assert!(is_public("GET", "/assets/price%20list.pdf"));
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

impl PublicPaths {
    /// Makes one path public.
    ///
    /// # Errors
    ///
    /// Fails if no method is named, or if the path is not in normal form. A path in normal form is `/`, or a sequence
    /// of segments that each begin with `/`. A segment consists of letters, digits and `-._~!$&'()+,=:@`, and it is
    /// neither empty nor `.` nor `..`. It contains no `*` and no `{}`, because this type has no patterns.
    ///
    /// A segment may also contain other characters in UTF-8, percent-encoded with digits in upper case. For example,
    /// `/caf%C3%A9/price%20list.pdf` is in normal form. A letter or a digit is never encoded. An encoded control
    /// character, slash, backslash or semicolon fails, and so does white space at an end of a segment and a text that
    /// has an escape once it is decoded, such as `%252e`.
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
        if path != "/" && !is_nameable(path) {
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
            Some(parent) if is_nameable(parent) => self.and(methods, path, true),
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
            self.is_above(path)
        } else {
            path == &*self.path
        };
        matches_path && self.allows(method)
    }

    /// Whether `path` is below this path. Only the part that the application has named may be percent-encoded.
    fn is_above(&self, path: &str) -> bool {
        let rest = path.strip_prefix(&*self.path).unwrap_or_default();
        rest.split('/').all(is_normal_segment) && path.len() <= MAX_LENGTH
    }

    /// A `HEAD` gets the head of the response to the `GET` and nothing more (RFC 9110 section 9.3.2).
    fn allows(&self, method: &Method) -> bool {
        let is_named = |named: &Method| self.methods.contains(named);
        is_named(method) || *method == Method::HEAD && is_named(&Method::GET)
    }
}

fn not_normal(path: &str) -> ConfigError {
    ConfigError::new(format!(
        "the path {path:?} is not in normal form: `PublicPaths::exactly` documents the allowed paths"
    ))
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
