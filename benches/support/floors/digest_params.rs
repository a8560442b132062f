//! Reads the parameters of Digest credentials by hand (RFC 7616 section 3.4).

/// The parameters that the floor needs, without quotes.
#[derive(Default)]
pub(super) struct DigestParams<'a> {
    pub(super) username: &'a [u8],
    pub(super) realm: &'a [u8],
    pub(super) nonce: &'a [u8],
    pub(super) uri: &'a [u8],
    pub(super) response: &'a [u8],
    pub(super) algorithm: &'a [u8],
    pub(super) qop: &'a [u8],
    pub(super) nc: &'a [u8],
    pub(super) cnonce: &'a [u8],
}

impl<'a> DigestParams<'a> {
    /// Reads `name=token` or `name="text"`, separated by commas, and skips names that the floor does not need.
    ///
    /// This function refuses a parameter that occurs twice, and a text with a backslash, because clients send neither.
    pub(super) fn read(mut text: &'a [u8]) -> Option<Self> {
        let mut params = Self::default();
        loop {
            let (name, rest) = token(text)?;
            let rest = rest.strip_prefix(b"=")?;
            let (value, rest) = match rest.strip_prefix(b"\"") {
                Some(quoted) => quoted_text(quoted)?,
                None => token(rest)?,
            };
            params.keep(name, value)?;
            let rest = rest.trim_ascii_start();
            if rest.is_empty() {
                return Some(params);
            }
            text = rest.strip_prefix(b",")?.trim_ascii_start();
        }
    }

    #[inline]
    fn keep(&mut self, name: &[u8], value: &'a [u8]) -> Option<()> {
        let place = match name {
            b"username" => &mut self.username,
            b"realm" => &mut self.realm,
            b"nonce" => &mut self.nonce,
            b"uri" => &mut self.uri,
            b"response" => &mut self.response,
            b"algorithm" => &mut self.algorithm,
            b"qop" => &mut self.qop,
            b"nc" => &mut self.nc,
            b"cnonce" => &mut self.cnonce,
            _ => return Some(()),
        };
        let is_first = place.is_empty() && !value.is_empty();
        *place = value;
        is_first.then_some(())
    }
}

/// Reads a token (RFC 9110 section 5.6.2). Returns the token and the rest.
#[inline]
fn token(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| !TOKEN[usize::from(*byte)]);
    let end = end.unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Reads a quoted-string after its opening quote (RFC 9110 section 5.6.4). Returns the text and the rest after the
/// closing quote.
#[inline]
fn quoted_text(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| !QUOTED[usize::from(*byte)])?;
    let (value, rest) = text.split_at(end);
    Some((value, rest.strip_prefix(b"\"")?))
}

/// The bytes of a token.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = b'!';
    while byte < 0x7f {
        table[byte as usize] = !matches!(
            byte,
            b'"' | b'(' | b')' | b',' | b'/' | b':'..=b'@' | b'['..=b']' | b'{' | b'}'
        );
        byte += 1;
    }
    table
};

/// The bytes that a quoted text can contain without a backslash.
const QUOTED: [bool; 256] = {
    let mut table = [true; 256];
    let mut byte = 0;
    while byte < b' ' {
        table[byte as usize] = false;
        byte += 1;
    }
    table[b'"' as usize] = false;
    table[b'\\' as usize] = false;
    table[0x7f] = false;
    table
};
