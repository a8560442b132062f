//! The wire form of Digest credentials (RFC 7616 section 3.4).

use std::borrow::Cow;

use super::algorithm::Algorithm;
use super::hex::{self, MAX};
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
#[derive(Clone)]
#[expect(
    missing_debug_implementations,
    reason = "whoever has it may log in once"
)]
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
    /// The hash.
    pub response: Response,
    /// The algorithm; MD5 where none is named. `None` if it is one that we do not know.
    pub algorithm: Option<Algorithm>,
    /// The opaque text, if any.
    pub opaque: Option<Cow<'a, [u8]>>,
    /// The quality of protection, in its wire form.
    pub qop: Value<'a>,
    /// The nonce count, as its 8 digits.
    pub nc: &'a str,
    /// The nonce count.
    pub count: u32,
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
    /// Of unknown parameters RFC 7616 says nothing; RFC 2617 section 3.2.2 had them ignored.
    fn among(params: Params<'a>) -> Self {
        let mut found = Self::default();
        for param in params {
            if let Some(place) = found.place(param.name()) {
                *place = Some(param.value());
            }
        }
        found
    }

    /// Names compare without case (RFC 9110 section 11.2).
    fn place(&mut self, name: &str) -> Option<&mut Option<Value<'a>>> {
        let mut lower = [0; "algorithm".len()];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        Some(match &*lower {
            b"username" => &mut self.username,
            b"username*" => &mut self.username_ext,
            b"userhash" => &mut self.userhash,
            b"realm" => &mut self.realm,
            b"nonce" => &mut self.nonce,
            b"uri" => &mut self.uri,
            b"response" => &mut self.response,
            b"algorithm" => &mut self.algorithm,
            b"opaque" => &mut self.opaque,
            b"qop" => &mut self.qop,
            b"nc" => &mut self.nc,
            b"cnonce" => &mut self.cnonce,
            _ => return None,
        })
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
        let (nc, count) = nonce_count(found.nc.ok_or("nc is missing")?)?;
        Ok(Self {
            user: user(found.username, found.username_ext, userhash)?,
            userhash,
            realm: found.realm.ok_or("realm is missing")?.to_bytes(),
            nonce: found.nonce.ok_or("nonce is missing")?.to_bytes(),
            uri: found.uri.ok_or("uri is missing")?.to_bytes(),
            response: response(found.response.ok_or("response is missing")?)?,
            algorithm: algorithm(found.algorithm),
            opaque: found.opaque.map(|value| value.to_bytes()),
            qop: found.qop.ok_or("qop is missing")?,
            nc,
            count,
            cnonce: client_nonce(found.cnonce.ok_or("cnonce is missing")?)?,
        })
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

/// RFC 7616 section 3.3: "If this is not present, it is assumed to be "MD5"."
fn algorithm(value: Option<Value<'_>>) -> Option<Algorithm> {
    match value {
        None => Some(Algorithm::Md5),
        Some(value) => Algorithm::from_name(&value.to_str()?),
    }
}

/// A hash as a client sent it, of any length up to the longest. Its length is compared with the algorithm's later.
#[derive(Clone, Copy)]
#[expect(
    missing_debug_implementations,
    reason = "whoever has it may log in once"
)]
pub struct Response {
    len: usize,
    octets: [u8; MAX],
}

impl Response {
    /// The octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.octets[..self.len]
    }
}

/// RFC 7616 section 3.2 has the digits in lower case; upper case means the same and is let through.
fn response(value: Value<'_>) -> Result<Response, &'static str> {
    let read = hex::read(value.raw()).filter(|(len, _)| *len > 0);
    let (len, octets) = read.ok_or("response is not hexadecimal")?;
    Ok(Response { len, octets })
}

/// RFC 7616 section 3.5: "exactly 8 hexadecimal digits"; RFC 2617 section 3.2.2 has them in lower case. The first is 1.
fn nonce_count(value: Value<'_>) -> Result<(&str, u32), &'static str> {
    const SYNTAX: &str = "nc is not 8 digits";
    let digits = value.raw();
    let lower = digits.iter().all(|digit| !digit.is_ascii_uppercase());
    let octets = hex::read(digits).filter(|(len, _)| *len == 4 && lower);
    let (_, [a, b, c, d, ..]) = octets.ok_or(SYNTAX)?;
    match u32::from_be_bytes([a, b, c, d]) {
        0 => Err("nc starts at 1"),
        count => Ok((std::str::from_utf8(digits).map_err(|_| SYNTAX)?, count)),
    }
}

/// RFC 7616 section 3.4: "an opaque quoted ASCII-only string value".
fn client_nonce(value: Value<'_>) -> Result<Value<'_>, &'static str> {
    match value.raw() {
        [] => Err("cnonce is empty"),
        raw if raw.len() > MAX_CNONCE => Err("cnonce is too long"),
        raw if !raw.is_ascii() => Err("cnonce is not ASCII"),
        _ => Ok(value),
    }
}
