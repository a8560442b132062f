//! Objects in memory, under `/s3/BUCKET/KEY`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http_body_util::{BodyExt, Limited};

/// The longest object, in octets.
const LONGEST: usize = 16 * 1024 * 1024;

/// How many octets all of them may have together.
const ROOM: usize = 64 * 1024 * 1024;

/// What there is, by bucket and key.
#[derive(Clone, Default)]
struct Objects(Arc<Mutex<HashMap<String, Bytes>>>);

/// Serves them.
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

/// Keeps a body that came to its end. What a bad one is answered with is the layer's affair.
async fn write(
    State(objects): State<Objects>,
    Path((bucket, key)): Name,
    body: Body,
) -> StatusCode {
    let Ok(body) = Limited::new(body, LONGEST).collect().await else {
        return StatusCode::PAYLOAD_TOO_LARGE;
    };
    let (body, mut kept) = (body.to_bytes(), objects.lock());
    let others = kept.values().map(Bytes::len).sum::<usize>();
    if others + body.len() > ROOM {
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
