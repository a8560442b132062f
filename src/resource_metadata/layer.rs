//! The layer that serves the document in front of another service.

use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::ResourceMetadata;
use super::future::ResourceMetadataFuture;
use crate::early_answer::EarlyAnswer;
use crate::request_head::RequestHead;

/// Answers requests for the document, and passes all others on. [`ResourceMetadata::layer`] makes it.
///
/// Put it around [`RequireAuth`](crate::RequireAuth): a client reads the document before it has a token. The document
/// itself is that of [`ResourceMetadataService`](super::ResourceMetadataService). For several resources, use several
/// layers.
#[derive(Clone, Debug)]
#[must_use]
pub struct ResourceMetadataLayer {
    metadata: ResourceMetadata,
}

impl ResourceMetadata {
    /// Returns a layer that answers requests for the document, and passes all others on to the inner service. Put it
    /// around the layer that requires authentication.
    pub fn layer(&self) -> ResourceMetadataLayer {
        ResourceMetadataLayer {
            metadata: self.clone(),
        }
    }
}

impl<S> Layer<S> for ResourceMetadataLayer {
    type Service = WithResourceMetadata<S>;

    fn layer(&self, inner: S) -> WithResourceMetadata<S> {
        WithResourceMetadata {
            inner,
            metadata: self.metadata.clone(),
        }
    }
}

/// Answers requests for the document, and passes all others on to the inner service. [`ResourceMetadataLayer`] makes it.
#[derive(Clone, Debug)]
#[must_use]
pub struct WithResourceMetadata<S> {
    inner: S,
    metadata: ResourceMetadata,
}

impl<S, B, ResBody> Service<Request<B>> for WithResourceMetadata<S>
where
    S: Service<Request<B>, Response = Response<ResBody>> + Clone,
    ResBody: From<String>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResourceMetadataFuture<S::Future, S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answer = self.metadata.answer(&RequestHead::of(&request));
        ResourceMetadataFuture::of(EarlyAnswer::or_call(answer, &mut self.inner, request))
    }
}
