//! The wire form of Digest credentials (RFC 7616 section 3.4).

use std::borrow::Cow;

use super::algorithm::Algorithm;
use crate::header::{Params, Value, ext_value};

/// The longest client nonce that is taken, in octets: it is sent back.
const MAX_CNONCE: usize = 256;

/// The parameters of Digest credentials, read and not yet believed.
///
/// ```
/// use tower_challenge::header::Credentials;
/// use tower_challenge::scheme::digest::message::DigestCredentials;
///
/// let read = |text: &str| DigestCredentials::read(Credentials::parse(text.as_bytes()).unwrap().params()).map(|_| ());
/// let good = r#"Digest username="ada", realm="r", nonce="n", uri="/", qop=auth, nc=00000001, cnonce="c", response="6629fae49393a05397450978507c4ef1""#;
/// assert!(read(good).is_ok());
/// assert_eq!(read(&good.replace("nc=00000001", "nc=1")), Err("nc is not 8 digits"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DigestCredentials<'a> {
    /// The user's name, from `username` or `username*`; `None` if it is not UTF-8, and so nobody's.
    pub user: Option<Cow<'a, str>>,
    /// Whether `userhash=true`, so that [`user`](Self::user) is a hash.
    pub userhash: bool,
    /// The realm.
    pub realm: Cow<'a, [u8]>,
    /// The nonce.
    pub nonce: Cow<'a, [u8]>,
    /// The target, as the client hashed it.
    pub uri: Cow<'a, [u8]>,
    /// The hash, in hexadecimal.
    pub response: &'a str,
    /// The algorithm; MD5 where none is named. `None` if it is one that we do not know.
    pub algorithm: Option<Algorithm>,
    /// The opaque text, if any.
    pub opaque: Option<Cow<'a, [u8]>>,
    /// The quality of protection, in its wire form.
    pub qop: Value<'a>,
    /// The nonce count, as its 8 digits.
    pub nc: &'a str,
    /// The client's nonce.
    pub cnonce: Value<'a>,
}

/// Each known parameter once.
#[derive(Default)]
struct Found<'a> {
    username: Option<Value<'a>>,
    username_ext: Option<Value<'a>>,
    userhash: Option<Value<'a>>,
    realm: Option<Value<'a>>,
    nonce: Option<Value<'a>>,
    uri: Option<Value<'a>>,
    response: Option<Value<'a>>,
    algorithm: Option<Value<'a>>,
    opaque: Option<Value<'a>>,
    qop: Option<Value<'a>>,
    nc: Option<Value<'a>>,
    cnonce: Option<Value<'a>>,
}

impl<'a> Found<'a> {
    /// RFC 7616 section 3.4: unknown parameters "MUST be ignored".
    fn among(params: Params<'a>) -> Self {
        let mut found = Self::default();
        for param in params {
            if let Some(place) = found.place(param.name()) {
                *place = Some(param.value());
            }
        }
        found
    }

    fn place(&mut self, name: &str) -> Option<&mut Option<Value<'a>>> {
        let places = [
            ("username", &mut self.username),
            ("username*", &mut self.username_ext),
            ("userhash", &mut self.userhash),
            ("realm", &mut self.realm),
            ("nonce", &mut self.nonce),
            ("uri", &mut self.uri),
            ("response", &mut self.response),
            ("algorithm", &mut self.algorithm),
            ("opaque", &mut self.opaque),
            ("qop", &mut self.qop),
            ("nc", &mut self.nc),
            ("cnonce", &mut self.cnonce),
        ];
        let mut places = places.into_iter();
        let found = places.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, place)| place)
    }
}

impl<'a> DigestCredentials<'a> {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// What is missing or malformed, in fixed words. RFC 7616 section 3.4 leaves the status to us: `400`.
    pub fn read(params: Params<'a>) -> Result<Self, &'static str> {
        let found = Found::among(params);
        let userhash = userhash(found.userhash)?;
        Ok(Self {
            user: user(found.username, found.username_ext, userhash)?,
            userhash,
            realm: found.realm.ok_or("realm is missing")?.to_bytes(),
            nonce: found.nonce.ok_or("nonce is missing")?.to_bytes(),
            uri: found.uri.ok_or("uri is missing")?.to_bytes(),
            response: hex(found.response.ok_or("response is missing")?)?,
            algorithm: algorithm(found.algorithm),
            opaque: found.opaque.map(|value| value.to_bytes()),
            qop: found.qop.ok_or("qop is missing")?,
            nc: nonce_count(found.nc.ok_or("nc is missing")?)?,
            cnonce: client_nonce(found.cnonce.ok_or("cnonce is missing")?)?,
        })
    }

    /// The nonce count as a number.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::from_str_radix(self.nc, 16).unwrap_or(0)
    }
}

fn userhash(value: Option<Value<'_>>) -> Result<bool, &'static str> {
    match value {
        None => Ok(false),
        Some(value) if value.eq_ignore_ascii_case("true") => Ok(true),
        Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err("userhash is neither true nor false"),
    }
}

/// RFC 7616 section 3.4: `username` and `username*` together "MUST" be "an error"; `username*` is not for a hash.
fn user<'a>(
    plain: Option<Value<'a>>,
    extended: Option<Value<'a>>,
    userhash: bool,
) -> Result<Option<Cow<'a, str>>, &'static str> {
    match (plain, extended) {
        (Some(_), Some(_)) => Err("username and username* exclude each other"),
        (None, None) => Err("username is missing"),
        (Some(name), None) => Ok(name.to_str()),
        (None, Some(_)) if userhash => Err("username* cannot hold a hash"),
        (None, Some(name)) => {
            let name = name.to_str().ok_or("username* is not an ext-value")?;
            let name = ext_value::decode(&name).map_err(|_| "username* is not an ext-value")?;
            Ok(Some(Cow::Owned(name)))
        }
    }
}

/// RFC 7616 section 3.4: "If not specified, MD5 is assumed".
fn algorithm(value: Option<Value<'_>>) -> Option<Algorithm> {
    match value {
        None => Some(Algorithm::Md5),
        Some(value) => Algorithm::from_name(&value.to_str()?),
    }
}

/// Hexadecimal digits, in any case. Their number is compared with the algorithm's later.
fn hex(value: Value<'_>) -> Result<&str, &'static str> {
    let text = std::str::from_utf8(value.raw()).unwrap_or_default();
    let digits = text.bytes().all(|octet| octet.is_ascii_hexdigit());
    (digits && !text.is_empty())
        .then_some(text)
        .ok_or("response is not hexadecimal")
}

/// RFC 7616 section 3.4: `nc-value = 8LHEX`; the first is 1.
fn nonce_count(value: Value<'_>) -> Result<&str, &'static str> {
    let text = std::str::from_utf8(value.raw()).unwrap_or_default();
    let digit = |octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != 8 || !text.bytes().all(digit) {
        return Err("nc is not 8 digits");
    }
    if text == "00000000" {
        return Err("nc starts at 1");
    }
    Ok(text)
}

fn client_nonce(value: Value<'_>) -> Result<Value<'_>, &'static str> {
    match value.raw().len() {
        0 => Err("cnonce is empty"),
        1..=MAX_CNONCE => Ok(value),
        _ => Err("cnonce is too long"),
    }
}
