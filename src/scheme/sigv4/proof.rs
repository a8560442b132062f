//! Computes the canonical request, the string to sign and the signature, without a server.
//!
//! Use it to sign requests in tests, or to compare intermediate results with those of a client.
//!
//! # Example
//!
//! ```
//! use tower_challenge::Secret;
//! use tower_challenge::scheme::sigv4::proof::{SignedRequest, SigningKey, string_to_sign};
//! use tower_challenge::scheme::sigv4::{PathRule, CredentialScope};
//!
//! // The request of the presigned URL example in the API reference of Amazon S3, here signed in a field
//! let request = SignedRequest {
//!     method: "GET",
//!     path: b"/test.txt",
//!     query: b"",
//!     headers: &[("host", b"examplebucket.s3.amazonaws.com"), ("x-amz-date", b"20130524T000000Z")],
//!     signed_headers: "host;x-amz-date",
//!     payload: "UNSIGNED-PAYLOAD",
//! };
//! let canonical = request.canonical(PathRule::Once)?;
//! assert!(canonical.starts_with(b"GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\n"));
//!
//! let scope = CredentialScope { region: "us-east-1", service: "s3" };
//! let key = SigningKey::derive(Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), b"20130524", scope);
//! let text = string_to_sign("20130524T000000Z", scope, &canonical).ok_or("no date")?;
//! assert_eq!(key.signature(&text).len(), 64);
//!
//! let without_headers = SignedRequest { signed_headers: "", ..request };
//! assert!(without_headers.canonical(PathRule::Once).is_err());
//! # Ok::<(), &'static str>(())
//! ```

use sha2::{Digest, Sha256};

use super::amz_date::AmzDate;
use super::canonical::{CanonicalQuery, CanonicalRequest, PathRule, SignedHeaders, TextSink};
use super::credential_scope::CredentialScope;
use super::presigned::SIGNATURE;
pub use super::signing_key::SigningKey;
use super::string_to_sign::SigningContext;
use crate::reason::ReasonText;
use crate::text::hex::HexHash;

/// The parts of a request that a client signs.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, as the client sends it.
    pub path: &'a [u8],
    /// The part of the target after `?`, as the client sends it. The parameter `X-Amz-Signature` is not signed.
    pub query: &'a [u8],
    /// The header fields, with their names in lower case.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The names of the signed header fields, in lower case, sorted, and separated by `;`.
    pub signed_headers: &'a str,
    /// The value that is signed for the body: its SHA-256 in lower-case hexadecimal, or a word such as
    /// `UNSIGNED-PAYLOAD`.
    pub payload: &'a str,
}

impl SignedRequest<'_> {
    /// Returns the canonical request.
    ///
    /// # Errors
    ///
    /// Returns an error if
    ///
    /// - the names in `signed_headers` are not sorted, not in lower case, or not unique,
    /// - a signed header field is missing,
    /// - the query contains an invalid percent-encoding, or the path does and the rule is [`PathRule::Once`],
    /// - the path does not begin with `/`, or it climbs above the root, such as `/a/../..`.
    pub fn canonical(&self, rule: PathRule) -> Result<Vec<u8>, &'static str> {
        self.canonical_or_reason(rule).map_err(ReasonText::text)
    }

    fn canonical_or_reason(&self, rule: PathRule) -> Result<Vec<u8>, ReasonText> {
        let request = CanonicalRequest {
            method: self.method,
            path: self.path,
            rule,
            query: &CanonicalQuery::read(self.query)?,
            without: &[SIGNATURE],
            fields: self.headers,
            signed_headers: SignedHeaders::read(self.signed_headers)?,
        };
        let mut text = Vec::new();
        request.write(&mut text)?;
        text.put(self.payload.as_bytes());
        Ok(text)
    }
}

/// Returns the string to sign for a canonical request.
///
/// Returns `None` if `signed_at` does not have the format `YYYYMMDDTHHMMSSZ`.
#[must_use]
pub fn string_to_sign(
    signed_at: &str,
    scope: CredentialScope<'_>,
    canonical: &[u8],
) -> Option<Vec<u8>> {
    let signed_at = &AmzDate::read(signed_at.as_bytes())?;
    let mut text = Vec::new();
    let hash = Sha256::digest(canonical).into();
    SigningContext { signed_at, scope }.write_request(&hash, &mut text);
    Some(text)
}

impl SigningKey {
    /// Returns the signature of a string to sign, in lower-case hexadecimal.
    #[must_use]
    pub fn signature(&self, string_to_sign: &[u8]) -> String {
        let signature = self.sign(|sink| sink.put(string_to_sign));
        HexHash::of(&signature).as_str().to_owned()
    }
}
