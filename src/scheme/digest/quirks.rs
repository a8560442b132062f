//! Deviations of clients from RFC 7616 that a Digest scheme can tolerate.

/// A deviation of deployed clients from RFC 7616. A scheme tolerates it only if
/// [`DigestBuilder::tolerate`](super::DigestBuilder::tolerate) names it.
///
/// Some deviations cost no security, so the scheme always accepts them: `algorithm`, `qop` and `nc` in quotes
/// (requests, urllib, wget, LWP, iOS), a response in upper case, one client nonce for many requests (LWP, JDK), a count
/// in upper case (Indy, BestHTTP for Unity), and a count that starts at 0 (Ruby's net-http-digest_auth, and so
/// Mechanize). Each count is still accepted once: `0000000A` and `0000000a` are one count, `00000000` and `00000001`
/// are two. A client that always sends the count 1 (.NET's `HttpClient`) gets `stale=true` at its second request and
/// repeats it by itself. [`NextNonce::Always`](super::NextNonce) spares such a client the round trip if it follows
/// `nextnonce`.
///
/// The scheme always refuses others, and has no switch for them: SHA-256 under the name of SHA-512-256 (curl up to
/// 8.6), the user hash in place of the name inside the secret (curl before 7.82), a user hash of a name in ISO-8859-1
/// (JDK 17), `auth-int` without the body (curl, digest-fetch), and MD5 where the server did not offer it (wget, LWP,
/// digest-fetch).
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
    /// Android 2.3.5 to 4.0.3 sends a count of 6 digits. With this quirk, the scheme accepts 6 to 8 digits. It costs no
    /// security.
    AndroidNonceCount,
    /// Android 2.3.5 to 4.0.3 sends and hashes an absolute `uri` where the request has a path. With this quirk, the
    /// scheme accepts it if its authority is that of the request. The scheme of the `uri` may be `http` or `https`,
    /// because a server behind a TLS terminator cannot tell which of the two the client used. An empty path is `/`: for
    /// example, `http://example.org` names the target `/`.
    AndroidUri,
    /// Qt, w3m, npm's request and digest-fetch, Rust's http-auth and diqwest, and Ruby's net-http-digest_auth send a
    /// client nonce of 32 hexadecimal digits with `MD5-sess`. Without this quirk, the scheme answers `401` to a client
    /// nonce that has as many lower-case hexadecimal digits as the hash of its [session
    /// algorithm](super::DigestBuilder::session_algorithms). With this quirk, the scheme accepts it.
    ///
    /// **An attacker between client and server can then sign requests of its own choice**, on a connection without TLS:
    ///
    /// 1. The attacker takes a nonce of the server and sends it to the client in a challenge without `qop`.
    /// 2. The client answers in the form of RFC 2069, with `H(H(A1) ":" nonce ":" H(A2))`.
    /// 3. The secret of a session is `H(H(A1) ":" nonce ":" cnonce)`. The attacker sends `H(A2)` as the client nonce,
    ///    so the answer of the client is the secret of that session. It signs any method and any target until the nonce
    ///    expires.
    ///
    /// If the server accepted the form of RFC 2069 itself, an attacker who only reads the traffic could do the same.
    /// The builder therefore refuses this quirk with session algorithms and
    /// [`legacy_rfc2069`](super::DigestBuilder::legacy_rfc2069). A plain algorithm needs no such quirk: offer `MD5` in
    /// place of `MD5-sess` if you can.
    HashLikeCnonce,
    /// Internet Explorer up to 6 leaves the query out of `uri`. With this quirk, the scheme accepts that. **The query
    /// is then unprotected**: an attacker who intercepts such a request can send it on with another query, once.
    InternetExplorerUri,
    /// JDK 17 compares `rspauth` with a hash that it computes with the count in upper case, so it fails at the tenth
    /// request (`nc=0000000a`). With this quirk, the scheme sends no `rspauth` to any client.
    JavaRspauth,
    /// Python's requests sends names in ISO-8859-1, but hashes them in UTF-8. With this quirk, the scheme reads names
    /// that are not UTF-8 as ISO-8859-1. It costs no security, unless the same bytes are one user's name in ISO-8859-1
    /// and another user's name in UTF-8: the scheme then looks up the other user.
    RequestsUsername,
    /// requests, httpx, urllib and older versions of aiohttp do not escape a backslash in a name: they send
    /// `username="GUILD\ada"`. By RFC 9110 section 5.6.4, that is the name `GUILDada`. With this quirk, the scheme
    /// drops a backslash only before a quotation mark or another backslash, so this form and the right form
    /// `username="GUILD\\ada"` both name `GUILD\ada`. The scheme reads `realm` and `opaque` in the same way, because these
    /// clients repeat them without the escapes of the challenge, as in `realm="CORP\files"`. The quirk costs no security, since the response still has to prove the
    /// password of the account with that name.
    UnescapedUsername,
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
