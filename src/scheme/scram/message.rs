//! Reads and writes the messages of SCRAM (RFC 5802 section 7). On the wire they are in `data`, in base64.
//!
//! ```text
//! client-first = "n," [ "a=" saslname ] "," "n=" saslname ",r=" nonce *( "," extension )
//! server-first = "r=" nonce ",s=" salt ",i=" iterations *( "," extension )
//! client-final = "c=" base64( GS2 header ) ",r=" nonce *( "," extension ) ",p=" proof
//! server-final = "v=" signature | "e=" error
//! ```
//!
//! An extension that begins with `m` is mandatory, and RFC 5802 section 5.1 lets the exchange fail. Other extensions are
//! ignored.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::reasons;
use crate::reason::ReasonText;

/// The longest message, in bytes. A `sid` of the server holds the first message of the client.
const MAX_MESSAGE: usize = 2048;

/// The longest first message of a client, in bytes.
const MAX_FIRST: usize = 1024;

/// The longest name, in bytes.
const MAX_NAME: usize = 255;

/// The longest nonce of a client, in bytes.
const MAX_NONCE: usize = 256;

/// The first message of a client: it names the user.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::scram::message::ClientFirst;
///
/// let first = ClientFirst::read("n,,n=a=2Cb,r=fyko+d2lbbFgONRv9qkxdawL").unwrap();
/// assert_eq!((&*first.user, first.nonce), ("a,b", "fyko+d2lbbFgONRv9qkxdawL"));
/// assert_eq!(ClientFirst::read("y,,n=ada,r=x").unwrap_err(), "the message asks for channel binding");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientFirst<'a> {
    /// The GS2 header, as far as the second comma: `n,,` or `n,a=name,`.
    pub gs2_header: &'a str,
    /// The message without the GS2 header, which the proofs cover.
    pub bare: &'a str,
    /// The user for whom the client wants to act, if the client names one.
    pub authorization: Option<Cow<'a, str>>,
    /// The name of the user.
    pub user: Cow<'a, str>,
    /// The nonce of the client.
    pub nonce: &'a str,
}

/// The first message of a server: the salt, the iterations and the nonce of the exchange.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerFirst<'a> {
    /// The nonce of the client, and the nonce of the server behind it.
    pub nonce: &'a str,
    /// The salt.
    pub salt: Vec<u8>,
    /// The number of iterations of PBKDF2.
    pub iterations: u32,
}

/// The final message of a client: the proof.
#[derive(Clone)]
#[expect(
    missing_debug_implementations,
    reason = "a reader of a log could log in with it once"
)]
#[non_exhaustive]
pub struct ClientFinal<'a> {
    /// The GS2 header of the first message, in base64 as the client wrote it.
    pub channel_binding: &'a str,
    /// The nonce of the exchange.
    pub nonce: &'a str,
    /// The message without the proof, which the proofs cover.
    pub without_proof: &'a str,
    /// The proof, of any length.
    pub proof: Vec<u8>,
}

/// The final message of a server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ServerFinal<'a> {
    /// The signature with which the server proves itself.
    Signature(Vec<u8>),
    /// The error that the server reports.
    Error(&'a str),
}

impl<'a> ClientFirst<'a> {
    /// Reads the message.
    ///
    /// # Errors
    ///
    /// The message breaks the grammar, asks for channel binding, which HTTP does not have, or needs an extension. The
    /// fixed text says which.
    pub fn read(message: &'a str) -> Result<Self, &'static str> {
        Self::read_coded(message).map_err(ReasonText::text)
    }

    pub(super) fn read_coded(message: &'a str) -> Result<Self, ReasonText> {
        if message.len() > MAX_FIRST {
            return Err(reasons::TOO_LONG);
        }
        let (flag, rest) = message.split_once(',').ok_or(reasons::INVALID_MESSAGE)?;
        check_flag(flag)?;
        let (authorization, bare) = rest.split_once(',').ok_or(reasons::INVALID_MESSAGE)?;
        let gs2_header = &message[..message.len() - bare.len()];
        let authorization = match authorization {
            "" => None,
            name => Some(saslname(attribute(name, "a=")?)?),
        };
        let mut attributes = bare.split(',');
        let user = next(&mut attributes, "n=")?;
        let nonce = next(&mut attributes, "r=")?;
        check_extensions(attributes)?;
        let nonce = Some(nonce).filter(|nonce| nonce.len() <= MAX_NONCE && is_nonce(nonce));
        Ok(Self {
            gs2_header,
            bare,
            authorization,
            user: saslname(user)?,
            nonce: nonce.ok_or(reasons::INVALID_NONCE)?,
        })
    }
}

impl<'a> ServerFirst<'a> {
    /// Reads the message.
    ///
    /// # Errors
    ///
    /// The message breaks the grammar or needs an extension. The fixed text says which.
    pub fn read(message: &'a str) -> Result<Self, &'static str> {
        Self::read_coded(message).map_err(ReasonText::text)
    }

    fn read_coded(message: &'a str) -> Result<Self, ReasonText> {
        let mut attributes = message.split(',');
        let nonce = next(&mut attributes, "r=")?;
        let salt = next(&mut attributes, "s=")?;
        let iterations = next(&mut attributes, "i=")?;
        check_extensions(attributes)?;
        Ok(Self {
            nonce: Some(nonce)
                .filter(|nonce| is_nonce(nonce))
                .ok_or(reasons::INVALID_NONCE)?,
            salt: base64(salt)
                .filter(|salt| !salt.is_empty())
                .ok_or(reasons::INVALID_MESSAGE)?,
            iterations: number(iterations).ok_or(reasons::INVALID_MESSAGE)?,
        })
    }

    /// Writes the message.
    #[must_use]
    pub fn write(nonce: &str, salt: &[u8], iterations: u32) -> String {
        format!("r={nonce},s={},i={iterations}", STANDARD.encode(salt))
    }
}

impl<'a> ClientFinal<'a> {
    /// Reads the message.
    ///
    /// # Errors
    ///
    /// The message breaks the grammar or needs an extension. The fixed text says which.
    pub fn read(message: &'a str) -> Result<Self, &'static str> {
        Self::read_coded(message).map_err(ReasonText::text)
    }

    pub(super) fn read_coded(message: &'a str) -> Result<Self, ReasonText> {
        if message.len() > MAX_MESSAGE {
            return Err(reasons::TOO_LONG);
        }
        let split = message.rsplit_once(",p=");
        let (without_proof, proof) = split.ok_or(reasons::INVALID_MESSAGE)?;
        let mut attributes = without_proof.split(',');
        let channel_binding = next(&mut attributes, "c=")?;
        let nonce = next(&mut attributes, "r=")?;
        check_extensions(attributes)?;
        Ok(Self {
            channel_binding,
            nonce,
            without_proof,
            proof: base64(proof).ok_or(reasons::INVALID_MESSAGE)?,
        })
    }

    /// Whether the message repeats the GS2 header of the first message.
    #[must_use]
    pub fn repeats(&self, gs2_header: &str) -> bool {
        self.channel_binding == STANDARD.encode(gs2_header)
    }
}

impl<'a> ServerFinal<'a> {
    /// Reads the message.
    ///
    /// # Errors
    ///
    /// The message breaks the grammar or needs an extension. The fixed text says which.
    pub fn read(message: &'a str) -> Result<Self, &'static str> {
        Self::read_coded(message).map_err(ReasonText::text)
    }

    fn read_coded(message: &'a str) -> Result<Self, ReasonText> {
        let mut attributes = message.split(',');
        let first = attributes.next().unwrap_or_default();
        check_extensions(attributes)?;
        if let Some(error) = first.strip_prefix("e=") {
            return Ok(Self::Error(error));
        }
        let signature = base64(attribute(first, "v=")?);
        signature
            .map(Self::Signature)
            .ok_or(reasons::INVALID_MESSAGE)
    }
}

/// Escapes a name for the wire: `,` is `=2C`, and `=` is `=3D`.
#[must_use]
pub fn escaped_name(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// Reads the message in a `data` parameter.
pub(super) fn decoded(data: &[u8]) -> Result<String, ReasonText> {
    if data.len() > MAX_MESSAGE.div_ceil(3) * 4 {
        return Err(reasons::TOO_LONG);
    }
    let bytes = STANDARD.decode(data).map_err(|_| reasons::INVALID_BASE64)?;
    String::from_utf8(bytes).map_err(|_| reasons::NOT_UTF8)
}

/// RFC 7804 section 5: HTTP has no channel binding, so the flag is always `n`.
fn check_flag(flag: &str) -> Result<(), ReasonText> {
    match flag {
        "n" => Ok(()),
        "y" => Err(reasons::CHANNEL_BINDING),
        flag if flag.starts_with("p=") => Err(reasons::CHANNEL_BINDING),
        _ => Err(reasons::INVALID_MESSAGE),
    }
}

/// The value of the next attribute, whose name must be `name`.
fn next<'a>(
    attributes: &mut impl Iterator<Item = &'a str>,
    name: &str,
) -> Result<&'a str, ReasonText> {
    attribute(attributes.next().unwrap_or_default(), name)
}

fn attribute<'a>(text: &'a str, name: &str) -> Result<&'a str, ReasonText> {
    match text.strip_prefix(name) {
        Some(value) => Ok(value),
        None if text.starts_with("m=") => Err(reasons::MANDATORY_EXTENSION),
        None => Err(reasons::INVALID_MESSAGE),
    }
}

/// `attr-val = ALPHA "=" value`, where the value is not empty and contains no NUL.
fn check_extensions<'a>(mut extensions: impl Iterator<Item = &'a str>) -> Result<(), ReasonText> {
    extensions.try_for_each(|extension| match extension.as_bytes() {
        [b'm', b'=', ..] => Err(reasons::MANDATORY_EXTENSION),
        [name, b'=', value @ ..] if name.is_ascii_alphabetic() && is_value(value) => Ok(()),
        _ => Err(reasons::INVALID_MESSAGE),
    })
}

fn is_value(value: &[u8]) -> bool {
    !value.is_empty() && !value.contains(&0)
}

/// Reads a name, in which `=2C` and `=3D` stand for `,` and `=`. Every other `=` is an error.
fn saslname(text: &str) -> Result<Cow<'_, str>, ReasonText> {
    let name = match text.contains('=') {
        false => Cow::Borrowed(text),
        true => Cow::Owned(unescaped(text).ok_or(reasons::INVALID_NAME)?),
    };
    match is_value(name.as_bytes()) && name.len() <= MAX_NAME {
        true => Ok(name),
        false => Err(reasons::INVALID_NAME),
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('=');
    let mut name = parts.next()?.to_owned();
    for part in parts {
        let (escaped, rest) = part.split_at_checked(2)?;
        name.push(match escaped {
            "2C" => ',',
            "3D" => '=',
            _ => return None,
        });
        name.push_str(rest);
    }
    Some(name)
}

fn is_nonce(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| matches!(byte, b'!'..=b'+' | b'-'..=b'~'))
}

/// Reads a positive number: digits without a leading zero.
pub(super) fn number(digits: &str) -> Option<u32> {
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| is_plain)
}

/// Reads canonical base64: with padding, and without bits that have no meaning.
fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
