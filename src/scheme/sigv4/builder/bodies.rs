//! The settings that say which bodies the scheme accepts.

use super::SigV4Builder;
use crate::scheme::BodyLimits;

impl<L> SigV4Builder<L> {
    /// Accepts bodies that the client has not signed: `UNSIGNED-PAYLOAD` and `STREAMING-UNSIGNED-PAYLOAD-TRAILER`. A
    /// presigned URL for S3 has the payload `UNSIGNED-PAYLOAD` unless the request has `X-Amz-Content-Sha256`.
    ///
    /// Without this setting, the scheme accepts a request with `UNSIGNED-PAYLOAD` only if its body is empty, and
    /// refuses `STREAMING-UNSIGNED-PAYLOAD-TRAILER`.
    ///
    /// An attacker between the client and this server can replace an unsigned body. Use this setting only behind TLS,
    /// see [`require_tls`](crate::RequireAuth::require_tls).
    pub const fn unsigned_payloads(mut self) -> Self {
        self.rules.unsigned_payloads = true;
        self
    }

    /// Sets the limits for bodies that are signed as a whole, which the layer keeps in memory until they are verified.
    /// The default is 16 MiB for S3 and 1 MiB for other services, with the times of [`BodyLimits::new`]. If both are
    /// accepted, it is 1 MiB.
    ///
    /// S3 clients must send the hash of the body in `x-amz-content-sha256`; clients of other services need not. Without
    /// the hash, the layer reads the body before it can verify the signature. It then also reads the bodies of clients
    /// that have no access key.
    pub fn whole_bodies(mut self, limits: BodyLimits) -> Self {
        self.whole = Some(limits);
        self
    }

    /// Passes a body that is signed as a whole on to the inner service while it arrives, and compares its hash at its end.
    ///
    /// The limits of [`streamed_bodies`](Self::streamed_bodies) then apply to such a body, and those of
    /// [`whole_bodies`](Self::whole_bodies) do not. For example, s3fs signs parts of 20 MB as a whole, and S3 itself
    /// accepts 5 GB.
    ///
    /// Only a body with a `Content-Length` is passed on in this way. The layer reads all others before it calls the inner
    /// service, within the limits of [`whole_bodies`](Self::whole_bodies).
    ///
    /// A body with another hash than the signed one reaches the inner service up to its last bytes. An error then takes
    /// the place of the last bytes, and the layer refuses the client. **Use this method only if the inner service reads
    /// the body to its end before it acts, and discards an upload that does not end cleanly.** For example, a store
    /// writes into a file of its own and renames it at the end. A parser of HTML forms does not fit: it stops at the end
    /// of the form, and an attacker who has seen a signed request could send its head with a form of his own.
    pub const fn stream_whole_bodies(mut self) -> Self {
        self.rules.streamed_hashes = true;
        self
    }

    /// Sets the limits for bodies that the inner service reads while the layer verifies them. The default is
    /// [`BodyLimits::streaming`]: any length, at a rate of at least 1 KiB a second.
    pub fn streamed_bodies(mut self, limits: BodyLimits) -> Self {
        self.streaming = limits;
        self
    }

    /// Sets the largest size of a signed chunk, in bytes. The default is 1 MiB.
    ///
    /// The layer keeps each chunk in memory until its chunk signature has verified.
    pub const fn largest_chunk(mut self, bytes: usize) -> Self {
        self.largest_chunk = bytes;
        self
    }

    /// Returns the default limits for whole bodies.
    ///
    /// The limit is lower for services other than S3: their clients need not send the hash of the body, so that the
    /// layer must read the body before it can verify the signature. Clients without a key can make it read bodies, too.
    pub(super) fn default_whole(&self) -> BodyLimits {
        let max_length = match self.rules.scopes.has_other_than_s3() {
            true => 1 << 20,
            false => 16 << 20,
        };
        self.default_whole.clone().max_length(max_length)
    }
}
