//! The compact form of a signed token (RFC 7515 section 7.1): three parts in base64url, separated by dots.

use super::algorithm::SignatureAlgorithm;
use super::base64url;
use super::key::VerificationKey;

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

/// Says what is wrong with a token, for the audit. The text is a constant of the source code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JwsFault(pub(crate) &'static str);

impl<'t> CompactJws<'t> {
    /// Splits a token.
    ///
    /// # Errors
    ///
    /// The token has not exactly three parts, or no header or signature. An encrypted token has five parts.
    pub(crate) fn split(token: &'t str) -> Result<Self, JwsFault> {
        let parts = || {
            let (signed, signature) = token.rsplit_once('.')?;
            let (header, payload) = signed.split_once('.')?;
            let is_whole = !header.is_empty() && !signature.is_empty() && !payload.contains('.');
            is_whole.then_some(Self {
                header,
                payload,
                signature,
                signed,
            })
        };
        parts().ok_or(JwsFault("the token has not three parts"))
    }

    /// Decodes the header.
    ///
    /// # Errors
    ///
    /// The header is not canonical base64url.
    pub(crate) fn header(&self) -> Result<Vec<u8>, JwsFault> {
        base64url::decode(self.header).ok_or(JwsFault("the header is not base64url"))
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
    ) -> Result<Vec<u8>, JwsFault> {
        let mut buffer = [0; LONGEST_SIGNATURE];
        let signature = base64url::decode_into(self.signature, &mut buffer);
        let signature = signature.ok_or(JwsFault("the signature is not base64url"))?;
        if !key.verify(algorithm, self.signed.as_bytes(), signature) {
            return Err(JwsFault("the signature is wrong"));
        }
        base64url::decode(self.payload).ok_or(JwsFault("the payload is not base64url"))
    }
}
