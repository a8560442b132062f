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
