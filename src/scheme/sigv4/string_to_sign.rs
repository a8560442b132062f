//! `StringToSign`: the time, the scope and the hash of what is signed.

use super::amz_date::AmzDate;
use super::canonical::TextSink;
use super::credential_scope::{CredentialScope, TERMINATOR};
use crate::text::hex::HexHash;

/// When and for what something is signed: the lines that all strings to sign have in common.
#[derive(Clone, Copy)]
pub(super) struct SigningContext<'a> {
    pub(super) signed_at: &'a AmzDate,
    pub(super) scope: CredentialScope<'a>,
}

impl SigningContext<'_> {
    /// Of a request, by the hash of its canonical form.
    pub(super) fn write_request(&self, canonical: &[u8; 32], sink: &mut impl TextSink) {
        self.write(b"AWS4-HMAC-SHA256", sink);
        sink.put(HexHash::of(canonical).as_bytes());
    }

    /// Of a chunk of a body, by the signature before it.
    pub(super) fn write_chunk(&self, before: &[u8; 32], data: &[u8; 32], sink: &mut impl TextSink) {
        /// Of nothing.
        const EMPTY: &[u8] = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";
        self.write(b"AWS4-HMAC-SHA256-PAYLOAD", sink);
        sink.put(HexHash::of(before).as_bytes());
        sink.put(b"\n");
        sink.put(EMPTY);
        sink.put(HexHash::of(data).as_bytes());
    }

    /// Of the trailer of a body, by the signature of the last chunk.
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
