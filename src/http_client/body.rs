//! Reads the body of a response.

use std::error::Error;
use std::future::poll_fn;
use std::pin::pin;

use bytes::Buf;
use http_body::Body;

use super::fetch_fault::FetchFault;

/// Reads a body of at most `max_size` bytes.
///
/// # Errors
///
/// The body is longer, or it breaks off. A body that announces a greater length is not read.
pub(crate) async fn read<B>(body: B, max_size: usize) -> Result<Vec<u8>, FetchFault>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let too_long = || FetchFault::document(format!("the response is longer than {max_size} bytes"));
    if body.size_hint().lower() > max_size as u64 {
        return Err(too_long());
    }
    let mut body = pin!(body);
    let mut whole = Vec::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let frame = frame.map_err(|error| FetchFault::client(&*error.into()))?;
        // Trailers hold no part of the document.
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        if data.remaining() > max_size - whole.len() {
            return Err(too_long());
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            whole.extend_from_slice(chunk);
            let read = chunk.len();
            data.advance(read);
        }
    }
    Ok(whole)
}
