//! The service that answers with the document.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::task::{Context, Poll};

use http::{Request, Response, StatusCode};
use tower_service::Service;

use super::ResourceMetadata;
use crate::derives::{clones, shows};
use crate::request_head::RequestHead;

/// Answers `GET` and `HEAD` with the document, `OPTIONS` with what a CORS preflight asks for, and every other method with
/// `405`. Another path, or another query, gets `404`. [`ResourceMetadata::service`] makes it.
///
/// The response allows scripts of every origin, and caches keep it for five minutes. The body type of the response is the
/// parameter `B`, for example axum's `Body`, or `Full<Bytes>`.
///
/// # Example
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use http::Request;
/// use tower::ServiceExt;
/// use tower_challenge::resource_metadata::{ResourceMetadata, ResourceMetadataService};
///
/// let metadata = ResourceMetadata::builder("https://api.example").build()?;
/// let service: ResourceMetadataService<String> = metadata.service();
///
/// let response = service.clone().oneshot(Request::get("/.well-known/oauth-protected-resource").body(())?).await?;
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.body(), r#"{"resource":"https://api.example"}"#);
///
/// let response = service.oneshot(Request::post("/.well-known/oauth-protected-resource").body(())?).await?;
/// assert_eq!(response.status(), 405);
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
#[must_use]
pub struct ResourceMetadataService<B> {
    metadata: ResourceMetadata,
    body: PhantomData<fn() -> B>,
}

impl ResourceMetadata {
    /// Returns a service that answers with the document, and with `404` for every other path. Use it as a route at
    /// [`path`](Self::path).
    pub fn service<B>(&self) -> ResourceMetadataService<B> {
        ResourceMetadataService {
            metadata: self.clone(),
            body: PhantomData,
        }
    }
}

impl<B: From<String>, ReqBody> Service<Request<ReqBody>> for ResourceMetadataService<B> {
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Ready<Result<Response<B>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let answer = self.metadata.answer(&RequestHead::of(&request));
        ready(Ok(answer.unwrap_or_else(|| {
            let mut missing = Response::new(B::from(String::new()));
            *missing.status_mut() = StatusCode::NOT_FOUND;
            missing
        })))
    }
}

clones! { impl[B] ResourceMetadataService[B] { metadata, body } }

shows! { impl[B] ResourceMetadataService[B] as self { metadata: self.metadata } }
