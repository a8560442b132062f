//! The response future of the layer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::derives::shows;
use crate::early_answer::EarlyAnswer;

pin_project! {
    /// Response future of [`WithResourceMetadata`](super::WithResourceMetadata).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResourceMetadataFuture<F, R> {
        #[pin]
        response: EarlyAnswer<F, R>,
    }
}

impl<F, R> ResourceMetadataFuture<F, R> {
    pub(super) const fn of(response: EarlyAnswer<F, R>) -> Self {
        Self { response }
    }
}

impl<F, R, E> Future for ResourceMetadataFuture<F, R>
where
    F: Future<Output = Result<R, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().response.poll(cx)
    }
}

shows! { impl[F, R] ResourceMetadataFuture[F, R] as self {} }
