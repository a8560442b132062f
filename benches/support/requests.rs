//! The requests that the cases send.
#![expect(clippy::unwrap_used, reason = "a bench that cannot start says where")]

use std::net::{Ipv4Addr, SocketAddr};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use http::{Request, Response};
use sha2::Digest as _;
use tower_challenge::Secret;
use tower_challenge::client::PeerAddress;
use tower_challenge::scheme::digest::DigestAlgorithm;
use tower_challenge::scheme::sigv4::proof::{self, SigningKey};
use tower_challenge::scheme::sigv4::{CredentialScope, PathRule};

use super::inner::{BenchRequest, Body};

pub(crate) const PATH: &str = "/dir/index.html";
pub(crate) const REALM: &str = "interop";
pub(crate) const TOKEN: &str = "mF_9.B5f-4.1JqMmF_9.B5f-4.1J";
pub(crate) const NAME: &str = "Aladdin";
pub(crate) const PASSWORD: &str = "open sesame";

/// A request with these credentials, or with none if they are empty.
pub(crate) fn request(authorization: &str) -> BenchRequest {
    let mut request = Request::new(Body::default());
    *request.uri_mut() = PATH.parse().unwrap();
    if !authorization.is_empty() {
        let value = authorization.parse().unwrap();
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    request
}

pub(crate) fn without_credentials() -> BenchRequest {
    request("")
}

pub(crate) fn right_token() -> BenchRequest {
    request(&format!("Bearer {TOKEN}"))
}

/// A token of the same length as the right one.
pub(crate) fn wrong_token() -> BenchRequest {
    request(&format!("Bearer {}", TOKEN.replace('J', "K")))
}

pub(crate) fn right_password() -> BenchRequest {
    basic_of(NAME, PASSWORD)
}

/// A password of the same length as the right one.
pub(crate) fn wrong_password() -> BenchRequest {
    basic_of(NAME, "open_sesame")
}

pub(crate) fn basic_of(name: &str, password: &str) -> BenchRequest {
    let user_pass = STANDARD.encode(format!("{name}:{password}"));
    request(&format!("Basic {user_pass}"))
}

/// The same request from the client with this number. Each client has an address in a different /24.
pub(crate) fn from_client(mut request: BenchRequest, number: u16) -> BenchRequest {
    let [high, low] = number.to_be_bytes();
    let address = SocketAddr::from((Ipv4Addr::new(10, high, low, 1), 40_000));
    request.extensions_mut().insert(PeerAddress(address));
    request
}

/// A Digest client, with the parts of a challenge that it needs.
pub(crate) struct DigestClient {
    nonce: String,
    algorithm: DigestAlgorithm,
    password: &'static str,
}

impl DigestClient {
    /// Makes a client from `response`, the refusal that it got.
    pub(crate) fn refused_with(response: &Response<Body>, algorithm: DigestAlgorithm) -> Self {
        let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
        let (_, nonce) = challenge.split_once("nonce=\"").unwrap();
        let (nonce, _) = nonce.split_once('"').unwrap();
        Self {
            nonce: nonce.to_owned(),
            algorithm,
            password: "Circle of Life",
        }
    }

    /// The same client with a password that is wrong.
    pub(crate) fn with_wrong_password(self) -> Self {
        let password = "Circle of Fire";
        Self { password, ..self }
    }

    /// Requests with the counts 1 to `len` of the nonce.
    pub(crate) fn requests(&self, len: usize) -> Vec<BenchRequest> {
        let counts = 1..=u32::try_from(len).unwrap();
        counts.map(|count| self.request(count)).collect()
    }

    pub(crate) fn request(&self, count: u32) -> BenchRequest {
        let Self {
            nonce, algorithm, ..
        } = self;
        let ha1 = self.hash(&format!("mufasa:{REALM}:{}", self.password));
        let ha2 = self.hash(&format!("GET:{PATH}"));
        let response = self.hash(&format!(
            "{ha1}:{nonce}:{count:08x}:0a4f113b0a4f113b:auth:{ha2}"
        ));
        request(&format!(
            "Digest username=\"mufasa\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"{PATH}\", \
             algorithm={algorithm}, response=\"{response}\", qop=auth, nc={count:08x}, cnonce=\"0a4f113b0a4f113b\""
        ))
    }

    fn hash(&self, text: &str) -> String {
        match self.algorithm {
            DigestAlgorithm::Md5 => hex(&md5::Md5::digest(text)),
            DigestAlgorithm::Sha256 => hex(&sha2::Sha256::digest(text)),
            _ => hex(&sha2::Sha512_256::digest(text)),
        }
    }
}

pub(crate) fn base64url(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The key of the signing test suite of AWS, with its date, region and service.
pub(crate) const KEY_ID: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub(crate) const SCOPE: CredentialScope<'_> = CredentialScope {
    region: "us-east-1",
    service: "service",
};
pub(crate) const DATE: &str = "20150830T123600Z";
/// [`DATE`] in seconds since 1970. The clocks of all verifiers show this time.
pub(crate) const SIGNED_AT: u32 = 1_440_938_160;

pub(crate) fn signing_key() -> SigningKey {
    SigningKey::derive(Secret::new(SECRET), b"20150830", SCOPE)
}

/// The canonical request, which the signature covers.
pub(crate) fn canonical() -> Vec<u8> {
    let request = proof::SignedRequest {
        method: "GET",
        path: PATH.as_bytes(),
        query: b"",
        headers: &[
            ("host", b"example.amazonaws.com"),
            ("x-amz-date", DATE.as_bytes()),
        ],
        signed_headers: "host;x-amz-date",
        payload: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    };
    request.canonical(PathRule::Normalized).unwrap()
}

/// Computes the signature over `canonical`. This takes exactly two hashes.
pub(crate) fn signature(key: &SigningKey, canonical: &[u8]) -> String {
    let text = proof::string_to_sign(DATE, SCOPE, canonical).unwrap();
    key.signature(&text)
}

pub(crate) fn signed_request() -> BenchRequest {
    with_signature(&signature(&signing_key(), &canonical()))
}

pub(crate) fn wrongly_signed_request() -> BenchRequest {
    with_signature(&signature(&signing_key(), b"another request"))
}

fn with_signature(signature: &str) -> BenchRequest {
    let mut request = request(&format!(
        "AWS4-HMAC-SHA256 Credential={KEY_ID}/20150830/us-east-1/service/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={signature}"
    ));
    let headers = request.headers_mut();
    headers.insert("host", HeaderValue::from_static("example.amazonaws.com"));
    headers.insert("x-amz-date", HeaderValue::from_static(DATE));
    request
}
