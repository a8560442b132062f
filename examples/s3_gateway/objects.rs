//! The handlers for objects.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::answer::Refused;
use crate::download::download;
use crate::store::Store;

type Name = Path<(String, String)>;

/// `GET /BUCKET/KEY` and `HEAD /BUCKET/KEY`: sends an object.
pub(crate) async fn read(
    State(store): State<Store>,
    Path((bucket, key)): Name,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let (file, object) = store.read(&bucket, &key).await?;
    download(file, &object, &headers).await
}

/// `PUT /BUCKET/KEY`: creates or replaces an object.
pub(crate) async fn write(
    State(store): State<Store>,
    Path((bucket, key)): Name,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    // A request to copy an object has no body. Without this check, it would create an empty object.
    if headers.contains_key("x-amz-copy-source") {
        return Err(Refused::NOT_IMPLEMENTED);
    }
    store.write(&bucket, &key, body).await?;
    let (_, object) = store.read(&bucket, &key).await?;
    Ok([("etag", object.tag())].into_response())
}

/// `DELETE /BUCKET/KEY`: deletes an object.
pub(crate) async fn remove(
    State(store): State<Store>,
    Path((bucket, key)): Name,
) -> Result<StatusCode, Refused> {
    store.remove(&bucket, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /BUCKET/KEY`: uploads in parts, which the gateway does not implement.
pub(crate) async fn not_implemented() -> Refused {
    Refused::NOT_IMPLEMENTED
}
