//! The value of a parameter, and the two forms in which a field can hold it.

use std::borrow::Cow;

use crate::derives::shows;

/// The value of a parameter, which a field holds as a token or as a quoted-string.
///
/// Both forms have the same meaning
/// ([RFC 9110 section 11.2](https://www.rfc-editor.org/rfc/rfc9110#section-11.2)). Therefore `==` compares the bytes
/// without the quotes and after it has unescaped each quoted-pair. For example, the values of `a=b` and `a="b"` are
/// equal.
///
/// The bytes may be invalid UTF-8, because a quoted-string may contain obs-text (%x80-FF). `Debug` shows only the form
/// and the length of the value, because the value may be a secret.
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
    #[inline]
    pub(super) const fn from_token(raw: &'a [u8]) -> Self {
        Self {
            raw,
            quoted: false,
            escaped: false,
        }
    }

    /// `raw` is the text between the quotes. `escaped` says whether it contains a quoted-pair.
    #[inline]
    pub(super) const fn from_quoted(raw: &'a [u8], escaped: bool) -> Self {
        Self {
            raw,
            quoted: true,
            escaped,
        }
    }

    /// Returns the bytes of the value, with each quoted-pair unescaped. It allocates only if there is a quoted-pair.
    #[must_use]
    #[inline]
    pub fn to_bytes(&self) -> Cow<'a, [u8]> {
        if self.escaped {
            return Cow::Owned(self.bytes().collect());
        }
        Cow::Borrowed(self.raw)
    }

    /// Returns the value as text, with each quoted-pair unescaped, or `None` if it is not valid UTF-8.
    #[must_use]
    pub fn to_str(&self) -> Option<Cow<'a, str>> {
        match self.to_bytes() {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        }
    }

    /// Returns the bytes as they are in the field, without the quotes around them. Quoted-pairs remain escaped.
    #[must_use]
    #[inline]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Returns whether the field has the value as a quoted-string.
    #[must_use]
    #[inline]
    pub const fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// Returns whether the value, with each quoted-pair unescaped, equals `text`. The case of ASCII letters does not
    /// matter.
    #[must_use]
    #[inline]
    pub fn eq_ignore_ascii_case(&self, text: &str) -> bool {
        if !self.escaped {
            return self.raw.eq_ignore_ascii_case(text.as_bytes());
        }
        let lower = |byte: u8| byte.to_ascii_lowercase();
        self.bytes().map(lower).eq(text.bytes().map(lower))
    }

    /// Iterates over the bytes of the value, with each quoted-pair unescaped.
    pub(super) fn bytes(&self) -> impl Iterator<Item = u8> + use<'a> {
        let Self { raw, escaped, .. } = *self;
        let mut bytes = raw.iter().copied();
        std::iter::from_fn(move || match bytes.next() {
            // Drop the backslash and keep the byte after it, which is any character (RFC 9110 section 5.6.4).
            Some(b'\\') if escaped => bytes.next(),
            byte => byte,
        })
    }
}

impl PartialEq<ParamValue<'_>> for ParamValue<'_> {
    fn eq(&self, other: &ParamValue<'_>) -> bool {
        match self.escaped || other.escaped {
            true => self.bytes().eq(other.bytes()),
            false => self.raw == other.raw,
        }
    }
}

impl Eq for ParamValue<'_> {}

shows! { impl[] ParamValue['_] as self { quoted: self.quoted, length: self.raw.len() } }
