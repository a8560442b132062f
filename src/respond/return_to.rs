//! The path to which a login page sends a person back, and the check that it leads to this server.

use http::Uri;

use crate::derives::writes;
use crate::text::percent;

/// The name of the query parameter with the path.
pub(super) const NAME: &str = "return_to";

/// Query parameters with secrets: tokens, and the signatures of signed links.
const SECRETS: [&str; 7] = [
    "access_token",
    "id_token",
    "refresh_token",
    "sig",
    "x-amz-security-token",
    "x-amz-signature",
    "x-goog-signature",
];

/// The length of the longest path with its query, in bytes.
const MAX_LENGTH: usize = 2048;

/// A path with an optional query on this server, to which a login page sends a person back after the login.
///
/// [`LoginRedirect`](super::LoginRedirect) passes the path to the login page in the query parameter `return_to`. An
/// attacker can put any text into that parameter and send the link to a person. Without a check, the login page would
/// redirect the person to a server of the attacker. This type has no unchecked constructor, so that a redirect to it
/// always leads to this server.
///
/// A path is valid if it meets all of these conditions:
///
/// - It begins with one slash. Neither a slash nor a backslash follows, not even percent-encoded.
/// - No segment is `.` or `..`, not even percent-encoded.
/// - It has no control characters, not even percent-encoded, and no characters that do not belong into a URL.
/// - It has at most 2048 bytes with its query.
///
/// # Example
///
/// ```
/// use http::Uri;
/// use tower_challenge::respond::ReturnTo;
///
/// let way_back = |uri: &'static str| ReturnTo::in_query(&Uri::from_static(uri)).map(|path| path.to_string());
/// assert_eq!(way_back("/login?return_to=%2Fnotes%3Fpage%3D2").as_deref(), Some("/notes?page=2"));
/// assert_eq!(way_back("/login?return_to=https%3A%2F%2Fevil.example"), None);
/// assert_eq!(way_back("/login?return_to=%2F%2Fevil.example"), None);
///
/// // `parse` checks text that is already decoded, for example from a form.
/// assert!(ReturnTo::parse("/notes").is_some());
/// assert!(ReturnTo::parse(r"/\evil.example").is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// Checks `text`, which the caller has already decoded. Returns `None` if it is not a valid path on this server.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_local(text).then(|| Self(text.to_owned()))
    }

    /// Reads and checks the parameter `return_to` in the query of `uri`.
    ///
    /// Returns `None` if the query has no such parameter, if it has several, or if the value is not a valid path on
    /// this server.
    #[must_use]
    pub fn in_query(uri: &Uri) -> Option<Self> {
        let mut values = values(uri.query().unwrap_or_default(), NAME);
        let value = values.next()?;
        values.next().is_none().then_some(())?;
        Self::parse(&decoded(value)?)
    }

    /// Checks the target of a request. Returns `None` if it is not a valid path, or if its query contains a secret.
    ///
    /// A secret must not appear in another URL, because browsers and servers record URLs (RFC 6750 section 2.3).
    pub(super) fn of_target(target: &Uri) -> Option<Self> {
        let way_back = Self::parse(target.path_and_query()?.as_str())?;
        let query = target.query().unwrap_or_default();
        let bears = |name: &&'static str| values(query, name).next().is_some();
        (!SECRETS.iter().any(bears)).then_some(way_back)
    }

    /// Returns the path and the query.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Percent-encodes the path for the value of a query parameter.
    pub(super) fn encoded(&self) -> String {
        percent::encode(&self.0, percent::is_unreserved)
    }
}

writes! { impl[] ReturnTo[] as self => &self.0 }

/// Returns whether the query already has a parameter `return_to`, valid or not. The name may be percent-encoded.
pub(super) fn is_in_query(uri: &Uri) -> bool {
    values(uri.query().unwrap_or_default(), NAME)
        .next()
        .is_some()
}

/// Returns the values of a parameter, still encoded. The name in the query may be percent-encoded, and its case does
/// not matter.
fn values<'q>(query: &'q str, name: &'static str) -> impl Iterator<Item = &'q str> {
    let pairs = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let named = pairs.filter(move |(encoded, _)| {
        decoded(encoded).is_some_and(|decoded| decoded.eq_ignore_ascii_case(name))
    });
    named.map(|(_, value)| value)
}

/// Decodes a part of a query, in which `+` stands for a space. Returns `None` if an escape is incomplete or if the
/// bytes are not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let plain = |byte| Some(if byte == b'+' { b' ' } else { byte });
    String::from_utf8(percent::decode(text.as_bytes(), plain)?).ok()
}

/// Returns whether a browser that follows `text` stays on this server.
///
/// Browsers read a backslash as a slash, and they remove line breaks and tabs at any position (the URL standard). Some
/// applications decode a path once more than they should. Therefore this function also checks the decoded path.
fn is_local(text: &str) -> bool {
    let path = text.split('?').next().unwrap_or_default();
    let decoded = decoded(path);
    text.len() <= MAX_LENGTH
        && text.starts_with('/')
        && text.bytes().all(belongs_into_urls)
        && decoded.is_some_and(|path| stays_on_this_server(&path))
}

/// Checks a decoded path. See [`is_local`].
fn stays_on_this_server(path: &str) -> bool {
    let after = path.strip_prefix('/');
    after.is_some_and(|after| !after.starts_with(['/', '\\']))
        && !path.contains(char::is_control)
        && path
            .split(['/', '\\'])
            .all(|segment| segment != "." && segment != "..")
}

/// Returns whether `byte` may occur in a path with a query: the characters of RFC 3986 section 2 without `#`, and some
/// others that browsers do not encode, but not the backslash.
const fn belongs_into_urls(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7E) && !matches!(byte, b'"' | b'#' | b'<' | b'>' | b'\\' | b'^' | b'`')
}
