//! The handlers of `/BUCKET/KEY`. A bucket is the first part of a name, and needs not be created.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_LENGTH, LAST_MODIFIED};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio_util::io::ReaderStream;

use crate::store::{Store, refused};

/// `GET` and `HEAD`: sends an object.
pub(crate) async fn read(
    State(store): State<Store>,
    Path((bucket, key)): Path<(String, String)>,
) -> Result<Response, StatusCode> {
    let file = store.read(&name(&bucket, &key)).await?;
    let metadata = file.metadata().await.map_err(refused)?;
    let modified = metadata.modified().map_err(refused)?;
    let fields = [
        (CONTENT_LENGTH, metadata.len().to_string()),
        (LAST_MODIFIED, httpdate::fmt_http_date(modified)),
    ];
    let body = Body::from_stream(ReaderStream::with_capacity(file, 64 * 1024));
    Ok((fields, body).into_response())
}

/// `PUT`: creates or replaces an object.
pub(crate) async fn write(
    State(store): State<Store>,
    Path((bucket, key)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<(), StatusCode> {
    // A request to copy an object has no body. Without this check, it would create an empty object.
    if headers.contains_key("x-amz-copy-source") {
        return Err(StatusCode::NOT_IMPLEMENTED);
    }
    store.write(&name(&bucket, &key), body).await
}

/// `DELETE`: deletes an object.
pub(crate) async fn remove(
    State(store): State<Store>,
    Path((bucket, key)): Path<(String, String)>,
) -> Result<StatusCode, StatusCode> {
    store.remove(&name(&bucket, &key)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn name(bucket: &str, key: &str) -> String {
    format!("{bucket}/{key}")
}
