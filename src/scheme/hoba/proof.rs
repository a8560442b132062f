//! The text that a HOBA client signs (RFC 7486 section 2), for servers, clients and tests.

use super::algorithm::HobaAlgorithm;

/// The values that a signature covers: `HOBA-TBS` of RFC 7486 section 2.
///
/// The client sends neither this text nor the algorithm, the origin and the realm. The server puts its own origin and
/// realm in, so a signature for another server does not verify.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::hoba::HobaAlgorithm;
/// use tower_challenge::scheme::hoba::proof::ToBeSigned;
///
/// // RFC 7486 appendix B
/// let signed = ToBeSigned {
///     nonce: "Pm3yUW-sW5Q",
///     algorithm: HobaAlgorithm::RsaSha256,
///     origin: "https://example.com:443",
///     realm: "",
///     kid: "vesscamS2Kze4FFOg3e2UyCJPhuQ6_3_gzN-k_L6t3w",
///     challenge: "pUE77w0LylHypHKhBqAiQHuGC751GiOVv4/7pSlo9jc=",
/// };
/// assert_eq!(
///     signed.to_text(),
///     "11:Pm3yUW-sW5Q1:023:https://example.com:4430:43:vesscamS2Kze4FFOg3e2UyCJPhuQ6_3_gzN-k_L6t3w\
///      44:pUE77w0LylHypHKhBqAiQHuGC751GiOVv4/7pSlo9jc=",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToBeSigned<'a> {
    /// The nonce of the client.
    pub nonce: &'a str,
    /// The algorithm of the signature.
    pub algorithm: HobaAlgorithm,
    /// The origin of the server, with its port, for example `https://example.com:443`.
    pub origin: &'a str,
    /// The realm of the challenge; empty if the challenge has none.
    pub realm: &'a str,
    /// The identifier of the key.
    pub kid: &'a str,
    /// The challenge of the server.
    pub challenge: &'a str,
}

impl ToBeSigned<'_> {
    /// Returns the text: each value after its length in bytes and a colon, without separators.
    ///
    /// The values are the texts on the wire, and not the bytes that they encode in base64url.
    #[must_use]
    pub fn to_text(&self) -> String {
        let parts = [
            self.nonce,
            self.algorithm.number(),
            self.origin,
            self.realm,
            self.kid,
            self.challenge,
        ];
        let length = parts.iter().map(|part| part.len() + 4).sum();
        let mut text = String::with_capacity(length);
        for part in parts {
            text.push_str(&part.len().to_string());
            text.push(':');
            text.push_str(part);
        }
        text
    }
}
