//! What some clients do that RFC 7616 does not have them do.

/// A deviation of deployed clients, to be tolerated for their sake: see
/// [`DigestBuilder::tolerate`](super::DigestBuilder::tolerate). Each is off unless it is named.
///
/// What needs no switch, because it gives nothing away, is always taken: `algorithm`, `qop` and `nc` in quotes (requests,
/// urllib, wget, LWP, iOS), a response in upper case, one client nonce for many requests (LWP, JDK). A client that always
/// counts 1 (.NET's `HttpClient`) is told `stale=true` at its second request and comes again by itself;
/// [`NextNonce::Always`](super::NextNonce) spares clients that heed it the round trip.
///
/// What is never taken, because no switch makes it right: SHA-256 under the name of SHA-512-256 (curl up to 8.6), the hash of
/// a name inside the secret (curl before 7.82), a name that was hashed in ISO-8859-1 (JDK 17), a body that was left out of
/// `auth-int` (curl, digest-fetch), MD5 where it was not offered (wget, LWP, digest-fetch).
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::Digest;
/// use tower_challenge::scheme::digest::{DigestAccounts, ClientQuirk};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let accounts = DigestAccounts::new("printers", [("ada", "lovelace")])?;
/// let digest = Digest::builder("printers", accounts)
///     .tolerate(ClientQuirk::AndroidNonceCount)
///     .tolerate(ClientQuirk::AndroidUri)
///     .build()?;
/// # let _ = digest;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientQuirk {
    /// Android 2.3.5 to 4.0.3 sends a count of 6 digits. Takes 6 to 8, in either case. Harmless.
    AndroidNonceCount,
    /// Android 2.3.5 to 4.0.3 sends and hashes an absolute `uri` where the target is a path. Takes it if its authority is
    /// that of the request; of its scheme nobody behind a TLS terminator can say more than that it is one of HTTP's.
    AndroidUri,
    /// Internet Explorer up to 6 leaves the query out of `uri`. **The query is then unprotected**: who sees such a request
    /// can send it on with another, once.
    InternetExplorerUri,
    /// JDK 17 compares `rspauth` with one that it computes with the count in upper case, and gives up at the tenth request.
    /// Sends no `rspauth` to anybody.
    JavaRspauth,
    /// Python's requests sends names in ISO-8859-1, and hashes them in UTF-8. Reads names that are not UTF-8 so. Harmless,
    /// but for those whose name in one encoding is somebody else's in the other.
    RequestsUsername,
    /// Ruby's net-http-digest_auth counts from 0. Takes that as a count, too. Harmless.
    RubyNonceCount,
}

/// A set of quirks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct QuirkSet(u8);

impl QuirkSet {
    pub(super) const fn add(&mut self, quirk: ClientQuirk) {
        self.0 |= 1 << quirk as u8;
    }

    pub(super) const fn has(self, quirk: ClientQuirk) -> bool {
        self.0 & 1 << quirk as u8 != 0
    }
}
