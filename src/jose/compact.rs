//! The compact form of a signed token (RFC 7515 section 7.1): three parts in base64url, separated by dots.

use memchr::{memchr, memrchr};

use super::algorithm::SignatureAlgorithm;
use super::base64url;
use super::invalid_jws::InvalidJws;
use super::key::VerificationKey;
use super::reasons;

/// The longest signature, of an RSA key of 8,192 bits.
const LONGEST_SIGNATURE: usize = 1024;

/// The three parts of a signed token. Nothing in them is verified.
#[derive(Clone, Copy)]
pub(crate) struct CompactJws<'t> {
    header: &'t str,
    payload: &'t str,
    signature: &'t str,
    /// The header and the payload with the dot between them, which the signature covers.
    signed: &'t str,
}

impl<'t> CompactJws<'t> {
    /// Splits a token.
    ///
    /// # Errors
    ///
    /// The token has not exactly three parts, or no header or signature. An encrypted token has five parts.
    pub(crate) fn split(token: &'t str) -> Result<Self, InvalidJws> {
        let parts = || {
            let (signed, signature) = token.split_at_checked(memrchr(b'.', token.as_bytes())?)?;
            let (header, payload) = signed.split_at_checked(memchr(b'.', signed.as_bytes())?)?;
            let (signature, payload) = (signature.get(1..)?, payload.get(1..)?);
            let has_more_dots = memchr(b'.', payload.as_bytes()).is_some();
            let is_whole = !header.is_empty() && !signature.is_empty() && !has_more_dots;
            is_whole.then_some(Self {
                header,
                payload,
                signature,
                signed,
            })
        };
        parts().ok_or(InvalidJws::new(reasons::PARTS))
    }

    /// The header as it is written, in base64url.
    pub(crate) const fn encoded_header(&self) -> &'t str {
        self.header
    }

    /// The payload as it is written, in base64url. Nothing says that it is what the issuer signed.
    pub(crate) const fn claimed_payload(&self) -> &'t str {
        self.payload
    }

    /// Decodes the header.
    ///
    /// # Errors
    ///
    /// The header is not canonical base64url.
    pub(crate) fn header(&self) -> Result<Vec<u8>, InvalidJws> {
        base64url::decode(self.header).ok_or(InvalidJws::new(reasons::HEADER_NOT_BASE64URL))
    }

    /// Verifies the signature with `key` under `algorithm`, and decodes the payload only if the signature is right.
    ///
    /// # Errors
    ///
    /// The signature is not canonical base64url, or it is wrong, or the key does not allow the algorithm, or the payload
    /// is not canonical base64url.
    pub(crate) fn verify(
        &self,
        key: &VerificationKey,
        algorithm: SignatureAlgorithm,
    ) -> Result<Vec<u8>, InvalidJws> {
        self.verify_signature(key, algorithm)?;
        self.payload()
    }

    /// Decodes the payload. The signature may be wrong.
    ///
    /// # Errors
    ///
    /// The payload is not canonical base64url.
    pub(crate) fn payload(&self) -> Result<Vec<u8>, InvalidJws> {
        base64url::decode(self.payload).ok_or(InvalidJws::new(reasons::PAYLOAD_NOT_BASE64URL))
    }

    /// Verifies the signature with `key` under `algorithm`.
    ///
    /// # Errors
    ///
    /// The signature is not canonical base64url, or it is wrong, or the key does not allow the algorithm.
    pub(crate) fn verify_signature(
        &self,
        key: &VerificationKey,
        algorithm: SignatureAlgorithm,
    ) -> Result<(), InvalidJws> {
        let mut buffer = [0; LONGEST_SIGNATURE];
        let signature = base64url::decode_into(self.signature, &mut buffer);
        let signature = signature.ok_or(InvalidJws::new(reasons::SIGNATURE_NOT_BASE64URL))?;
        match key.verify(algorithm, self.signed.as_bytes(), signature) {
            true => Ok(()),
            false => Err(InvalidJws::new(reasons::WRONG_SIGNATURE)),
        }
    }
}
