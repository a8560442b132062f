//! The wire form of Digest credentials (RFC 7616 section 3.4).

use std::borrow::Cow;

use super::algorithm::DigestAlgorithm;
use super::quirks::{ClientQuirk, QuirkSet};
use super::rules::DigestRules;
use crate::header::{Param, ParamValue, ext_value};
use crate::text::hex::{self, MAX};

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
    pub response: DigestResponse,
    /// The algorithm; MD5 where none is named. `None` if it is one that we do not know.
    pub algorithm: Option<DigestAlgorithm>,
    /// Whether it is the session form of the algorithm that is named.
    pub session: bool,
    /// The opaque text, if any.
    pub opaque: Option<Cow<'a, [u8]>>,
    /// What there is beside the digest; `None` in the form of RFC 2069.
    pub protection: Option<QopParams<'a>>,
}

/// What came with RFC 2617: the quality of protection, and what it needs.
#[derive(Clone)]
#[expect(
    missing_debug_implementations,
    reason = "whoever has it may log in once"
)]
#[non_exhaustive]
pub struct QopParams<'a> {
    /// The quality of protection, in its wire form.
    pub qop: Cow<'a, [u8]>,
    /// The nonce count, as its digits.
    pub nc: Cow<'a, [u8]>,
    /// The nonce count.
    pub count: u32,
    /// The client's nonce.
    pub cnonce: Cow<'a, [u8]>,
    /// The client's nonce in its wire form, without the quotes around it.
    pub raw_cnonce: Cow<'a, [u8]>,
}

/// Each known parameter once.
#[derive(Default)]
struct KnownParams<'a> {
    username: Option<ParamValue<'a>>,
    username_ext: Option<ParamValue<'a>>,
    userhash: Option<ParamValue<'a>>,
    realm: Option<ParamValue<'a>>,
    nonce: Option<ParamValue<'a>>,
    uri: Option<ParamValue<'a>>,
    response: Option<ParamValue<'a>>,
    algorithm: Option<ParamValue<'a>>,
    opaque: Option<ParamValue<'a>>,
    qop: Option<ParamValue<'a>>,
    nc: Option<ParamValue<'a>>,
    cnonce: Option<ParamValue<'a>>,
}

impl<'a> KnownParams<'a> {
    /// Of unknown parameters RFC 7616 says nothing; RFC 2617 section 3.2.2 had them ignored.
    fn among(params: impl IntoIterator<Item = Param<'a>>) -> Self {
        let mut found = Self::default();
        for param in params {
            if let Some(place) = found.place(param.name_octets()) {
                *place = Some(param.value());
            }
        }
        found
    }

    /// Where the parameter `name` belongs. Clients nearly always spell names as the RFC spells them.
    #[inline]
    fn place(&mut self, name: &[u8]) -> Option<&mut Option<ParamValue<'a>>> {
        Some(match name {
            b"nc" => &mut self.nc,
            b"uri" => &mut self.uri,
            b"qop" => &mut self.qop,
            b"realm" => &mut self.realm,
            b"nonce" => &mut self.nonce,
            b"opaque" => &mut self.opaque,
            b"cnonce" => &mut self.cnonce,
            b"response" => &mut self.response,
            b"username" => &mut self.username,
            b"userhash" => &mut self.userhash,
            b"algorithm" => &mut self.algorithm,
            b"username*" => &mut self.username_ext,
            _ => return self.place_in_any_case(name),
        })
    }

    /// Names compare without case (RFC 9110 section 11.2).
    #[cold]
    fn place_in_any_case(&mut self, name: &[u8]) -> Option<&mut Option<ParamValue<'a>>> {
        let mut lower = [0; "username*".len()];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        if *lower == *name {
            return None;
        }
        self.place(lower)
    }

    /// RFC 7616 section 3.4: a sender "MUST NOT" quote these.
    fn is_strictly_quoted(&self) -> Result<(), &'static str> {
        let bare = [self.algorithm, self.qop, self.nc];
        match bare.iter().flatten().any(ParamValue::is_quoted) {
            true => Err("algorithm, qop or nc is quoted"),
            false => Ok(()),
        }
    }
}

impl<'a> DigestCredentials<'a> {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// What is missing or malformed, in fixed words. RFC 7616 section 3.4 leaves the status to us: `400`.
    pub fn read(params: impl IntoIterator<Item = Param<'a>>) -> Result<Self, &'static str> {
        Self::read_by(params, &DigestRules::default())
    }

    pub(super) fn read_by(
        params: impl IntoIterator<Item = Param<'a>>,
        rules: &DigestRules,
    ) -> Result<Self, &'static str> {
        let found = KnownParams::among(params);
        if rules.strict_quoting {
            found.is_strictly_quoted()?;
        }
        let userhash = userhash(found.userhash)?;
        let (algorithm, session) = algorithm(found.algorithm);
        let protection = QopParams::of(&found, rules)?;
        if session && protection.is_none() {
            return Err("a session needs a qop");
        }
        Ok(Self {
            user: user(&found, userhash, rules.quirks)?,
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

impl<'a> QopParams<'a> {
    /// RFC 7616 section 3.4: all three, or in the form of RFC 2069 none. Some send the client's nonce there as well (JDK
    /// 17), which nothing covers and nobody looks at.
    fn of(found: &KnownParams<'a>, rules: &DigestRules) -> Result<Option<Self>, &'static str> {
        let qop = match found.qop {
            None if rules.rfc2069 => return Ok(None),
            None => return Err("qop is missing"),
            Some(qop) => qop,
        };
        let (nc, count) = nonce_count(found.nc.ok_or("nc is missing")?, rules.quirks)?;
        let cnonce = client_nonce(found.cnonce.ok_or("cnonce is missing")?)?;
        Ok(Some(Self {
            qop: Cow::Borrowed(qop.raw()),
            nc: Cow::Borrowed(nc),
            count,
            cnonce: cnonce.to_bytes(),
            raw_cnonce: Cow::Borrowed(cnonce.raw()),
        }))
    }
}

fn userhash(value: Option<ParamValue<'_>>) -> Result<bool, &'static str> {
    match value {
        None => Ok(false),
        Some(value) if value.eq_ignore_ascii_case("true") => Ok(true),
        Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err("userhash is neither true nor false"),
    }
}

/// RFC 7616 section 3.4: `username` and `username*` together "MUST" be "an error"; `username*` is not for a hash.
fn user<'a>(
    found: &KnownParams<'a>,
    userhash: bool,
    quirks: QuirkSet,
) -> Result<Option<Cow<'a, str>>, &'static str> {
    match (found.username, found.username_ext) {
        (Some(_), Some(_)) => Err("username and username* exclude each other"),
        (None, None) => Err("username is missing"),
        (Some(name), None) => Ok(plain_name(name, quirks)),
        (None, Some(_)) if userhash => Err("username* cannot hold a hash"),
        (None, Some(name)) => extended_name(name).map(Some),
    }
}

/// In ISO-8859-1, which one of the `quirks` takes, an octet is the character of its number.
fn plain_name<'a>(name: ParamValue<'a>, quirks: QuirkSet) -> Option<Cow<'a, str>> {
    let in_latin1 = || name.to_bytes().iter().copied().map(char::from).collect();
    let latin1 = quirks.has(ClientQuirk::RequestsUsername);
    name.to_str()
        .or_else(|| latin1.then(|| Cow::Owned(in_latin1())))
}

fn extended_name(name: ParamValue<'_>) -> Result<Cow<'_, str>, &'static str> {
    let name = name.to_str().and_then(|name| ext_value::decode(&name).ok());
    name.map(Cow::Owned).ok_or("username* is not an ext-value")
}

/// RFC 7616 section 3.3: "If this is not present, it is assumed to be "MD5"."
fn algorithm(value: Option<ParamValue<'_>>) -> (Option<DigestAlgorithm>, bool) {
    let Some(value) = value else {
        return (Some(DigestAlgorithm::Md5), false);
    };
    let named = DigestAlgorithm::from_either_name(|name| value.eq_ignore_ascii_case(name));
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
pub struct DigestResponse {
    len: usize,
    octets: [u8; MAX],
}

impl DigestResponse {
    /// The octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.octets[..self.len]
    }
}

/// RFC 7616 section 3.2 has the digits in lower case; upper case means the same and is let through.
fn response(value: ParamValue<'_>) -> Result<DigestResponse, &'static str> {
    let read = hex::read(value.raw(), true).filter(|(len, _)| *len > 0);
    let (len, octets) = read.ok_or("response is not hexadecimal")?;
    Ok(DigestResponse { len, octets })
}

/// RFC 7616 section 3.5: "exactly 8 hexadecimal digits"; RFC 2617 section 3.2.2 has them in lower case. The first is 1.
fn nonce_count(value: ParamValue<'_>, quirks: QuirkSet) -> Result<(&[u8], u32), &'static str> {
    let (digits, lenient) = (value.raw(), quirks.has(ClientQuirk::AndroidNonceCount));
    let fits = digits.len() == 8 || lenient && matches!(digits.len(), 6 | 7);
    let digit = |octet: u8| match octet {
        b'A'..=b'F' if !lenient => None,
        octet => char::from(octet).to_digit(16),
    };
    let read = |count, octet: &u8| Some(count << 4 | digit(*octet)?);
    let count = fits.then(|| digits.iter().try_fold(0, read)).flatten();
    match count.ok_or("nc is not 8 digits")? {
        0 if !quirks.has(ClientQuirk::RubyNonceCount) => Err("nc starts at 1"),
        count => Ok((digits, count)),
    }
}

/// RFC 7616 section 3.4: "an opaque quoted ASCII-only string value".
fn client_nonce(value: ParamValue<'_>) -> Result<ParamValue<'_>, &'static str> {
    match value.raw() {
        [] => Err("cnonce is empty"),
        raw if raw.len() > MAX_CNONCE => Err("cnonce is too long"),
        raw if !raw.is_ascii() => Err("cnonce is not ASCII"),
        _ => Ok(value),
    }
}
