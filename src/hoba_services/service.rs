//! The Tower service.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Buf;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::services::HobaServices;
use crate::derives::shows;
use crate::lookup::Lookup;
use crate::scheme::hoba::HobaKey;

/// Response future of [`HobaServices`].
#[must_use = "futures do nothing unless polled"]
pub struct HobaServicesFuture(Pin<Box<dyn Future<Output = Response<String>> + Send>>);

impl Future for HobaServicesFuture {
    type Output = Result<Response<String>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(Ok)
    }
}

impl<L, I, B> Service<Request<B>> for HobaServices<L>
where
    L: Lookup<str, Record = HobaKey<I>>,
    I: Clone + Send + Sync + 'static,
    B: Body<Data: Buf> + Send + 'static,
{
    type Response = Response<String>;
    type Error = Infallible;
    type Future = HobaServicesFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> HobaServicesFuture {
        HobaServicesFuture(Box::pin(Arc::clone(&self.0).respond(request)))
    }
}

shows! { impl[] HobaServicesFuture[] as self {} }
