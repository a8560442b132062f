//! The mathematics of a signature, without a server around it.
//!
//! ```
//! use tower_challenge::Secret;
//! use tower_challenge::scheme::sigv4::proof::{SignedRequest, SigningKey, string_to_sign};
//! use tower_challenge::scheme::sigv4::{PathRule, CredentialScope};
//!
//! // The example of a presigned URL in the API reference of Amazon S3, signed in a field
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
//! let nothing_signed = SignedRequest { signed_headers: "", ..request };
//! assert!(nothing_signed.canonical(PathRule::Once).is_err());
//! # Ok::<(), &'static str>(())
//! ```

use sha2::{Digest, Sha256};

use super::amz_date::AmzDate;
use super::canonical::{CanonicalQuery, CanonicalRequest, PathRule, SignedHeaders, TextSink};
use super::credential_scope::CredentialScope;
use super::presigned::SIGNATURE;
pub use super::signing_key::SigningKey;
use super::string_to_sign::SigningContext;
use crate::text::hex::HexHash;

/// What of a request is signed.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, as it is sent.
    pub path: &'a [u8],
    /// What follows `?`, as it is sent. A parameter `X-Amz-Signature` is not signed.
    pub query: &'a [u8],
    /// The fields, with their names in lower case.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The names of those that are signed, in lower case, sorted, with `;` between them.
    pub signed_headers: &'a str,
    /// What is signed in the place of the body: its SHA-256 in hexadecimal, or a word.
    pub payload: &'a str,
}

impl SignedRequest<'_> {
    /// The canonical request.
    ///
    /// # Errors
    ///
    /// The names are not sorted, each once, and in lower case; one of them has no field; a percent sign in the query, or
    /// in a path of S3, is no escape; or the path climbs above the root.
    pub fn canonical(&self, rule: PathRule) -> Result<Vec<u8>, &'static str> {
        let request = CanonicalRequest {
            method: self.method,
            path: self.path,
            rule,
            query: &CanonicalQuery::read(self.query)?,
            without: &[SIGNATURE],
            headers: |name: &str| {
                let name = name.to_owned();
                let lines = self.headers.iter().filter(move |(it, _)| *it == name);
                lines.map(|(_, value)| *value)
            },
            signed_headers: SignedHeaders::read(self.signed_headers)?,
        };
        let mut text = Vec::new();
        request.write(&mut text)?;
        text.put(self.payload.as_bytes());
        Ok(text)
    }
}

/// The string to sign of a canonical request. `None` if `signed_at` is not written `YYYYMMDDTHHMMSSZ`.
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
    /// The signature of a string to sign, in hexadecimal.
    #[must_use]
    pub fn signature(&self, string_to_sign: &[u8]) -> String {
        let signature = self.sign(|sink| sink.put(string_to_sign));
        HexHash::of(&signature).as_str().to_owned()
    }
}
