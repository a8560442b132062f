//! Objects.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::answer::Refused;
use crate::download::download;
use crate::store::Store;

type Name = Path<(String, String)>;

/// `GET /BUCKET/KEY`, and `HEAD`
pub(crate) async fn read(
    State(store): State<Store>,
    Path((bucket, key)): Name,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let (file, object) = store.read(&bucket, &key).await?;
    download(file, &object, &headers).await
}

/// `PUT /BUCKET/KEY`
pub(crate) async fn write(
    State(store): State<Store>,
    Path((bucket, key)): Name,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    // A copy has no body, and would become an empty object.
    if headers.contains_key("x-amz-copy-source") {
        return Err(Refused::NOT_HERE);
    }
    store.write(&bucket, &key, body).await?;
    let (_, object) = store.read(&bucket, &key).await?;
    Ok([("etag", object.tag())].into_response())
}

/// `DELETE /BUCKET/KEY`
pub(crate) async fn remove(
    State(store): State<Store>,
    Path((bucket, key)): Name,
) -> Result<StatusCode, Refused> {
    store.remove(&bucket, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST`: uploads in parts.
pub(crate) async fn not_here() -> Refused {
    Refused::NOT_HERE
}
