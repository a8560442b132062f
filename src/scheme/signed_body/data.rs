//! How are the bytes of a body gathered, and what becomes of its errors?

use std::error::Error;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};

use crate::scheme::BodyError;

/// What errors of bodies become.
pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// Adds `data` to what has come before, and shows it to `see`.
///
/// Memory grows with what has come, and never by what was announced.
pub(super) fn append(octets: &mut BytesMut, mut data: impl Buf, see: impl FnOnce(&[u8])) {
    let data: Bytes = data.copy_to_bytes(data.remaining());
    see(&data);
    if octets.is_empty() {
        *octets = BytesMut::from(data);
    } else {
        octets.extend_from_slice(&data);
    }
}

pub(super) fn broken(error: impl Into<BoxError>) -> BodyError {
    BodyError::Broken(Arc::from(error.into()))
}
