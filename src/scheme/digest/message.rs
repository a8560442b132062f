//! The wire form of Digest credentials (RFC 7616 section 3.4).

use std::borrow::Cow;

use super::algorithm::Algorithm;
use super::quirks::{Quirk, Quirks};
use super::rules::Rules;
use crate::header::{Params, Value, ext_value};
use crate::hex::{self, MAX};

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
    /// Whether it is the session form of the algorithm that is named.
    pub session: bool,
    /// The opaque text, if any.
    pub opaque: Option<Cow<'a, [u8]>>,
    /// What there is beside the digest; `None` in the form of RFC 2069.
    pub protection: Option<Protection<'a>>,
}

/// What came with RFC 2617: the quality of protection, and what it needs.
#[derive(Clone, Copy)]
#[expect(
    missing_debug_implementations,
    reason = "whoever has it may log in once"
)]
#[non_exhaustive]
pub struct Protection<'a> {
    /// The quality of protection, in its wire form.
    pub qop: Value<'a>,
    /// The nonce count, as its digits.
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
            let name = param.name_octets();
            match found.place(name) {
                Some((known, place)) if is_spelled(name, known) => *place = Some(param.value()),
                _ => {}
            }
        }
        found
    }

    /// The one parameter that `name` can be, by its length and its first letters, which is all that is looked at.
    #[inline]
    fn place(&mut self, name: &[u8]) -> Option<(&'static [u8], &mut Option<Value<'a>>)> {
        let letter = |at: usize| name.get(at).map_or(0, u8::to_ascii_lowercase);
        Some(match (name.len(), letter(0)) {
            (2, _) => (b"nc", &mut self.nc),
            (3, b'u') => (b"uri", &mut self.uri),
            (3, _) => (b"qop", &mut self.qop),
            (5, b'r') => (b"realm", &mut self.realm),
            (5, _) => (b"nonce", &mut self.nonce),
            (6, b'o') => (b"opaque", &mut self.opaque),
            (6, _) => (b"cnonce", &mut self.cnonce),
            (8, b'r') => (b"response", &mut self.response),
            (8, _) if letter(4) == b'n' => (b"username", &mut self.username),
            (8, _) => (b"userhash", &mut self.userhash),
            (9, b'a') => (b"algorithm", &mut self.algorithm),
            (9, _) => (b"username*", &mut self.username_ext),
            _ => return None,
        })
    }

    /// RFC 7616 section 3.4: a sender "MUST NOT" quote these.
    fn is_strictly_quoted(&self) -> Result<(), &'static str> {
        let bare = [self.algorithm, self.qop, self.nc];
        match bare.iter().flatten().any(Value::is_quoted) {
            true => Err("algorithm, qop or nc is quoted"),
            false => Ok(()),
        }
    }
}

/// Names compare without case (RFC 9110 section 11.2), and nearly always are spelled as the RFC spells them.
fn is_spelled(name: &[u8], known: &[u8]) -> bool {
    name == known || name.eq_ignore_ascii_case(known)
}

impl<'a> DigestCredentials<'a> {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// What is missing or malformed, in fixed words. RFC 7616 section 3.4 leaves the status to us: `400`.
    pub fn read(params: Params<'a>) -> Result<Self, &'static str> {
        Self::read_by(params, &Rules::default())
    }

    pub(super) fn read_by(params: Params<'a>, rules: &Rules) -> Result<Self, &'static str> {
        let found = Found::among(params);
        if rules.strict_quoting {
            found.is_strictly_quoted()?;
        }
        let userhash = userhash(found.userhash)?;
        let (algorithm, session) = algorithm(found.algorithm);
        let protection = Protection::of(&found, rules)?;
        if session && protection.is_none() {
            return Err("a session needs a qop");
        }
        let user = user(found.username, found.username_ext, userhash)?;
        Ok(Self {
            user: user.map_or_else(|unread| in_latin1(unread, rules.quirks), Some),
            userhash,
            realm: found.realm.ok_or("realm is missing")?.to_bytes(),
            nonce: found.nonce.ok_or("nonce is missing")?.to_bytes(),
            uri: found.uri.ok_or("uri is missing")?.to_bytes(),
            response: response(found.response.ok_or("response is missing")?)?,
            algorithm,
            session,
            opaque: found.opaque.map(|value| value.to_bytes()),
            protection,
        })
    }
}

impl<'a> Protection<'a> {
    /// RFC 7616 section 3.4: all three, or in the form of RFC 2069 none. Some send the client's nonce there as well (JDK
    /// 17), which nothing covers and nobody looks at.
    fn of(found: &Found<'a>, rules: &Rules) -> Result<Option<Self>, &'static str> {
        let qop = match found.qop {
            None if rules.rfc2069 => return Ok(None),
            None => return Err("qop is missing"),
            Some(qop) => qop,
        };
        let (nc, count) = nonce_count(found.nc.ok_or("nc is missing")?, rules.quirks)?;
        let cnonce = client_nonce(found.cnonce.ok_or("cnonce is missing")?)?;
        Ok(Some(Self {
            qop,
            nc,
            count,
            cnonce,
        }))
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

/// RFC 7616 section 3.4: `username` and `username*` together "MUST" be "an error"; `username*` is not for a hash. A name
/// that is not UTF-8 comes back as it is.
fn user<'a>(
    plain: Option<Value<'a>>,
    extended: Option<Value<'a>>,
    userhash: bool,
) -> Result<Result<Cow<'a, str>, Value<'a>>, &'static str> {
    match (plain, extended) {
        (Some(_), Some(_)) => Err("username and username* exclude each other"),
        (None, None) => Err("username is missing"),
        (Some(name), None) => Ok(name.to_str().ok_or(name)),
        (None, Some(_)) if userhash => Err("username* cannot hold a hash"),
        (None, Some(name)) => {
            let name = name.to_str().ok_or("username* is not an ext-value")?;
            let name = ext_value::decode(&name).map_err(|_| "username* is not an ext-value")?;
            Ok(Ok(Cow::Owned(name)))
        }
    }
}

/// In ISO-8859-1 an octet is the character of its number.
fn in_latin1<'a>(name: Value<'_>, quirks: Quirks) -> Option<Cow<'a, str>> {
    let octets = name.to_bytes();
    let letters = octets.iter().copied().map(char::from);
    quirks
        .has(Quirk::RequestsUsername)
        .then(|| Cow::Owned(letters.collect()))
}

/// RFC 7616 section 3.3: "If this is not present, it is assumed to be "MD5"."
fn algorithm(value: Option<Value<'_>>) -> (Option<Algorithm>, bool) {
    let Some(value) = value else {
        return (Some(Algorithm::Md5), false);
    };
    let name = value.to_str();
    let named = name.and_then(|name| Algorithm::from_either_name(&name));
    named.map_or((None, false), |(algorithm, session)| {
        (Some(algorithm), session)
    })
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
    let read = hex::read(value.raw(), true).filter(|(len, _)| *len > 0);
    let (len, octets) = read.ok_or("response is not hexadecimal")?;
    Ok(Response { len, octets })
}

/// RFC 7616 section 3.5: "exactly 8 hexadecimal digits"; RFC 2617 section 3.2.2 has them in lower case. The first is 1.
fn nonce_count(value: Value<'_>, quirks: Quirks) -> Result<(&str, u32), &'static str> {
    let digits = std::str::from_utf8(value.raw()).unwrap_or_default();
    let fits = match quirks.has(Quirk::AndroidNonceCount) {
        true => (6..=8).contains(&digits.len()),
        false => digits.len() == 8 && !digits.bytes().any(|digit| digit.is_ascii_uppercase()),
    };
    let hexadecimal = fits && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let count = u32::from_str_radix(digits, 16).ok();
    match count.filter(|_| hexadecimal).ok_or("nc is not 8 digits")? {
        0 if !quirks.has(Quirk::RubyNonceCount) => Err("nc starts at 1"),
        count => Ok((digits, count)),
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
