//! Bodies that nobody has signed, where they are taken.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;

use crate::scheme::{Refusal, VerifyChunks};

/// Hands everything on but the trailers: nobody has asked for them to be taken.
pub(super) struct UnsignedBody;

impl VerifyChunks for UnsignedBody {
    fn largest(&self) -> usize {
        0
    }

    fn push(&mut self, octets: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
        Ok((!octets.is_empty()).then(|| octets.split().freeze()))
    }

    fn finish(&mut self, _: BytesMut, _: Option<HeaderMap>) -> Result<Option<HeaderMap>, Refusal> {
        Ok(None)
    }
}
