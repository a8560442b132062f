//! Reads Digest credentials from the wire (RFC 7616 section 3.4).

use std::borrow::Cow;

use super::algorithm::DigestAlgorithm;
use super::escapes::unescaped;
use super::quirks::{ClientQuirk, QuirkSet};
use super::reasons;
use super::rules::DigestRules;
use super::username;
use crate::header::{Param, ParamValue};
use crate::reason::ReasonText;
use crate::text::hex::{self, MAX};

/// The longest client nonce that is accepted, in bytes. The limit exists because the response repeats the client nonce
/// in `Authentication-Info`.
const MAX_CNONCE: usize = 256;

/// The parameters of Digest credentials, parsed but not verified.
///
/// ```
/// use tower_challenge::header::Credentials;
/// use tower_challenge::scheme::digest::message::DigestCredentials;
///
/// let read = |text: &str| DigestCredentials::read(Credentials::parse(text.as_bytes()).unwrap().params()).map(|_| ());
/// let good = r#"Digest username="ada", realm="r", nonce="n", uri="/", qop=auth, nc=00000001, cnonce="c", response="6629fae49393a05397450978507c4ef1""#;
/// assert!(read(good).is_ok());
/// assert_eq!(read(&good.replace("nc=00000001", "nc=1")), Err("nc is not 8 hexadecimal digits"));
/// ```
#[derive(Clone)]
#[expect(
    missing_debug_implementations,
    reason = "a reader of a log could log in with it once"
)]
#[non_exhaustive]
pub struct DigestCredentials<'a> {
    /// The user's name, from `username` or `username*`. `None` if it is not UTF-8; no account has such a name.
    pub user: Option<Cow<'a, str>>,
    /// Whether the credentials have `userhash=true`. Then [`user`](Self::user) is the hash `H(user:realm)` (RFC 7616
    /// section 3.4.4).
    pub userhash: bool,
    /// The realm.
    pub realm: Cow<'a, [u8]>,
    /// The nonce of the challenge that the client answers.
    pub nonce: Cow<'a, [u8]>,
    /// The target, `uri`, byte for byte as the client hashed it.
    pub uri: Cow<'a, [u8]>,
    /// The hash that the client computed. Its length is not checked yet.
    pub response: DigestResponse,
    /// The algorithm. MD5 if the credentials name no algorithm (RFC 7616 section 3.3). `None` if they name an algorithm
    /// that this crate does not implement.
    pub algorithm: Option<DigestAlgorithm>,
    /// Whether the credentials name the session form of the algorithm, such as `SHA-256-sess`.
    pub session: bool,
    /// The `opaque` text, if the client returned one.
    pub opaque: Option<Cow<'a, [u8]>>,
    /// The parameters that go with `qop`. `None` in the form of RFC 2069, which has no `qop`.
    pub protection: Option<QopParams<'a>>,
}

/// The parameters that go with `qop`, which RFC 2617 introduced.
#[derive(Clone)]
#[expect(
    missing_debug_implementations,
    reason = "a reader of a log could log in with it once"
)]
#[non_exhaustive]
pub struct QopParams<'a> {
    /// The quality of protection, such as `auth`, as the client wrote it.
    pub qop: Cow<'a, [u8]>,
    /// The nonce count, in the digits that the client wrote.
    pub nc: Cow<'a, [u8]>,
    /// The nonce count, as a number. RFC 7616 counts from 1, and some clients count from 0.
    pub count: u32,
    /// The client's nonce.
    pub cnonce: Cow<'a, [u8]>,
    /// The client's nonce as the client wrote it, backslashes included, without the quotes around it.
    pub raw_cnonce: Cow<'a, [u8]>,
}

/// The value of each known parameter, if the credentials have it.
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
    /// Collects the known parameters and ignores unknown ones. RFC 7616 says nothing of unknown parameters; RFC 2617
    /// section 3.2.2 ignores them.
    fn collect(params: impl IntoIterator<Item = Param<'a>>) -> Self {
        let mut found = Self::default();
        for param in params {
            if let Some(slot) = found.slot(param.name_bytes()) {
                *slot = Some(param.value());
            }
        }
        found
    }

    /// The field for the parameter `name`. This fast path compares case, since clients nearly always spell names as the
    /// RFC does.
    #[inline]
    fn slot(&mut self, name: &[u8]) -> Option<&mut Option<ParamValue<'a>>> {
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
            _ => return self.slot_in_any_case(name),
        })
    }

    /// The field for a parameter whose name is not in lower case. Case does not matter in names (RFC 9110 section
    /// 11.2).
    #[cold]
    fn slot_in_any_case(&mut self, name: &[u8]) -> Option<&mut Option<ParamValue<'a>>> {
        let mut lower = [0; "username*".len()];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        if *lower == *name {
            return None;
        }
        self.slot(lower)
    }

    /// Refuses quotes around these parameters. RFC 7616 section 3.4: a sender "MUST NOT" quote them.
    fn refuse_forbidden_quotes(&self) -> Result<(), ReasonText> {
        let bare = [self.algorithm, self.qop, self.nc];
        match bare.iter().flatten().any(ParamValue::is_quoted) {
            true => Err(reasons::FORBIDDEN_QUOTES),
            false => Ok(()),
        }
    }
}

impl<'a> DigestCredentials<'a> {
    /// Reads the parameters of Digest credentials, as RFC 7616 has them and without any [quirk](super::ClientQuirk).
    ///
    /// # Errors
    ///
    /// A parameter is missing or malformed; the fixed text says which. RFC 7616 section 3.4 asks for a 4xx status, and
    /// this crate sends `400`.
    pub fn read(params: impl IntoIterator<Item = Param<'a>>) -> Result<Self, &'static str> {
        Self::read_by(params, &DigestRules::default()).map_err(ReasonText::text)
    }

    pub(super) fn read_by(
        params: impl IntoIterator<Item = Param<'a>>,
        rules: &DigestRules,
    ) -> Result<Self, ReasonText> {
        let found = KnownParams::collect(params);
        if rules.strict_quoting {
            found.refuse_forbidden_quotes()?;
        }
        let userhash = userhash(found.userhash)?;
        let (algorithm, session) = algorithm(found.algorithm);
        let protection = QopParams::from_known(&found, rules)?;
        if session && protection.is_none() {
            return Err(reasons::SESSION_WITHOUT_QOP);
        }
        Ok(Self {
            user: username::read(found.username, found.username_ext, userhash, rules.quirks)?,
            userhash,
            realm: unescaped(found.realm.ok_or(reasons::REALM_MISSING)?, rules.quirks),
            nonce: found.nonce.ok_or(reasons::NONCE_MISSING)?.to_bytes(),
            uri: found.uri.ok_or(reasons::URI_MISSING)?.to_bytes(),
            response: response(found.response.ok_or(reasons::RESPONSE_MISSING)?)?,
            algorithm,
            session,
            opaque: found.opaque.map(|value| unescaped(value, rules.quirks)),
            protection,
        })
    }
}

impl<'a> QopParams<'a> {
    /// RFC 7616 section 3.4 requires `qop`, `nc` and `cnonce`; the form of RFC 2069 has no `qop`. Some clients (JDK 17)
    /// send a `cnonce` with that form, too. The response does not cover it there, so it is ignored.
    fn from_known(
        found: &KnownParams<'a>,
        rules: &DigestRules,
    ) -> Result<Option<Self>, ReasonText> {
        let qop = match found.qop {
            None if rules.rfc2069 => return Ok(None),
            None => return Err(reasons::QOP_MISSING),
            Some(qop) => qop,
        };
        let (nc, count) = nonce_count(found.nc.ok_or(reasons::NC_MISSING)?, rules.quirks)?;
        let cnonce = client_nonce(found.cnonce.ok_or(reasons::CNONCE_MISSING)?)?;
        Ok(Some(Self {
            qop: Cow::Borrowed(qop.raw()),
            nc: Cow::Borrowed(nc),
            count,
            cnonce: cnonce.to_bytes(),
            raw_cnonce: Cow::Borrowed(cnonce.raw()),
        }))
    }
}

fn userhash(value: Option<ParamValue<'_>>) -> Result<bool, ReasonText> {
    match value {
        None => Ok(false),
        Some(value) if value.eq_ignore_ascii_case("true") => Ok(true),
        Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(reasons::INVALID_USERHASH),
    }
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

/// The response that a client sent, of any length. The scheme compares its length with that of the algorithm's hash.
#[derive(Clone, Copy)]
#[expect(
    missing_debug_implementations,
    reason = "a reader of a log could log in with it once"
)]
pub struct DigestResponse {
    len: usize,
    bytes: [u8; MAX],
}

impl DigestResponse {
    /// The bytes of the hash. They are empty if no hash has as many digits, for example for 3 digits or for 128.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Reads the response. RFC 7616 section 3.2 has the digits in lower case. Upper case is accepted, too, since it means
/// the same.
///
/// Only another character than a digit breaks the grammar. A wrong number of digits is a wrong response: for example, a
/// client that hashes with SHA-512 sends 128 digits.
fn response(value: ParamValue<'_>) -> Result<DigestResponse, ReasonText> {
    let digits = value.raw();
    let no_hash = || {
        digits
            .iter()
            .all(u8::is_ascii_hexdigit)
            .then_some((0, [0; MAX]))
    };
    let read = hex::read(digits, true).or_else(no_hash);
    let (len, bytes) = read.ok_or(reasons::INVALID_RESPONSE)?;
    Ok(DigestResponse { len, bytes })
}

/// Reads the nonce count. RFC 7616 section 3.5: "exactly 8 hexadecimal digits". RFC 2617 section 3.2.2 has them in
/// lower case, and the first count is 1.
///
/// Upper case and the count 0 are accepted, too, because deployed clients send them: Indy and BestHTTP (Unity) the
/// former, Ruby's net-http-digest_auth the latter. `0000000A` and `0000000a` are the same count.
fn nonce_count(value: ParamValue<'_>, quirks: QuirkSet) -> Result<(&[u8], u32), ReasonText> {
    let (digits, lenient) = (value.raw(), quirks.has(ClientQuirk::AndroidNonceCount));
    let fits = digits.len() == 8 || lenient && matches!(digits.len(), 6 | 7);
    let read = |count, byte: &u8| Some(count << 4 | char::from(*byte).to_digit(16)?);
    let count = fits.then(|| digits.iter().try_fold(0, read)).flatten();
    let count = count.ok_or(reasons::INVALID_NC)?;
    Ok((digits, count))
}

/// Reads the client nonce. RFC 7616 section 3.4: "an opaque quoted ASCII-only string value".
fn client_nonce(value: ParamValue<'_>) -> Result<ParamValue<'_>, ReasonText> {
    match value.raw() {
        [] => Err(reasons::CNONCE_EMPTY),
        raw if raw.len() > MAX_CNONCE => Err(reasons::CNONCE_TOO_LONG),
        raw if !raw.is_ascii() => Err(reasons::CNONCE_NOT_ASCII),
        _ => Ok(value),
    }
}
