//! The floor of SigV4, for a signature in the field and a request without a body. It keeps signing keys.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use http::header::HeaderValue;
use http::{HeaderMap, Response};
use http_body::Body as _;
use sha2::{Digest as _, Sha256};
use tower_challenge::Principal;

use super::digest::Digits;
use super::sigv4_canonical::canonical;
use super::{Field, admit, after_scheme, credentials, malformed, refuse, same};
use crate::support::inner::{BenchRequest, Body};

/// The access keys, and the signing keys that have verified a signature before.
pub(crate) struct SigV4Floor {
    secrets: HashMap<&'static str, (&'static str, Principal)>,
    kept: Mutex<HashMap<String, (String, Hmac<Sha256>)>>,
    /// The current time in seconds since 1970.
    now: i64,
    challenge: HeaderValue,
}

/// The three parts of the credentials field.
#[derive(Default)]
struct Signed<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

const SCOPE_END: &str = "us-east-1/service/aws4_request";
const MAX_SKEW: i64 = 900;

impl SigV4Floor {
    pub(crate) fn new(id: &'static str, secret: &'static str, now: u32) -> Self {
        Self {
            secrets: HashMap::from([(id, (secret, Principal::new(id)))]),
            kept: Mutex::default(),
            now: now.into(),
            challenge: HeaderValue::from_static("AWS4-HMAC-SHA256 realm=\"interop\""),
        }
    }

    pub(crate) fn answer(
        &self,
        request: BenchRequest,
        inner: impl FnOnce(BenchRequest) -> Response<Body>,
    ) -> Response<Body> {
        let text = match credentials(request.headers()) {
            Field::One(line) => after_scheme(line, "AWS4-HMAC-SHA256"),
            Field::Absent => None,
            Field::Several => return malformed(request),
        };
        let Some(text) = text else {
            return refuse(request, [self.challenge.clone()]);
        };
        let Some(signed) = Signed::read(text).filter(|_| request.body().is_end_stream()) else {
            return malformed(request);
        };
        match self.verify(&request, &signed) {
            Some(identity) => admit(request, identity, inner),
            None => refuse(request, [self.challenge.clone()]),
        }
    }

    fn verify(&self, request: &BenchRequest, signed: &Signed<'_>) -> Option<Principal> {
        let headers = request.headers();
        covers(headers, signed.signed_headers).then_some(())?;
        let (id, scope) = signed.credential.split_once('/')?;
        let (day, scope_end) = scope.split_once('/')?;
        let date = headers.get("x-amz-date")?.to_str().ok()?;
        let is_ours = scope_end == SCOPE_END && date.get(..8)? == day;
        let is_now = (seconds(date.as_bytes())? - self.now).abs() <= MAX_SKEW;
        (is_ours && is_now).then_some(())?;
        let (method, uri) = (request.method().as_str(), request.uri());
        let query = uri.query().unwrap_or_default();
        let (method, path) = (method.as_bytes(), uri.path().as_bytes());
        let canonical = canonical(method, path, query, headers, signed.signed_headers)?;
        let hash = Digits::of(&Sha256::digest(&canonical));
        let (secret, identity) = self.secrets.get(id)?;
        let mut mac = self.key(id, secret, day);
        for part in ["AWS4-HMAC-SHA256\n", date, "\n", scope, "\n"] {
            mac.update(part.as_bytes());
        }
        mac.update(hash.text());
        let right = Digits::of(&mac.finalize().into_bytes());
        same(signed.signature.as_bytes(), right.text()).then(|| identity.clone())
    }

    /// The signing key, derived once a day.
    fn key(&self, id: &str, secret: &str, day: &str) -> Hmac<Sha256> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = kept.get(id).filter(|(kept_for, _)| kept_for == day) {
            return key.clone();
        }
        let start = hmac(format!("AWS4{secret}").as_bytes());
        let parts = [day, "us-east-1", "service", "aws4_request"];
        let key = parts.iter().fold(start, |key, part| {
            hmac(&key.chain_update(part.as_bytes()).finalize().into_bytes())
        });
        kept.insert(id.to_owned(), (day.to_owned(), key.clone()));
        key
    }
}

impl<'a> Signed<'a> {
    fn read(text: &'a [u8]) -> Option<Self> {
        let mut signed = Self::default();
        for part in std::str::from_utf8(text).ok()?.split(',') {
            let (name, value) = part.trim_ascii().split_once('=')?;
            let place = match name {
                "Credential" => &mut signed.credential,
                "SignedHeaders" => &mut signed.signed_headers,
                "Signature" => &mut signed.signature,
                _ => return None,
            };
            let is_first = place.is_empty() && !value.is_empty();
            *place = value;
            is_first.then_some(())?;
        }
        (!signed.signature.is_empty() && !signed.signed_headers.is_empty()).then_some(signed)
    }
}

/// Returns whether the signature covers the required fields, the host and all fields of AWS, and whether their names
/// are sorted.
fn covers(headers: &HeaderMap, signed_headers: &str) -> bool {
    let is_signed = |name: &str| signed_headers.split(';').any(|signed| signed == name);
    let mut names = headers.keys().map(|name| name.as_str());
    is_signed("host")
        && signed_headers.split(';').is_sorted()
        && names.all(|name| !name.starts_with("x-amz-") || is_signed(name))
}

fn hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// Converts `YYYYMMDDTHHMMSSZ` to seconds since 1970.
fn seconds(date: &[u8]) -> Option<i64> {
    let is_date = date.len() == 16 && date[8] == b'T' && date[15] == b'Z';
    let number = |from: usize, len: usize| {
        date[from..from + len].iter().try_fold(0_i64, |sum, byte| {
            let digit = char::from(*byte).to_digit(10)?;
            Some(sum * 10 + i64::from(digit))
        })
    };
    let (year, month, day) = match is_date {
        true => (number(0, 4)?, number(4, 2)?, number(6, 2)?),
        false => return None,
    };
    // Let years begin in March, so that a leap day is the last day of its year.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    Some(((days - 719_468) * 24 + number(9, 2)?) * 3600 + number(11, 2)? * 60 + number(13, 2)?)
}
