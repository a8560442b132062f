//! The floor of Digest (RFC 7616): `qop=auth`, one algorithm.

use std::collections::HashMap;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Request, Response, Uri};
use sha2::digest::Digest as Hash;
use tower_challenge::Principal;

use super::digest_nonce::Nonces;
use super::digest_params::DigestParams;
use super::{Field, admit, after_scheme, credentials, malformed, refuse, same};
use crate::support::inner::{BenchRequest, Body};

/// The accounts, the nonces and the name of the algorithm.
pub(crate) struct DigestFloor<H: Hash + Clone> {
    algorithm: &'static str,
    /// Each account with the hash of its password in hexadecimal, which has begun to be hashed: every response begins
    /// with these digits.
    accounts: HashMap<&'static str, (H, Principal)>,
    nonces: Nonces,
}

const AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("authentication-info");

/// The result of a right proof: the identity, and the value of `Authentication-Info`, with which the server proves
/// itself.
struct Proven {
    identity: Principal,
    reply: HeaderValue,
}

impl<H: Hash + Clone> DigestFloor<H> {
    pub(crate) fn new(algorithm: &'static str) -> Self {
        let ha1 = Digits::of(&H::digest("mufasa:interop:Circle of Life"));
        let begun = H::new_with_prefix(ha1.text());
        Self {
            algorithm,
            accounts: HashMap::from([("mufasa", (begun, Principal::new("mufasa")))]),
            nonces: Nonces::new(),
        }
    }

    pub(crate) fn answer<B>(
        &self,
        request: Request<B>,
        inner: impl FnOnce(Request<B>) -> Response<Body>,
    ) -> Response<Body> {
        let text = match credentials(request.headers()) {
            Field::One(line) => after_scheme(line, "Digest"),
            Field::Absent => None,
            Field::Several => return malformed(request),
        };
        let Some(text) = text else {
            return refuse(request, [self.challenge("")]);
        };
        let Some(params) =
            DigestParams::read(text).filter(|params| self.is_for(params, request.uri()))
        else {
            return malformed(request);
        };
        let Some(nonce) = self.nonces.check(params.nonce) else {
            return refuse(request, [self.challenge(", stale=true")]);
        };
        let count = count(params.nc);
        let proven = self.prove(&params, request.method().as_str().as_bytes());
        match (proven, count) {
            (Some(proven), Some(count)) if self.nonces.spend(nonce, count) => {
                let mut response = admit(request, proven.identity, inner);
                let headers = response.headers_mut();
                headers.insert(AUTHENTICATION_INFO, proven.reply);
                response
            }
            (Some(_), Some(_)) => refuse(request, [self.challenge(", stale=true")]),
            (None, Some(_)) => refuse(request, [self.challenge("")]),
            (_, None) => malformed(request),
        }
    }

    /// Checks all parameters that do not depend on a secret.
    fn is_for(&self, params: &DigestParams<'_>, uri: &Uri) -> bool {
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        params.realm == b"interop"
            && params
                .algorithm
                .eq_ignore_ascii_case(self.algorithm.as_bytes())
            && params.qop == b"auth"
            && params.uri == target.as_bytes()
            && (1..=256).contains(&params.cnonce.len())
    }

    fn prove(&self, params: &DigestParams<'_>, method: &[u8]) -> Option<Proven> {
        let name = std::str::from_utf8(params.username).ok()?;
        let (begun, identity) = self.accounts.get(name)?;
        // A single update of the hash with all parts is faster than several short updates.
        let mut text = Text::new();
        for part in [params.nonce, params.nc, params.cnonce, params.qop] {
            text.push(b":")?.push(part)?;
        }
        let start = begun.clone().chain_update(text.push(b":")?.bytes());
        let response = |method: &[u8]| {
            let ha2 = H::new().chain_update(method).chain_update(b":");
            let ha2 = Digits::of(&ha2.chain_update(params.uri).finalize());
            let response = start.clone().chain_update(ha2.text());
            Digits::of(&response.finalize())
        };
        let is_right = same(params.response, response(method).text());
        if !is_right {
            return None;
        }
        Some(Proven {
            identity: identity.clone(),
            reply: reply(params, &response(b"")),
        })
    }

    /// Makes a challenge with a new nonce.
    fn challenge(&self, stale: &str) -> HeaderValue {
        challenge(self.algorithm, &self.nonces.issue(), stale)
    }
}

/// Returns a function that refuses a request with a challenge for each of `algorithms`. All challenges have the same
/// new nonce.
pub(crate) fn challenger(
    algorithms: &'static [&'static str],
) -> impl Fn(BenchRequest) -> Response<Body> {
    let nonces = Nonces::new();
    move |request| {
        let nonce = nonces.issue();
        let challenges = algorithms.iter().map(|name| challenge(name, &nonce, ""));
        refuse(request, challenges)
    }
}

/// Returns a function that only makes a challenge with a new nonce.
pub(crate) fn minter(algorithm: &'static str) -> impl Fn() -> HeaderValue {
    let nonces = Nonces::new();
    move || challenge(algorithm, &nonces.issue(), "")
}

#[inline]
fn challenge(algorithm: &str, nonce: &[u8], stale: &str) -> HeaderValue {
    joined(&[
        b"Digest realm=\"interop\", charset=UTF-8, algorithm=",
        algorithm.as_bytes(),
        b", qop=\"auth\", nonce=\"",
        nonce,
        b"\"",
        stale.as_bytes(),
    ])
}

/// Makes the value of `Authentication-Info` (RFC 7616 section 3.5).
#[inline]
fn reply(params: &DigestParams<'_>, rspauth: &Digits) -> HeaderValue {
    joined(&[
        b"rspauth=\"",
        rspauth.text(),
        b"\", cnonce=\"",
        params.cnonce,
        b"\", nc=",
        params.nc,
        b", qop=auth",
    ])
}

#[inline]
fn joined(parts: &[&[u8]]) -> HeaderValue {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        bytes.extend_from_slice(part);
    }
    let value = HeaderValue::from_maybe_shared(Bytes::from(bytes));
    value.expect("the parts come from a field value")
}

/// Reads a nonce count (RFC 7616 section 3.4): 8 hexadecimal digits in lower case, at least 1.
#[inline]
fn count(nc: &[u8]) -> Option<usize> {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let text = (nc.len() == 8 && nc.iter().all(is_digit)).then_some(nc)?;
    let text = std::str::from_utf8(text).ok()?;
    usize::from_str_radix(text, 16)
        .ok()
        .filter(|count| *count > 0)
}

/// The text for a hash. It is stored on the stack.
struct Text {
    bytes: [u8; 512],
    len: usize,
}

impl Text {
    const fn new() -> Self {
        let bytes = [0; 512];
        Self { bytes, len: 0 }
    }

    /// Adds a part. Returns `None` if the text would be too long.
    #[inline]
    fn push(&mut self, part: &[u8]) -> Option<&mut Self> {
        let end = self.len + part.len();
        self.bytes.get_mut(self.len..end)?.copy_from_slice(part);
        self.len = end;
        Some(self)
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// A hash in hexadecimal.
pub(super) struct Digits {
    text: [u8; 64],
    len: usize,
}

impl Digits {
    #[inline]
    pub(super) fn of(hash: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(hash) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        let len = 2 * hash.len();
        Self { text, len }
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text[..self.len]
    }
}
