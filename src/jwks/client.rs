//! Sends the requests.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body;
use tower_service::Service;

use super::body::read;
use super::fetch_fault::FetchFault;

/// Sends GET requests. It is a service whose types are erased.
pub(super) trait GetClient: Send + Sync {
    /// Sends `request` and reads the response, whose body may have `max_size` bytes.
    fn get(&self, request: Request<()>, max_size: usize) -> GetFuture;
}

/// The response to a request, or why there is none.
pub(super) type GetFuture =
    Pin<Box<dyn Future<Output = Result<FetchedDocument, FetchFault>> + Send>>;

/// A response with the status 200.
pub(super) struct FetchedDocument {
    pub(super) fields: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// A Tower service as a client. `Q` is the type of the bodies of its requests, which are empty.
pub(super) struct ServiceClient<S, Q> {
    /// A clone sends each request. The lock is there because a service need not be `Sync`.
    service: Mutex<S>,
    body: PhantomData<fn() -> Q>,
}

impl<S, Q> ServiceClient<S, Q> {
    pub(super) const fn new(service: S) -> Self {
        Self {
            service: Mutex::new(service),
            body: PhantomData,
        }
    }
}

impl<S, Q, R> GetClient for ServiceClient<S, Q>
where
    S: Service<Request<Q>, Response = Response<R>> + Clone + Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    S::Future: Send,
    Q: Default + Send,
    R: Body + Send,
    R::Error: Into<Box<dyn Error + Send + Sync>>,
{
    fn get(&self, request: Request<()>, max_size: usize) -> GetFuture {
        let service = self.service.lock();
        let mut service = service.unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            let ready = poll_fn(|cx| service.poll_ready(cx)).await;
            ready.map_err(client_fault)?;
            let sent = service.call(request.map(|()| Q::default()));
            let (head, body) = sent.await.map_err(client_fault)?.into_parts();
            if head.status != StatusCode::OK {
                return Err(FetchFault::status(head.status));
            }
            let body = read(body, max_size).await?;
            Ok(FetchedDocument {
                fields: head.headers,
                body,
            })
        })
    }
}

fn client_fault(error: impl Into<Box<dyn Error + Send + Sync>>) -> FetchFault {
    FetchFault::client(&*error.into())
}
