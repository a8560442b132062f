//! The wire form of what a client says it signed: an `Authorization` field with a grammar of its own.
//!
//! ```text
//! AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=<64 hex>
//! ```
//!
//! The values hold `/` and `;` and are not quoted, so that this is no list of auth-params (RFC 9110 section 11.2).

use std::borrow::Cow;
use std::time::Duration;

use http::header::{DATE, HeaderName};
use http::{HeaderMap, HeaderValue};

use super::amz_date::AmzDate;
use crate::secret::SecretString;
use crate::text::hex::{self, MAX};

pub(super) const AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
pub(super) const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
pub(super) const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// The name of the algorithm, which compares with case here: it is signed.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

const PARAMS: [&[u8]; 3] = [b"Credential=", b"SignedHeaders=", b"Signature="];

/// What a client says it signed, read and not yet believed.
pub(super) struct SignatureParams<'a> {
    pub(super) credential: Cow<'a, str>,
    pub(super) signed_headers: Cow<'a, str>,
    pub(super) signature: [u8; 32],
}

impl<'a> SignatureParams<'a> {
    /// Reads a field value, with the name of the scheme before it. Each parameter has to be there, once, and no other.
    pub(super) fn read(value: &'a [u8]) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(value).map_err(|_| "the credentials are not text")?;
        let rest = text
            .trim_ascii()
            .strip_prefix(ALGORITHM)
            .ok_or("the algorithm is spelled in another way")?;
        let mut values = [None; 3];
        for param in rest.as_bytes().split(|&octet| octet == b',') {
            let param = param.trim_ascii();
            let place = PARAMS.iter().position(|name| param.starts_with(name));
            let place = place.ok_or("there is a parameter of another name")?;
            let value = std::str::from_utf8(&param[PARAMS[place].len()..]);
            let value = value.map_err(|_| "the credentials are not text")?;
            if values[place].replace(value).is_some() {
                return Err("a parameter is there twice");
            }
        }
        let [credential, signed_headers, signature] = values;
        Ok(Self {
            credential: credential.ok_or("there is no Credential")?.into(),
            signed_headers: signed_headers.ok_or("there is no SignedHeaders")?.into(),
            signature: read_signature(signature.ok_or("there is no Signature")?)?,
        })
    }
}

/// The same, with what goes along with it and stands elsewhere in a field than in a query.
pub(super) struct SignatureMessage<'a> {
    pub(super) signed: SignatureParams<'a>,
    pub(super) signed_at: AmzDate,
    /// How long the signature is good, if that is said.
    pub(super) lifetime: Option<Duration>,
    pub(super) token: Option<SecretString>,
    pub(super) payload: Option<Cow<'a, [u8]>>,
}

impl<'a> SignatureMessage<'a> {
    /// Reads a field value, and the fields that belong to it.
    pub(super) fn of_field(
        field: &'a HeaderValue,
        headers: &'a HeaderMap,
    ) -> Result<Self, &'static str> {
        Ok(Self {
            signed: SignatureParams::read(field.as_bytes())?,
            signed_at: signed_at(headers)?,
            lifetime: None,
            token: token(headers)?,
            payload: one(headers, CONTENT_SHA256)?.map(|it| it.as_bytes().into()),
        })
    }
}

/// One line of a field, if there is any.
pub(super) fn one(
    headers: &HeaderMap,
    name: HeaderName,
) -> Result<Option<&HeaderValue>, &'static str> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (line, None) => Ok(line),
        _ => Err("a field is there twice"),
    }
}

/// `X-Amz-Date` says when; `Date` where there is none. What `Date` says beside it means nothing, but has to be a date.
fn signed_at(headers: &HeaderMap) -> Result<AmzDate, &'static str> {
    let date = one(headers, DATE)?.map(|it| AmzDate::read_date(it).ok_or("Date is no date"));
    let date = date.transpose()?;
    match one(headers, AMZ_DATE)? {
        Some(line) => AmzDate::read(line.as_bytes()).ok_or("X-Amz-Date is no date"),
        None => date.ok_or("there is no date"),
    }
}

fn token(headers: &HeaderMap) -> Result<Option<SecretString>, &'static str> {
    let token = one(headers, SECURITY_TOKEN)?.map(|it| it.to_str().map(SecretString::new));
    token
        .transpose()
        .map_err(|_| "the session token is not ASCII")
}

/// Reads a signature.
pub(super) fn read_signature(digits: &str) -> Result<[u8; 32], &'static str> {
    read_hash(digits.as_bytes()).ok_or("the signature is not 64 digits in lower case")
}

/// Reads 64 digits in lower case, which is how signatures and hashes are written.
pub(super) fn read_hash(digits: &[u8]) -> Option<[u8; 32]> {
    let (len, octets) = hex::read(digits, false)?;
    (len == MAX).then_some(octets)
}

#[cfg(test)]
mod tests {
    use super::SignatureParams;

    const SIGNATURE: &str = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";

    fn is_read(text: &str) -> bool {
        let text = text.replace("SIGNATURE", SIGNATURE);
        SignatureParams::read(text.as_bytes()).is_ok()
    }

    #[test]
    fn three_parameters_are_read_in_any_order_with_or_without_spaces() {
        for good in [
            "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host, Signature=SIGNATURE",
            "AWS4-HMAC-SHA256 Credential=A/B,SignedHeaders=host,Signature=SIGNATURE",
            "AWS4-HMAC-SHA256 Signature=SIGNATURE,\tCredential=A/B  , SignedHeaders=host",
        ] {
            assert!(is_read(good), "{good}");
        }
    }

    #[test]
    fn nothing_may_be_missing_doubled_or_added() {
        for bad in [
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host",
            "AWS4-HMAC-SHA256 Credential=A/B, Signature=SIGNATURE",
            "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=SIGNATURE",
            "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host, Signature=SIGNATURE, Signature=SIGNATURE",
            "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host, Signature=SIGNATURE, X=1",
            "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host, Signature=SIGNATURE,",
            "AWS4-HMAC-SHA256 credential=A/B, SignedHeaders=host, Signature=SIGNATURE",
            "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host, Signature=SIGNATURE0",
            "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host, Signature=",
            "aws4-hmac-sha256 Credential=A/B, SignedHeaders=host, Signature=SIGNATURE",
        ] {
            assert!(!is_read(bad), "{bad}");
        }
    }
}
