//! An object, or a range of it, on its way to a client.

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
    /// Changes with the object.
    pub(crate) fn tag(&self) -> String {
        let modified = self.modified.duration_since(SystemTime::UNIX_EPOCH);
        format!(
            "\"{:x}-{:x}\"",
            modified.unwrap_or_default().as_nanos(),
            self.length
        )
    }
}

/// Sends a file, or what the request wants of it.
pub(crate) async fn download(
    mut file: File,
    object: &Object,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let is_same = |tag: &HeaderValue| *tag == object.tag();
    let range = headers.get(RANGE).and_then(|range| range.to_str().ok());
    // A range of another object is no part of this one (RFC 9110 section 13.1.5).
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
        left: end - start,
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

/// RFC 9110 section 14.1.2: where one range begins and ends. `None`, and the field is ignored, if it is anything else.
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

/// What is left of a file.
struct Part {
    file: File,
    left: u64,
}

impl HttpBody for Part {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let mut buffer = vec![0; usize::try_from(self.left).map_or(LARGEST, |it| it.min(LARGEST))];
        let mut read = ReadBuf::new(&mut buffer);
        if self.left > 0 {
            ready!(Pin::new(&mut self.file).poll_read(cx, &mut read))?;
        }
        let length = read.filled().len();
        self.left -= u64::try_from(length).unwrap_or(self.left);
        buffer.truncate(length);
        Poll::Ready((length > 0).then(|| Ok(Frame::data(buffer.into()))))
    }
}

/// How much is read at once.
const LARGEST: usize = 64 * 1024;
