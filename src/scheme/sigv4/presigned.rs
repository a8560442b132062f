//! The parser for presigned URLs, which carry the signature in their query.

use std::time::Duration;

use super::amz_date::AmzDate;
use super::canonical::CanonicalQuery;
use super::fields::SignatureFields;
use super::message::{ALGORITHM, ParsedSignature, SignatureParams, read_signature};
use super::reasons;
use crate::reason::ReasonText;
use crate::secret::SecretString;
use crate::text::decimal::number;

pub(super) const SIGNATURE: &str = "X-Amz-Signature";
pub(super) const SECURITY_TOKEN: &str = "X-Amz-Security-Token";
const ALGORITHM_NAME: &str = "X-Amz-Algorithm";
const CREDENTIAL: &str = "X-Amz-Credential";
const DATE: &str = "X-Amz-Date";
const EXPIRES: &str = "X-Amz-Expires";
const SIGNED_HEADERS: &str = "X-Amz-SignedHeaders";
const CONTENT_SHA256: &str = "X-Amz-Content-Sha256";

/// The longest lifetime of a presigned URL, in seconds: seven days.
const MAX_LIFETIME: u64 = 604_800;

/// Parses the parameters of a presigned URL. The session token and the payload may be missing; all others are required.
pub(super) fn read(query: &CanonicalQuery) -> Result<ParsedSignature<'static>, ReasonText> {
    let text = |name: &str, missing| {
        let value = query.value(name).ok_or(missing)?;
        String::from_utf8(value).map_err(|_| reasons::QUERY_NOT_UTF8)
    };
    if text(ALGORITHM_NAME, reasons::QUERY_ALGORITHM_MISSING)? != ALGORITHM {
        return Err(reasons::QUERY_ALGORITHM);
    }
    let date = text(DATE, reasons::QUERY_DATE_MISSING)?;
    let signature = text(SIGNATURE, reasons::QUERY_SIGNATURE_MISSING)?;
    let token = query.value(SECURITY_TOKEN).map(String::from_utf8);
    let token = token.transpose().map_err(|_| reasons::QUERY_NOT_UTF8)?;
    Ok(ParsedSignature {
        signed: SignatureParams {
            credential: text(CREDENTIAL, reasons::QUERY_CREDENTIAL_MISSING)?.into(),
            signed_headers: text(SIGNED_HEADERS, reasons::QUERY_SIGNED_HEADERS_MISSING)?.into(),
            signature: read_signature(&signature)?,
        },
        signed_at: AmzDate::read(date.as_bytes()).ok_or(reasons::QUERY_INVALID_DATE)?,
        lifetime: Some(lifetime(&text(EXPIRES, reasons::QUERY_EXPIRES_MISSING)?)?),
        token: token.map(SecretString::from),
        payload: query.value(CONTENT_SHA256).map(Into::into),
    })
}

/// Parses the parameters of a presigned URL, and checks that no header field contradicts them.
///
/// A client that sends `X-Amz-Date` or `X-Amz-Security-Token` as a field beside a presigned URL is refused: the same
/// value must not come from two places.
pub(super) fn read_alone<'a>(
    query: &CanonicalQuery,
    fields: &SignatureFields<'a>,
) -> Result<ParsedSignature<'a>, ReasonText> {
    let form: ParsedSignature<'a> = read(query)?;
    if fields.amz_date.are_present() || fields.token.are_present() {
        return Err(reasons::PRESIGNED_WITH_FIELD);
    }
    let payload = match (form.payload, fields.payload.only()?) {
        (Some(_), Some(_)) => {
            return Err(reasons::TWO_PAYLOAD_HASHES);
        }
        (payload, None) => payload,
        (None, field) => field.map(|line| line.as_bytes().into()),
    };
    Ok(ParsedSignature { payload, ..form })
}

/// Parses `X-Amz-Expires`. It consists of at most six digits, so that signs and overflows are refused.
fn lifetime(text: &str) -> Result<Duration, ReasonText> {
    let seconds = number(text).filter(|_| text.len() <= 6);
    let seconds = seconds.filter(|seconds| (1..=MAX_LIFETIME).contains(seconds));
    seconds
        .map(Duration::from_secs)
        .ok_or(reasons::INVALID_EXPIRES)
}

#[cfg(test)]
mod tests {
    use super::lifetime;

    #[test]
    fn a_presigned_url_may_be_valid_from_one_second_to_one_week() {
        for good in ["1", "86400", "604800", "000001"] {
            assert!(lifetime(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "0",
            "-1",
            "+1",
            "604801",
            "99999999999999999999",
            "1.5",
            "abc",
            " 1",
            "0000001",
        ] {
            assert!(lifetime(bad).is_err(), "{bad}");
        }
    }
}
