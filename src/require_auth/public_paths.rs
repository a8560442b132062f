//! Which paths are public.

use http::uri::{Authority, Uri};
use http::{Method, Version, header::HOST};

use crate::config_error::ConfigError;
use crate::request_head::RequestHead;

/// Methods and paths that need no credentials, for [`RequireAuth::public_paths`](crate::RequireAuth::public_paths).
///
/// A path is public if it is, octet by octet, one that is named here; or if it is below one, and in normal form. Every
/// other spelling that a router, a proxy or a file system may take for the same is asked for credentials: percent-encoding,
/// dot segments, empty segments, a slash at the end, a parameter (`;`), another case, a backslash, more than 1024 octets.
/// So is a request whose target is a whole URL over HTTP/1, that has user information, whose authority is not its `Host`, or
/// whose URI was rewritten on the way. The query is not looked at, as routers do not look at it.
///
/// Nothing but the method and the target counts: no field makes a request public. The path is the whole one that the
/// client sent, behind axum's nested routers, too, with the feature `axum`.
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

/// One place, and what may be done there.
#[derive(Clone, Debug)]
struct PublicPath {
    methods: Vec<Method>,
    path: Box<str>,
    /// Whether it is what is below the path that is meant.
    below: bool,
}

/// A path longer than this, in octets, is not public.
const MAX_LENGTH: usize = 1024;

impl PublicPaths {
    /// Makes one path public.
    ///
    /// # Errors
    ///
    /// No method is named, or the path is not in normal form: `/`, or segments that are not empty and no dots, of letters,
    /// digits and `-._~!$&'()+,=:@`; no `*` and no `{}`, which look like
    /// more than they would be.
    pub fn exactly(
        methods: impl IntoIterator<Item = Method>,
        path: &str,
    ) -> Result<Self, ConfigError> {
        Self(Vec::new()).and_exactly(methods, path)
    }

    /// Makes everything below a path public, which ends with `/`. The path itself is not below it.
    ///
    /// # Errors
    ///
    /// No method is named, the path does not end with `/`, is `/`, or is otherwise not in normal form.
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
                "everything is below `/`: then no layer is needed",
            )),
            Some(_) => Err(not_normal(path)),
            None => Err(ConfigError::new(format!(
                "what is below {path:?} begins with a slash: write it at the end"
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
                "no method is public at {path:?}: name one"
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
        let mut places = self.0.iter();
        places.any(|place| place.contains(request.method(), path)) && is_plain(request)
    }
}

impl PublicPath {
    fn contains(&self, method: &Method, path: &str) -> bool {
        let is_here = if self.below {
            path.starts_with(&*self.path) && is_normal(path)
        } else {
            path == &*self.path
        };
        is_here && self.methods.contains(method)
    }
}

fn not_normal(path: &str) -> ConfigError {
    ConfigError::new(format!(
        "the path {path:?} is not in normal form: a client could not say exactly that"
    ))
}

/// Whether there is one way to write `path`, and this is it (RFC 3986 section 6): stricter than that, for what a file
/// system takes for a separator, or a framework for a parameter, is here in no path at all.
fn is_normal(path: &str) -> bool {
    let segments = path.strip_prefix('/').map(|rest| rest.split('/'));
    path.len() <= MAX_LENGTH && segments.is_some_and(|mut it| it.all(is_normal_segment))
}

fn is_normal_segment(segment: &str) -> bool {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~!$&'()+,=:@".contains(&octet);
    !matches!(segment, "" | "." | "..") && segment.bytes().all(plain)
}

/// Whether everybody on the way sees the same target: it is the one that was sent, and names nobody but the host.
fn is_plain(request: &RequestHead<'_>) -> bool {
    is_whole(request.target(), request.uri())
        && request
            .target()
            .authority()
            .is_none_or(|authority| is_pseudo_header(request, authority))
}

/// A nested router sees the end of the path, or `/`. Whatever else a layer has made of it, nobody said that was public.
fn is_whole(target: &Uri, seen: &Uri) -> bool {
    seen.path() == "/" || target.path().ends_with(seen.path())
}

/// HTTP/2 has the authority beside the path (RFC 9113 section 8.3.1). In HTTP/1, where it is in the target, that is what is
/// sent to a proxy.
fn is_pseudo_header(request: &RequestHead<'_>, authority: &Authority) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    request.version() >= Version::HTTP_2
        && !authority.as_str().contains('@')
        && hosts.all(|host| authority == host.to_str().unwrap_or_default())
}
