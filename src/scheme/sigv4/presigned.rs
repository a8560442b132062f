//! The parser for presigned URLs, which carry the signature in their query.

use std::time::Duration;

use http::HeaderMap;

use super::amz_date::AmzDate;
use super::canonical::CanonicalQuery;
use super::message::{self, ALGORITHM, ParsedSignature, SignatureParams, one, read_signature};
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
pub(super) fn read(query: &CanonicalQuery) -> Result<ParsedSignature<'static>, &'static str> {
    let text = |name: &str, missing| {
        let value = query.value(name).ok_or(missing)?;
        String::from_utf8(value).map_err(|_| "a query parameter is not UTF-8")
    };
    if text(ALGORITHM_NAME, "missing X-Amz-Algorithm")? != ALGORITHM {
        return Err("X-Amz-Algorithm is not AWS4-HMAC-SHA256");
    }
    let date = text(DATE, "missing X-Amz-Date")?;
    let signature = text(SIGNATURE, "missing X-Amz-Signature")?;
    let token = query.value(SECURITY_TOKEN).map(String::from_utf8);
    let token = token
        .transpose()
        .map_err(|_| "a query parameter is not UTF-8")?;
    Ok(ParsedSignature {
        signed: SignatureParams {
            credential: text(CREDENTIAL, "missing X-Amz-Credential")?.into(),
            signed_headers: text(SIGNED_HEADERS, "missing X-Amz-SignedHeaders")?.into(),
            signature: read_signature(&signature)?,
        },
        signed_at: AmzDate::read(date.as_bytes()).ok_or("invalid X-Amz-Date")?,
        lifetime: Some(lifetime(&text(EXPIRES, "missing X-Amz-Expires")?)?),
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
    headers: &'a HeaderMap,
) -> Result<ParsedSignature<'a>, &'static str> {
    let form: ParsedSignature<'a> = read(query)?;
    if headers.contains_key(message::AMZ_DATE) || headers.contains_key(message::SECURITY_TOKEN) {
        return Err("a presigned URL with an X-Amz-Date or X-Amz-Security-Token field");
    }
    let payload = match (form.payload, one(headers, message::CONTENT_SHA256)?) {
        (Some(_), Some(_)) => return Err("X-Amz-Content-Sha256 is in the query and in a field"),
        (payload, None) => payload,
        (None, field) => field.map(|line| line.as_bytes().into()),
    };
    Ok(ParsedSignature { payload, ..form })
}

/// Parses `X-Amz-Expires`. It consists of at most six digits, so that signs and overflows are refused.
fn lifetime(text: &str) -> Result<Duration, &'static str> {
    let seconds = number(text).filter(|_| text.len() <= 6);
    let seconds = seconds.filter(|seconds| (1..=MAX_LIFETIME).contains(seconds));
    seconds
        .map(Duration::from_secs)
        .ok_or("X-Amz-Expires is not from 1 to 604800 seconds")
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
