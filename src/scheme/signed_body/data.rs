//! Helpers that buffer the bytes of a body and convert its errors.

use std::error::Error;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};

use crate::scheme::BodyError;

/// The error type of a [`VerifiedBody`](super::VerifiedBody), to which errors of other bodies are converted.
pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// Appends `data` to `bytes`, and calls `inspect` with it.
///
/// The buffer grows with the bytes that have arrived. It is never sized by an announced length: a client could
/// otherwise announce a large body, send nothing, and make the server allocate.
pub(super) fn append(bytes: &mut BytesMut, mut data: impl Buf, inspect: impl FnOnce(&[u8])) {
    let data: Bytes = data.copy_to_bytes(data.remaining());
    inspect(&data);
    if bytes.is_empty() {
        *bytes = BytesMut::from(data);
    } else {
        bytes.extend_from_slice(&data);
    }
}

pub(super) fn broken(error: impl Into<BoxError>) -> BodyError {
    BodyError::Broken(Arc::from(error.into()))
}
