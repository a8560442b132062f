//! Keeps objects in memory, under `/s3/BUCKET/KEY`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http_body_util::{BodyExt, Limited};

/// The longest object, in bytes.
const MAX_OBJECT_LENGTH: usize = 16 * 1024 * 1024;

/// The limit for all objects together, in bytes.
const MAX_TOTAL_LENGTH: usize = 64 * 1024 * 1024;

/// The objects, by `BUCKET/KEY`.
#[derive(Clone, Default)]
struct Objects(Arc<Mutex<HashMap<String, Bytes>>>);

/// Returns the routes that read, write and remove objects.
pub(crate) fn objects() -> Router {
    let object = get(read).put(write).delete(remove);
    Router::new()
        .route("/{bucket}/{*key}", object)
        .with_state(Objects::default())
}

type Name = Path<(String, String)>;

async fn read(State(objects): State<Objects>, Path((bucket, key)): Name) -> Response {
    let object = objects.lock().get(&name(&bucket, &key)).cloned();
    match object {
        Some(object) => object.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Keeps a body that arrived to its end. If the body does not verify, the layer replaces this handler's response.
async fn write(
    State(objects): State<Objects>,
    Path((bucket, key)): Name,
    body: Body,
) -> StatusCode {
    let Ok(body) = Limited::new(body, MAX_OBJECT_LENGTH).collect().await else {
        return StatusCode::PAYLOAD_TOO_LARGE;
    };
    let (body, mut kept) = (body.to_bytes(), objects.lock());
    let others = kept.values().map(Bytes::len).sum::<usize>();
    if others + body.len() > MAX_TOTAL_LENGTH {
        return StatusCode::INSUFFICIENT_STORAGE;
    }
    kept.insert(name(&bucket, &key), body);
    StatusCode::OK
}

async fn remove(State(objects): State<Objects>, Path((bucket, key)): Name) -> StatusCode {
    objects.lock().remove(&name(&bucket, &key));
    StatusCode::NO_CONTENT
}

fn name(bucket: &str, key: &str) -> String {
    format!("{bucket}/{key}")
}

impl Objects {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
