//! `StringToSign`: the signing time, the credential scope and the hash of the signed data.

use super::amz_date::AmzDate;
use super::canonical::TextSink;
use super::credential_scope::{CredentialScope, TERMINATOR};
use crate::text::hex::HexHash;

/// The signing time and the credential scope: the lines that all strings to sign have in common.
#[derive(Clone, Copy)]
pub(super) struct SigningContext<'a> {
    pub(super) signed_at: &'a AmzDate,
    pub(super) scope: CredentialScope<'a>,
}

impl SigningContext<'_> {
    /// Writes the string to sign of a request. `canonical` is the hash of its canonical request.
    pub(super) fn write_request(&self, canonical: &[u8; 32], sink: &mut impl TextSink) {
        self.write(b"AWS4-HMAC-SHA256", sink);
        sink.put(HexHash::of(canonical).as_bytes());
    }

    /// Writes the string to sign of a chunk. `before` is the signature of the previous chunk, or of the request for the
    /// first chunk. `data` is the hash of the chunk.
    pub(super) fn write_chunk(&self, before: &[u8; 32], data: &[u8; 32], sink: &mut impl TextSink) {
        /// The hash of no bytes: a fixed line in the string to sign of every chunk.
        const EMPTY: &[u8] = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";
        self.write(b"AWS4-HMAC-SHA256-PAYLOAD", sink);
        sink.put(HexHash::of(before).as_bytes());
        sink.put(b"\n");
        sink.put(EMPTY);
        sink.put(HexHash::of(data).as_bytes());
    }

    /// Writes the string to sign of the trailer. `before` is the signature of the last chunk, and `trailer` the hash of
    /// the trailer.
    pub(super) fn write_trailer(
        &self,
        before: &[u8; 32],
        trailer: &[u8; 32],
        sink: &mut impl TextSink,
    ) {
        self.write(b"AWS4-HMAC-SHA256-TRAILER", sink);
        sink.put(HexHash::of(before).as_bytes());
        sink.put(b"\n");
        sink.put(HexHash::of(trailer).as_bytes());
    }

    fn write(&self, algorithm: &[u8], sink: &mut impl TextSink) {
        let day = self.signed_at.day();
        let scope = [
            &day,
            self.scope.region.as_bytes(),
            self.scope.service.as_bytes(),
        ];
        sink.put(algorithm);
        sink.put(b"\n");
        sink.put(self.signed_at.text());
        sink.put(b"\n");
        for part in scope {
            sink.put(part);
            sink.put(b"/");
        }
        sink.put(TERMINATOR.as_bytes());
        sink.put(b"\n");
    }
}
