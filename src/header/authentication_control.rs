//! The `Authentication-Control` field, with which a server advises interactive clients.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Challenge, ControlEntry, ParseError, challenge_list, challenges};

/// The name of the field.
pub(crate) const AUTHENTICATION_CONTROL: HeaderName =
    HeaderName::from_static("authentication-control");

/// `Authentication-Control` header, defined in
/// [RFC 8053 section 4](https://www.rfc-editor.org/rfc/rfc8053#section-4) (experimental)
///
/// A server advises clients with a user in front of them: for example, to forget the credentials after ten minutes, or
/// which page to show after a logout. Each [`ControlEntry`] is for one scheme and one realm.
///
/// The field protects nothing. A client may ignore each part of it, and most clients ignore all of it: no browser knows
/// the field. A server must refuse by itself what it wants to refuse.
///
/// # ABNF
///
/// ```text
/// Authentication-Control = 1#auth-control-entry
/// auth-control-entry     = auth-scheme 1*SP 1#auth-control-param
/// auth-control-param     = name BWS "=" BWS ( token / quoted-string ) / name "*" BWS "=" BWS ext-value
/// ```
///
/// # Example values
///
/// * `Basic realm="notes", logout-timeout=300`
/// * `Digest realm="notes", auth-style=modal, Basic realm="notes", username="admin"`
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use http::header::{HeaderMap, HeaderValue};
/// use tower_challenge::header::{AuthenticationControl, Challenge};
///
/// let mut headers = HeaderMap::new();
/// let line = HeaderValue::from_static(r#"Digest realm="a", auth-style=modal, Basic realm="b", logout-timeout=300"#);
/// headers.insert("authentication-control", line);
/// let control = AuthenticationControl::from_headers(&headers)?;
///
/// let basic = Challenge::parse(br#"Basic realm="b""#)?;
/// let entry = control.entry_for(&basic);
/// assert_eq!(entry.and_then(|entry| entry.logout_timeout()), Some(Duration::from_secs(300)));
///
/// // Unlike a challenge, an entry has at least one parameter.
/// let error = AuthenticationControl::parse([b"Basic".as_slice()]).unwrap_err();
/// assert_eq!(error.to_string(), "expected a scheme with at least one parameter at byte 0 of line 1");
/// # Ok::<(), tower_challenge::header::ParseError>(())
/// ```
///
/// With the feature `headers` this type also implements the trait `Header` of the crate `headers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationControl(Vec<ControlEntry>);

impl AuthenticationControl {
    /// Reads all field lines of one message, which together are one list. The list may be empty.
    ///
    /// # Errors
    ///
    /// Returns the line and the byte at which the field violates the grammar, or exceeds
    /// [`MAX_CHALLENGES`](super::MAX_CHALLENGES), [`MAX_PARAMS`](super::MAX_PARAMS) or
    /// [`MAX_EMPTY_ELEMENTS`](super::MAX_EMPTY_ELEMENTS). An entry without a parameter violates the grammar.
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, ParseError> {
        let entries = challenge_list::with_params(lines)?.into_iter();
        Ok(Self(entries.map(ControlEntry::of_checked).collect()))
    }

    /// Reads this field from the headers of a message, with all of its lines.
    ///
    /// If the message does not have the field, the list is empty.
    ///
    /// # Errors
    ///
    /// Fails for the same reasons as [`parse`](Self::parse).
    pub fn from_headers(headers: &HeaderMap) -> Result<Self, ParseError> {
        let lines = headers.get_all(AUTHENTICATION_CONTROL);
        Self::parse(lines.iter().map(HeaderValue::as_bytes))
    }

    /// Returns the first entry for the scheme and the realm of `challenge`. A client ignores all other entries.
    ///
    /// To find the entry of a login that has succeeded, pass the challenge that the client has answered.
    #[must_use]
    pub fn entry_for(&self, challenge: &Challenge) -> Option<&ControlEntry> {
        self.iter().find(|entry| entry.is_for(challenge))
    }

    /// Iterates over the entries in the order in which the message has them.
    pub fn iter(&self) -> std::slice::Iter<'_, ControlEntry> {
        self.0.iter()
    }

    /// Returns the entries in the order in which the message has them.
    #[must_use]
    pub fn as_slice(&self) -> &[ControlEntry] {
        &self.0
    }

    /// Joins all entries into the value of one field line. Returns `None` if there are no entries.
    #[must_use]
    pub fn join(&self) -> Option<HeaderValue> {
        challenges::join_values(self.iter().map(ControlEntry::as_value))
    }
}

impl From<Vec<ControlEntry>> for AuthenticationControl {
    fn from(entries: Vec<ControlEntry>) -> Self {
        Self(entries)
    }
}

impl From<ControlEntry> for AuthenticationControl {
    fn from(entry: ControlEntry) -> Self {
        Self(vec![entry])
    }
}
