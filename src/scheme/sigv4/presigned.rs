//! The wire form of a URL that was signed beforehand: everything stands in its query.

use std::time::Duration;

use http::HeaderMap;

use super::amz_date::AmzDate;
use super::canonical::CanonicalQuery;
use super::message::{self, ALGORITHM, SignatureMessage, SignatureParams, one, read_signature};
use crate::secret::SecretString;
use crate::text::decimal::number;
use crate::text::percent::decode;

pub(super) const SIGNATURE: &str = "X-Amz-Signature";
pub(super) const SECURITY_TOKEN: &str = "X-Amz-Security-Token";
const ALGORITHM_NAME: &str = "X-Amz-Algorithm";
const CREDENTIAL: &str = "X-Amz-Credential";
const DATE: &str = "X-Amz-Date";
const EXPIRES: &str = "X-Amz-Expires";
const SIGNED_HEADERS: &str = "X-Amz-SignedHeaders";
const CONTENT_SHA256: &str = "X-Amz-Content-Sha256";

/// The longest time for which a URL may be good: seven days.
const LONGEST: u64 = 604_800;

/// Whether a query holds a part of a presigned URL, however it is spelled: then nothing else about the request says who
/// sent it.
pub(super) fn is_claimed(query: &str) -> bool {
    const NAMES: [&str; 3] = [ALGORITHM_NAME, CREDENTIAL, SIGNATURE];
    let names = query.split('&').filter_map(|piece| piece.split('=').next());
    names
        .filter(|name| name.len() >= ALGORITHM_NAME.len())
        .any(|name| {
            let name = decode(name.as_bytes(), Some).unwrap_or_default();
            NAMES
                .iter()
                .any(|it| name.eq_ignore_ascii_case(it.as_bytes()))
        })
}

/// Reads a query. Each parameter has to be there, once.
pub(super) fn read(query: &CanonicalQuery) -> Result<SignatureMessage<'static>, &'static str> {
    let text = |name: &str, missing| {
        let value = query.value(name).ok_or(missing)?;
        String::from_utf8(value).map_err(|_| "a parameter is not text")
    };
    if text(ALGORITHM_NAME, "there is no X-Amz-Algorithm")? != ALGORITHM {
        return Err("the algorithm is another");
    }
    let date = text(DATE, "there is no X-Amz-Date")?;
    let signature = text(SIGNATURE, "there is no X-Amz-Signature")?;
    let token = query.value(SECURITY_TOKEN).map(String::from_utf8);
    let token = token.transpose().map_err(|_| "a parameter is not text")?;
    Ok(SignatureMessage {
        signed: SignatureParams {
            credential: text(CREDENTIAL, "there is no X-Amz-Credential")?.into(),
            signed_headers: text(SIGNED_HEADERS, "there is no X-Amz-SignedHeaders")?.into(),
            signature: read_signature(&signature)?,
        },
        signed_at: AmzDate::read(date.as_bytes()).ok_or("X-Amz-Date is no date")?,
        lifetime: Some(lifetime(&text(EXPIRES, "there is no X-Amz-Expires")?)?),
        token: token.map(SecretString::from),
        payload: query.value(CONTENT_SHA256).map(Into::into),
    })
}

/// The same, of a whole request. What such a URL says is in its query alone, and what a field says beside it would be a
/// second opinion.
pub(super) fn read_alone<'a>(
    query: &CanonicalQuery,
    headers: &'a HeaderMap,
) -> Result<SignatureMessage<'a>, &'static str> {
    let form: SignatureMessage<'a> = read(query)?;
    if headers.contains_key(message::AMZ_DATE) || headers.contains_key(message::SECURITY_TOKEN) {
        return Err("the fields say what the query has to say");
    }
    let payload = match (form.payload, one(headers, message::CONTENT_SHA256)?) {
        (Some(_), Some(_)) => return Err("the payload is described twice"),
        (payload, None) => payload,
        (None, field) => field.map(|it| it.as_bytes().into()),
    };
    Ok(SignatureMessage { payload, ..form })
}

/// Digits alone, so that neither a sign nor a number that is too large for us means anything.
fn lifetime(text: &str) -> Result<Duration, &'static str> {
    let seconds = number(text).filter(|_| text.len() <= 6);
    let seconds = seconds.filter(|seconds| (1..=LONGEST).contains(seconds));
    seconds
        .map(Duration::from_secs)
        .ok_or("X-Amz-Expires is not from 1 to 604800 seconds")
}

#[cfg(test)]
mod tests {
    use super::{is_claimed, lifetime};

    #[test]
    fn a_url_is_good_for_a_second_at_least_and_a_week_at_most() {
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

    #[test]
    fn a_part_of_a_presigned_url_is_found_however_it_is_spelled() {
        for query in [
            "X-Amz-Signature=",
            "a&X-Amz-Algorithm=x",
            "x-amz-credential",
            "X%2DAmz%2DSignature=0",
        ] {
            assert!(is_claimed(query), "{query}");
        }
        for query in [
            "",
            "X-Amz-Date=1",
            "signature=X-Amz-Signature",
            "X-Amz-Signatures=1",
        ] {
            assert!(!is_claimed(query), "{query}");
        }
    }
}
