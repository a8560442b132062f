//! The URI for which a client makes a proof (`htu`), in a form that can be compared.

use std::borrow::Cow;

use crate::config_error::ConfigError;
use crate::derives::writes;
use crate::text::percent::{escape, escaped, is_unreserved};
use crate::text::secure_url::is_secure_url;

/// The URI for which a client makes a proof, without its query and fragment (RFC 9449 section 4.3), normalized as RFC 3986
/// sections 6.2.2 and 6.2.3 describe.
///
/// Two URIs of one resource have the same normal form: the scheme and the host are in lower case, a default port is left
/// out, `%7E` is `~`, `%2f` is `%2F`, `/a/../b` is `/b`, and an empty path is `/`.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::dpop::ProofTarget;
///
/// let target = ProofTarget::parse("HTTPS://API.example:443/a/../%7enotes?page=2").unwrap();
/// assert_eq!(target.as_str(), "https://api.example/~notes");
/// assert_ne!(ProofTarget::parse("https://api.example/notes/"), ProofTarget::parse("https://api.example/notes"));
/// assert_eq!(ProofTarget::parse("https://user@api.example/"), None, "user information is refused");
/// assert_eq!(ProofTarget::parse("/notes"), None, "the URI is absolute");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProofTarget(String);

impl ProofTarget {
    /// Reads an absolute URI with the scheme `https` or `http`.
    ///
    /// Returns `None` for other URIs, for a host with a percent sign or user information, and for a path with a byte that
    /// is not visible ASCII.
    #[must_use]
    pub fn parse(uri: &str) -> Option<Self> {
        let uri = without_query(uri);
        let (scheme, rest) = uri.split_once("://")?;
        let (scheme, default_port) = known_scheme(scheme)?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split_authority(authority)?;
        let mut text = format!("{scheme}://{}", host.to_ascii_lowercase());
        if let Some(port) = port.filter(|port| *port != default_port) {
            text.push_str(&format!(":{port}"));
        }
        push_normal_path(&mut text, path)?;
        Some(Self(text))
    }

    /// Returns the normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

writes! { impl[] ProofTarget[] as self => &self.0 }

fn known_scheme(scheme: &str) -> Option<(&'static str, u16)> {
    let known = [("https", 443), ("http", 80)];
    known
        .into_iter()
        .find(|(name, _)| scheme.eq_ignore_ascii_case(name))
}

fn without_query(uri: &str) -> &str {
    let end = uri.find(['?', '#']).unwrap_or(uri.len());
    uri.get(..end).unwrap_or(uri)
}

/// Splits an authority into host and port. The host is a name, an IPv4 address, or an IPv6 address in brackets.
fn split_authority(authority: &str) -> Option<(&str, Option<u16>)> {
    let host_end = match authority.strip_prefix('[') {
        Some(_) => authority.find(']')? + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at_checked(host_end)?;
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let is_host = match address {
        Some(address) => address
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte)),
        None => host.bytes().all(is_name_byte),
    };
    let is_empty = address.unwrap_or(host).is_empty();
    let port = match port {
        "" | ":" => None,
        port => Some(read_port(port.strip_prefix(':')?)?),
    };
    (is_host && !is_empty).then_some((host, port))
}

fn read_port(digits: &str) -> Option<u16> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

/// Appends the normal form of `path`. Escapes of unreserved characters are decoded before dot segments are removed, so
/// `%2e%2e` is a dot segment.
fn push_normal_path(text: &mut String, path: &str) -> Option<()> {
    let path = normal_escapes(path)?;
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path
        .strip_prefix('/')
        .unwrap_or(&path)
        .split('/')
        .peekable();
    while let Some(segment) = segments.next() {
        let is_dots = matches!(segment, "." | "..");
        if segment == ".." {
            kept.pop();
        }
        match is_dots {
            false => kept.push(segment),
            // RFC 3986 section 5.2.4: a dot segment at the end leaves the slash before it.
            true if segments.peek().is_none() => kept.push(""),
            true => {}
        }
    }
    text.push('/');
    text.push_str(&kept.join("/"));
    Some(())
}

/// Decodes the escapes of unreserved characters, and writes the other escapes in upper case.
fn normal_escapes(path: &str) -> Option<Cow<'_, str>> {
    if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    if !path.contains('%') {
        return Some(Cow::Borrowed(path));
    }
    let mut normal = String::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            normal.push(first.into());
            continue;
        }
        let (byte, after) = escaped(after)?;
        rest = after;
        match is_unreserved(byte) {
            true => normal.push(byte.into()),
            false => normal.extend(escape(byte).map(char::from)),
        }
    }
    Some(Cow::Owned(normal))
}

/// The origin of the server, as clients name it. It comes from the configuration and never from a request.
#[derive(Clone, Debug)]
pub(super) struct ExternalOrigin {
    /// The origin without a slash at its end, and then the prefix of the path. For example, `https://api.example/v1`.
    base: Box<str>,
}

impl ExternalOrigin {
    /// Reads an origin, such as `https://api.example`, and the prefix of the path that a proxy removes.
    pub(super) fn new(origin: &str, prefix: &str) -> Result<Self, ConfigError> {
        let parsed = ProofTarget::parse(origin).filter(|_| is_secure_url(origin));
        let parsed = parsed.filter(|parsed| is_bare(origin, parsed.as_str()));
        let Some(parsed) = parsed else {
            return Err(ConfigError::new(format!(
                "{origin:?} is not an external origin: write it as `https://api.example` or `https://api.example:8443`"
            )));
        };
        let has_form = prefix.is_empty() || prefix.starts_with('/') && !prefix.ends_with('/');
        let prefix = has_form.then(|| normal_escapes(prefix)).flatten();
        let prefix = prefix.filter(|prefix| !prefix.contains(['?', '#']));
        let Some(prefix) = prefix else {
            return Err(ConfigError::new(
                "the prefix of the path must begin with a slash and not end with one, such as `/v1`",
            ));
        };
        let base = format!("{}{prefix}", parsed.as_str().trim_end_matches('/'));
        Ok(Self { base: base.into() })
    }

    /// Returns the origin and the prefix.
    pub(super) fn as_str(&self) -> &str {
        &self.base
    }

    /// Whether `htu` is the URI of a request for `path`.
    pub(super) fn is_target(&self, htu: &str, path: &str) -> bool {
        // `*` and the authority of a `CONNECT` are no paths.
        if !path.is_empty() && !path.starts_with('/') {
            return false;
        }
        let named = without_query(htu);
        if named.strip_prefix(&*self.base) == Some(path) && path.len() > 1 {
            return true;
        }
        let expected = ProofTarget::parse(&format!("{}{path}", self.base));
        expected.is_some() && expected == ProofTarget::parse(named)
    }
}

/// Whether an origin is written without a path other than `/`. Its normal form has no path, either, but `/a/..` has one.
fn is_bare(origin: &str, normal: &str) -> bool {
    let written = origin.split_once("://").map(|(_, rest)| rest);
    let path = written.and_then(|rest| Some(&rest[rest.find('/')?..]));
    path.is_none_or(|path| path == "/") && !origin.contains('?') && normal.matches('/').count() == 3
}

#[cfg(test)]
mod tests {
    use super::{ExternalOrigin, ProofTarget};

    fn normal(uri: &str) -> Option<String> {
        ProofTarget::parse(uri).map(|target| target.as_str().to_owned())
    }

    #[test]
    fn equal_uris_have_one_normal_form() {
        for (uri, expected) in [
            ("https://a.example", "https://a.example/"),
            ("HTTPS://A.Example:443", "https://a.example/"),
            ("https://a.example:/", "https://a.example/"),
            ("https://a.example:0443/", "https://a.example/"),
            ("http://a.example:80/x", "http://a.example/x"),
            ("http://a.example:443/x", "http://a.example:443/x"),
            (
                "https://a.example/%7e%2f%C3%a9",
                "https://a.example/~%2F%C3%A9",
            ),
            ("https://a.example/a/b/c/./../../g", "https://a.example/a/g"),
            ("https://a.example/a/%2E%2e/b", "https://a.example/b"),
            ("https://a.example/..", "https://a.example/"),
            ("https://a.example/a/..", "https://a.example/"),
            ("https://a.example/a/.", "https://a.example/a/"),
            ("https://a.example//a//", "https://a.example//a//"),
            ("https://a.example/a?b=/../c", "https://a.example/a"),
            ("https://a.example?b", "https://a.example/"),
            ("https://a.example/a#b", "https://a.example/a"),
            ("https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443/"),
            ("https://a.example./", "https://a.example./"),
        ] {
            assert_eq!(normal(uri).as_deref(), Some(expected), "{uri}");
            assert_eq!(normal(expected).as_deref(), Some(expected));
        }
    }

    #[test]
    fn other_texts_are_no_targets() {
        for uri in [
            "",
            "/notes",
            "//a.example/",
            "a.example/",
            "https:/a.example/",
            "https://",
            "https:///a",
            "https://:443/",
            "ftp://a.example/",
            "https://user@a.example/",
            "https://a.example:x/",
            "https://a.example:+443/",
            "https://a.example:65536/",
            "https://a%2Eexample/",
            "https://[]/",
            "https://[::1/",
            "https://[::1]x/",
            "https://a.example/%",
            "https://a.example/%2",
            "https://a.example/%zz",
            "https://a.example/a b",
            "https://a.example/\u{e9}",
            "https://a.example\\@b.example/",
            " https://a.example/",
        ] {
            assert_eq!(normal(uri), None, "{uri}");
        }
    }

    #[test]
    fn the_origin_is_compared_with_the_path_of_the_request() {
        let origin = ExternalOrigin::new("https://API.example", "").unwrap();
        assert_eq!(origin.as_str(), "https://api.example");
        assert!(origin.is_target("https://api.example/a?b", "/a"));
        assert!(origin.is_target("https://api.example/a", "/%61"));
        assert!(origin.is_target("https://api.example", "/"));
        assert!(origin.is_target("https://api.example/", ""));
        assert!(!origin.is_target("https://api.example/a", "/b"));
        assert!(!origin.is_target("https://api.example.evil.example/a", "/a"));
        assert!(!origin.is_target("https://api.example*", "*"));
        assert!(!origin.is_target("https://api.example/%zz", "/%zz/x"));
        let behind_proxy = ExternalOrigin::new("https://api.example:8443/", "/v1").unwrap();
        assert!(behind_proxy.is_target("https://api.example:8443/v1/a", "/a"));
        assert!(!behind_proxy.is_target("https://api.example:8443/a", "/a"));
    }

    #[test]
    fn an_origin_has_no_path_and_no_query() {
        for bad in [
            "",
            "api.example",
            "https://api.example/v1",
            "https://api.example/a/..",
            "https://api.example?a",
            "https://api.example#a",
            "http://api.example",
            "https://u@api.example",
        ] {
            assert!(ExternalOrigin::new(bad, "").is_err(), "{bad}");
        }
        for prefix in ["v1", "/v1/", "/", "/v1?a", "/a b"] {
            assert!(
                ExternalOrigin::new("https://api.example", prefix).is_err(),
                "{prefix}"
            );
        }
        assert!(ExternalOrigin::new("http://127.0.0.1:3000", "").is_ok());
    }
}
