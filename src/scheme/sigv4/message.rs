//! The wire form of what a client says it signed: an `Authorization` field with a grammar of its own.
//!
//! ```text
//! AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=<64 hex>
//! ```
//!
//! The values hold `/` and `;` and are not quoted, so that this is no list of auth-params (RFC 9110 section 11.2).

use std::borrow::Cow;

use crate::hex::{self, Case, MAX};

/// The name of the algorithm, which compares with case here: it is signed.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What a client says it signed, read and not yet believed.
pub(super) struct Signed<'a> {
    pub(super) credential: Cow<'a, str>,
    pub(super) signed_headers: Cow<'a, str>,
    pub(super) signature: [u8; 32],
}

impl<'a> Signed<'a> {
    /// Reads a field value, with the name of the scheme before it. Each parameter has to be there, once, and no other.
    pub(super) fn read(value: &'a [u8]) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(value).map_err(|_| "the credentials are not text")?;
        let rest = text
            .trim_ascii()
            .strip_prefix(ALGORITHM)
            .ok_or("the algorithm is spelled in another way")?;
        let mut params = Params::default();
        for param in rest.as_bytes().split(|&octet| octet == b',') {
            params.take(param.trim_ascii())?;
        }
        params.finish()
    }
}

#[derive(Default)]
struct Params<'a> {
    credential: Option<&'a str>,
    signed_headers: Option<&'a str>,
    signature: Option<&'a str>,
}

impl<'a> Params<'a> {
    fn take(&mut self, param: &'a [u8]) -> Result<(), &'static str> {
        const PARTS: [&[u8]; 3] = [b"Credential=", b"SignedHeaders=", b"Signature="];
        let place = PARTS.iter().position(|name| param.starts_with(name));
        let (place, name) = match place {
            Some(0) => (&mut self.credential, PARTS[0]),
            Some(1) => (&mut self.signed_headers, PARTS[1]),
            Some(2) => (&mut self.signature, PARTS[2]),
            _ => return Err("there is a parameter of another name"),
        };
        let value = std::str::from_utf8(&param[name.len()..]);
        match place.replace(value.map_err(|_| "the credentials are not text")?) {
            None => Ok(()),
            Some(_) => Err("a parameter is there twice"),
        }
    }

    fn finish(self) -> Result<Signed<'a>, &'static str> {
        let credential = self.credential.ok_or("there is no Credential")?;
        let signed_headers = self.signed_headers.ok_or("there is no SignedHeaders")?;
        let signature = self.signature.ok_or("there is no Signature")?;
        Ok(Signed {
            credential: credential.into(),
            signed_headers: signed_headers.into(),
            signature: read_signature(signature)?,
        })
    }
}

pub(super) fn read_signature(digits: &str) -> Result<[u8; 32], &'static str> {
    read_hash(digits.as_bytes()).ok_or("the signature is not 64 digits in lower case")
}

/// Reads 64 digits in lower case, which is how signatures and hashes are written.
pub(super) fn read_hash(digits: &[u8]) -> Option<[u8; 32]> {
    let (len, octets) = hex::read(digits, Case::Lower)?;
    (len == MAX).then_some(octets)
}

#[cfg(test)]
mod tests {
    use super::Signed;

    const SIGNATURE: &str = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";

    fn is_read(text: &str) -> bool {
        let text = text.replace("SIGNATURE", SIGNATURE);
        Signed::read(text.as_bytes()).is_ok()
    }

    #[test]
    fn three_parameters_are_read_in_any_order_with_or_without_spaces() {
        for good in [
            "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host, Signature=SIGNATURE",
            "AWS4-HMAC-SHA256 Credential=A/B,SignedHeaders=host,Signature=SIGNATURE",
            "AWS4-HMAC-SHA256 Signature=SIGNATURE,\tCredential=A/B  , SignedHeaders=host",
        ] {
            assert!(is_read(good), "{good}");
        }
    }

    #[test]
    fn nothing_may_be_missing_doubled_or_added() {
        for bad in [
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host",
            "AWS4-HMAC-SHA256 Credential=A/B, Signature=SIGNATURE",
            "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=SIGNATURE",
            "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host, Signature=SIGNATURE, Signature=SIGNATURE",
            "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host, Signature=SIGNATURE, X=1",
            "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host, Signature=SIGNATURE,",
            "AWS4-HMAC-SHA256 credential=A/B, SignedHeaders=host, Signature=SIGNATURE",
            "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host, Signature=SIGNATURE0",
            "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host, Signature=",
            "aws4-hmac-sha256 Credential=A/B, SignedHeaders=host, Signature=SIGNATURE",
        ] {
            assert!(!is_read(bad), "{bad}");
        }
    }
}
