//! What a parameter is set to.

use std::borrow::Cow;

use crate::derives::shows;

/// The value of a parameter: a token, or what stood between the quotes of a quoted-string.
///
/// Both forms mean the same octets
/// ([RFC 9110 section 11.2](https://www.rfc-editor.org/rfc/rfc9110#section-11.2)), so equality
/// looks at the octets after each quoted-pair is undone. The octets need not be UTF-8: obs-text is
/// legal in a quoted-string. `Debug` does not show them; they may be somebody's credentials.
///
/// # Example
///
/// ```
/// use tower_challenge::header::Credentials;
///
/// let credentials = Credentials::parse(br#"Digest username="a \"b\"""#)?;
/// let username = credentials.params().get("username");
/// assert_eq!(username.and_then(|name| name.to_str()).as_deref(), Some(r#"a "b""#));
/// assert_eq!(username.map(|name| name.raw()), Some(br#"a \"b\""#.as_slice()));
///
/// let latin1 = Credentials::parse(b"Digest realm=\"M\xFCll\"")?;
/// let realm = latin1.params().get("realm");
/// assert!(realm.is_some_and(|realm| realm.to_str().is_none()));
/// # Ok::<(), tower_challenge::header::ParseError>(())
/// ```
#[derive(Clone, Copy)]
pub struct ParamValue<'a> {
    raw: &'a [u8],
    quoted: bool,
    escaped: bool,
}

impl<'a> ParamValue<'a> {
    pub(super) const fn from_token(raw: &'a [u8]) -> Self {
        Self {
            raw,
            quoted: false,
            escaped: false,
        }
    }

    /// `raw` is what the quotes enclose; `escaped` says whether it holds a quoted-pair.
    pub(super) const fn from_quoted(raw: &'a [u8], escaped: bool) -> Self {
        Self {
            raw,
            quoted: true,
            escaped,
        }
    }

    /// The octets that are meant: each quoted-pair undone. Borrowed when there is none.
    #[must_use]
    pub fn to_bytes(&self) -> Cow<'a, [u8]> {
        if self.escaped {
            return Cow::Owned(self.octets().collect());
        }
        Cow::Borrowed(self.raw)
    }

    /// The octets that are meant, as text; `None` if they are not UTF-8.
    #[must_use]
    pub fn to_str(&self) -> Option<Cow<'a, str>> {
        match self.to_bytes() {
            Cow::Borrowed(octets) => std::str::from_utf8(octets).ok().map(Cow::Borrowed),
            Cow::Owned(octets) => String::from_utf8(octets).ok().map(Cow::Owned),
        }
    }

    /// The octets as they stood on the wire, without the quotes around them.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Whether the value was a quoted-string.
    #[must_use]
    pub const fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// Whether the octets that are meant are `text`, in any case of its ASCII letters.
    #[must_use]
    pub fn eq_ignore_ascii_case(&self, text: &str) -> bool {
        if !self.escaped {
            return self.raw.eq_ignore_ascii_case(text.as_bytes());
        }
        let lower = |octet: u8| octet.to_ascii_lowercase();
        self.octets().map(lower).eq(text.bytes().map(lower))
    }

    /// The octets that are meant, one by one.
    pub(super) fn octets(&self) -> impl Iterator<Item = u8> + use<'a> {
        let Self { raw, escaped, .. } = *self;
        let mut octets = raw.iter().copied();
        std::iter::from_fn(move || match octets.next() {
            // The backslash goes, the octet after it stays, whatever it is (section 5.6.4).
            Some(b'\\') if escaped => octets.next(),
            octet => octet,
        })
    }
}

impl PartialEq<ParamValue<'_>> for ParamValue<'_> {
    fn eq(&self, other: &ParamValue<'_>) -> bool {
        self.octets().eq(other.octets())
    }
}

impl Eq for ParamValue<'_> {}

shows! { impl[] ParamValue['_] as self { quoted: self.quoted, length: self.raw.len() } }
