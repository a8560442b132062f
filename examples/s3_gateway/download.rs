//! Sends an object, or a range of it, to a client.

use std::io::SeekFrom;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, LAST_MODIFIED, RANGE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncSeekExt, ReadBuf};

use crate::answer::Refused;
use crate::list::http_date;
use crate::store::Object;

impl Object {
    /// Returns the `ETag`: the time of the last modification and the length. It changes when the object is replaced.
    pub(crate) fn tag(&self) -> String {
        let modified = self.modified.duration_since(SystemTime::UNIX_EPOCH);
        format!(
            "\"{:x}-{:x}\"",
            modified.unwrap_or_default().as_nanos(),
            self.length
        )
    }
}

/// Sends a file, or the range of it that the request asks for.
pub(crate) async fn download(
    mut file: File,
    object: &Object,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let is_same = |tag: &HeaderValue| *tag == object.tag();
    let range = headers.get(RANGE).and_then(|range| range.to_str().ok());
    // If the object was replaced, the client gets the whole new object and not a range of it (RFC 9110 section 13.1.5).
    let range = range.filter(|_| headers.get(IF_RANGE).is_none_or(is_same));
    let range = range.map(|range| read_range(range, object.length));
    let (status, start, end) = match range {
        None | Some(None) => (StatusCode::OK, 0, object.length),
        Some(Some(range)) => {
            let (start, end) = range?;
            (StatusCode::PARTIAL_CONTENT, start, end)
        }
    };
    file.seek(SeekFrom::Start(start)).await?;
    let body = Body::new(Part {
        file,
        remaining: end - start,
    });
    let fields = [
        (ACCEPT_RANGES, "bytes".to_owned()),
        (CONTENT_LENGTH, (end - start).to_string()),
        (ETAG, object.tag()),
        (LAST_MODIFIED, http_date(object.modified)),
    ];
    let mut response = (status, fields, body).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {start}-{}/{}", end - 1, object.length);
        let range = range.parse().map_err(|_| Refused::BAD_RANGE)?;
        response.headers_mut().insert(CONTENT_RANGE, range);
    }
    Ok(response)
}

/// Parses a `Range` field with one range of bytes (RFC 9110 section 14.1.2). Returns its start and its end.
///
/// Returns `None` for any other value; the caller then ignores the field. Returns an error if the object has no bytes
/// in the range.
fn read_range(range: &str, length: u64) -> Option<Result<(u64, u64), Refused>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (start, end) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.saturating_add(1).min(length)),
        (Ok(first), _) if last.is_empty() => (first, length),
        (_, Ok(last)) if first.is_empty() => (length.saturating_sub(last), length),
        _ => return None,
    };
    Some(
        (start < end)
            .then_some((start, end))
            .ok_or(Refused::BAD_RANGE),
    )
}

/// A body that sends the next `remaining` bytes of a file.
struct Part {
    file: File,
    remaining: u64,
}

impl HttpBody for Part {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let size = usize::try_from(self.remaining).map_or(MAX_READ, |size| size.min(MAX_READ));
        let mut buffer = vec![0; size];
        let mut read = ReadBuf::new(&mut buffer);
        if self.remaining > 0 {
            ready!(Pin::new(&mut self.file).poll_read(cx, &mut read))?;
        }
        let length = read.filled().len();
        self.remaining -= u64::try_from(length).unwrap_or(self.remaining);
        buffer.truncate(length);
        Poll::Ready((length > 0).then(|| Ok(Frame::data(buffer.into()))))
    }
}

/// The largest number of bytes that one frame contains.
const MAX_READ: usize = 64 * 1024;
