//! Where a login page sends a person back to.

use http::Uri;

use crate::derives::writes;
use crate::text::percent;

/// The parameter in which the way back is.
pub(super) const NAME: &str = "return_to";

/// Parameters that are good as credentials: tokens, and the signatures of links that are signed.
const SECRETS: [&str; 7] = [
    "access_token",
    "id_token",
    "refresh_token",
    "sig",
    "x-amz-security-token",
    "x-amz-signature",
    "x-goog-signature",
];

/// The longest way back, in octets.
const MAX_LENGTH: usize = 2048;

/// A path on this server, and a query: where [`LoginRedirect`](super::LoginRedirect) found a person who had to log in.
///
/// What a login page is told to return to can be anything: whoever sends a link chooses. So there is no other way to make
/// this than to check it, and what it holds leads nowhere else. It begins with one slash and goes on with neither a slash
/// nor a backslash, however they are encoded; no segment is a dot; there is nothing that does not belong into a URL; and it
/// has 2048 octets at most.
///
/// # Example
///
/// ```
/// use http::Uri;
/// use tower_challenge::respond::ReturnTo;
///
/// let way_back = |uri: &'static str| ReturnTo::in_query(&Uri::from_static(uri)).map(|it| it.to_string());
/// assert_eq!(way_back("/login?return_to=%2Fnotes%3Fpage%3D2").as_deref(), Some("/notes?page=2"));
/// assert_eq!(way_back("/login?return_to=https%3A%2F%2Fevil.example"), None);
/// assert_eq!(way_back("/login?return_to=%2F%2Fevil.example"), None);
///
/// // What a form has sent back, for instance, is decoded already.
/// assert!(ReturnTo::parse("/notes").is_some());
/// assert!(ReturnTo::parse(r"/\evil.example").is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// Checks `text`, which is decoded.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_local(text).then(|| Self(text.to_owned()))
    }

    /// The one parameter `return_to` of a query; `None` if there are several.
    #[must_use]
    pub fn in_query(uri: &Uri) -> Option<Self> {
        let mut values = values(uri.query().unwrap_or_default(), NAME);
        let value = values.next()?;
        values.next().is_none().then_some(())?;
        Self::parse(&decoded(value)?)
    }

    /// The target of a request; `None` if it is nothing to come back to, or bears a secret (as RFC 6750 section 2.3 has it
    /// for tokens), which must not stand in another URL.
    pub(super) fn of_target(target: &Uri) -> Option<Self> {
        let way_back = Self::parse(target.path_and_query()?.as_str())?;
        let query = target.query().unwrap_or_default();
        let bears = |name: &&'static str| values(query, name).next().is_some();
        (!SECRETS.iter().any(bears)).then_some(way_back)
    }

    /// The path and the query.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As the value of a parameter.
    pub(super) fn encoded(&self) -> String {
        percent::encode(&self.0, percent::is_unreserved)
    }
}

writes! { impl[] ReturnTo[] as self => &self.0 }

/// Whether there is a way back in the query already, good or bad, however its name is encoded.
pub(super) fn is_in_query(uri: &Uri) -> bool {
    values(uri.query().unwrap_or_default(), NAME)
        .next()
        .is_some()
}

/// The values of a parameter, as they are encoded. A name that is encoded is found, too, and so is one in capitals.
fn values<'q>(query: &'q str, name: &'static str) -> impl Iterator<Item = &'q str> {
    let pairs = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let named = pairs.filter(move |(it, _)| {
        decoded(it).is_some_and(|decoded| decoded.eq_ignore_ascii_case(name))
    });
    named.map(|(_, value)| value)
}

/// `None` if an escape is cut short, or if the octets are not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let plain = |octet| Some(if octet == b'+' { b' ' } else { octet });
    String::from_utf8(percent::decode(text.as_bytes(), plain)?).ok()
}

/// Browsers take a backslash for a slash, and leave out line breaks and tabs, wherever they stand (the URL standard).
/// Some applications decode once more than they should; so what an escape hides is looked at, too.
fn is_local(text: &str) -> bool {
    let path = text.split('?').next().unwrap_or_default();
    let decoded = decoded(path);
    text.len() <= MAX_LENGTH
        && text.starts_with('/')
        && text.bytes().all(belongs_into_urls)
        && decoded.is_some_and(|path| leads_nowhere_else(&path))
}

/// Of a path that is decoded.
fn leads_nowhere_else(path: &str) -> bool {
    let after = path.strip_prefix('/');
    after.is_some_and(|after| !after.starts_with(['/', '\\']))
        && !path.contains(char::is_control)
        && path.split(['/', '\\']).all(|it| it != "." && it != "..")
}

/// RFC 3986 section 2, without the fragment; and what browsers put there nevertheless, but for the backslash.
const fn belongs_into_urls(octet: u8) -> bool {
    matches!(octet, 0x21..=0x7E)
        && !matches!(octet, b'"' | b'#' | b'<' | b'>' | b'\\' | b'^' | b'`')
}
