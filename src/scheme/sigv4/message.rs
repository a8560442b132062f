//! The parser for the `Authorization` field of SigV4, which has a grammar of its own.
//!
//! ```text
//! AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=<64 hex>
//! ```
//!
//! The values contain `/` and `;` and are not quoted, so that this is not a list of auth-params (RFC 9110 section
//! 11.2).

use std::borrow::Cow;
use std::time::Duration;

use http::HeaderValue;

use super::amz_date::AmzDate;
use super::fields::SignatureFields;
use super::reasons;
use crate::reason::ReasonText;
use crate::secret::SecretString;
use crate::text::hex::{self, MAX};
use crate::text::split::split;

/// The name of the algorithm. The comparison is case-sensitive, because the name is part of the string to sign.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

const PARAMS: [&str; 3] = ["Credential=", "SignedHeaders=", "Signature="];

/// The three parameters of a signature, parsed and not verified.
pub(super) struct SignatureParams<'a> {
    pub(super) credential: Cow<'a, str>,
    pub(super) signed_headers: Cow<'a, str>,
    pub(super) signature: [u8; 32],
}

impl<'a> SignatureParams<'a> {
    /// Parses a field value, which begins with the scheme name. Each of the three parameters must appear exactly once,
    /// and there must be no other.
    pub(super) fn read(value: &'a [u8]) -> Result<Self, ReasonText> {
        let text = std::str::from_utf8(value).map_err(|_| reasons::NOT_UTF8)?;
        let rest = text
            .trim_ascii()
            .strip_prefix(ALGORITHM)
            .ok_or(reasons::ALGORITHM_SPELLING)?;
        let mut values = [None; 3];
        for param in split(rest, b',') {
            let param = param.trim_ascii();
            let mut names = PARAMS.iter().enumerate();
            let known = names.find_map(|(index, name)| Some((index, param.strip_prefix(name)?)));
            let (index, value) = known.ok_or(reasons::UNKNOWN_PARAMETER)?;
            if values[index].replace(value).is_some() {
                return Err(reasons::DUPLICATE_PARAMETER);
            }
        }
        let [credential, signed_headers, signature] = values;
        Ok(Self {
            credential: credential.ok_or(reasons::CREDENTIAL_MISSING)?.into(),
            signed_headers: signed_headers
                .ok_or(reasons::SIGNED_HEADERS_MISSING)?
                .into(),
            signature: read_signature(signature.ok_or(reasons::SIGNATURE_MISSING)?)?,
        })
    }
}

/// The parameters of a signature, and the values that belong to it. A client that signs in the `Authorization` field
/// sends these values in other fields; a presigned URL has them in its query.
pub(super) struct ParsedSignature<'a> {
    pub(super) signed: SignatureParams<'a>,
    pub(super) signed_at: AmzDate,
    /// How long the signature is valid, if the request says so. Only a presigned URL does, with `X-Amz-Expires`.
    pub(super) lifetime: Option<Duration>,
    pub(super) token: Option<SecretString>,
    pub(super) payload: Option<Cow<'a, [u8]>>,
}

impl<'a> ParsedSignature<'a> {
    /// Parses the value of the `Authorization` field, and the other fields that belong to the signature.
    pub(super) fn of_field(
        field: &'a HeaderValue,
        fields: &SignatureFields<'a>,
    ) -> Result<Self, ReasonText> {
        Ok(Self {
            signed: SignatureParams::read(field.as_bytes())?,
            signed_at: signed_at(fields)?,
            lifetime: None,
            token: token(fields)?,
            payload: fields.payload.only()?.map(|line| line.as_bytes().into()),
        })
    }
}

/// Returns the signing time: `X-Amz-Date`, or `Date` if there is no `X-Amz-Date`. Beside `X-Amz-Date`, the scheme reads no
/// `Date`, in which a client or a proxy may write anything.
fn signed_at(fields: &SignatureFields<'_>) -> Result<AmzDate, ReasonText> {
    if let Some(line) = fields.amz_date.only()? {
        return AmzDate::read(line.as_bytes()).ok_or(reasons::INVALID_AMZ_DATE);
    }
    let line = fields.date.only()?.ok_or(reasons::DATE_MISSING)?;
    AmzDate::read_date(line).ok_or(reasons::INVALID_DATE)
}

fn token(fields: &SignatureFields<'_>) -> Result<Option<SecretString>, ReasonText> {
    let token = fields
        .token
        .only()?
        .map(|line| line.to_str().map(SecretString::new));
    token
        .transpose()
        .map_err(|_| reasons::SESSION_TOKEN_NOT_ASCII)
}

/// Parses a signature: 64 lower-case hexadecimal digits.
pub(super) fn read_signature(digits: &str) -> Result<[u8; 32], ReasonText> {
    read_hash(digits.as_bytes()).ok_or(reasons::INVALID_SIGNATURE)
}

/// Parses 64 lower-case hexadecimal digits, the format of signatures and hashes.
pub(super) fn read_hash(digits: &[u8]) -> Option<[u8; 32]> {
    let (len, bytes) = hex::read(digits, false)?;
    (len == MAX).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::SignatureParams;

    const SIGNATURE: &str = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";

    fn is_accepted(text: &str) -> bool {
        let text = text.replace("SIGNATURE", SIGNATURE);
        SignatureParams::read(text.as_bytes()).is_ok()
    }

    #[test]
    fn the_three_parameters_are_accepted_in_any_order_with_or_without_spaces() {
        for good in [
            "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host, Signature=SIGNATURE",
            "AWS4-HMAC-SHA256 Credential=A/B,SignedHeaders=host,Signature=SIGNATURE",
            "AWS4-HMAC-SHA256 Signature=SIGNATURE,\tCredential=A/B  , SignedHeaders=host",
        ] {
            assert!(is_accepted(good), "{good}");
        }
    }

    #[test]
    fn credentials_with_a_missing_repeated_unknown_or_invalid_parameter_are_refused() {
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
            assert!(!is_accepted(bad), "{bad}");
        }
    }
}
