//! Sends the requests.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body;
use tower_service::Service;

use super::body::read;
use super::fetch_fault::FetchFault;

/// Sends requests to another server. It is a service whose types are erased.
pub(crate) trait HttpClient: Send + Sync {
    /// Sends `request` and reads the response, whose body may have `max_size` bytes. A status other than 200 is a fault.
    fn send(&self, request: Request<Bytes>, max_size: usize) -> SendFuture;
}

/// The response to a request, or why there is none.
pub(crate) type SendFuture =
    Pin<Box<dyn Future<Output = Result<FetchedDocument, FetchFault>> + Send>>;

/// A response with the status 200.
pub(crate) struct FetchedDocument {
    pub(crate) fields: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A Tower service as a client. `Q` is the type of the bodies of its requests.
struct ServiceClient<S, Q> {
    /// A clone sends each request. The lock is there because a service need not be `Sync`.
    service: Mutex<S>,
    body: fn(Bytes) -> Q,
}

/// Makes a client of a service. `body` makes the body of each request.
pub(crate) fn service_client<S, Q, R>(service: S, body: fn(Bytes) -> Q) -> Arc<dyn HttpClient>
where
    S: Service<Request<Q>, Response = Response<R>> + Clone + Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    S::Future: Send,
    Q: Send + 'static,
    R: Body + Send,
    R::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let service = Mutex::new(service);
    Arc::new(ServiceClient { service, body })
}

impl<S, Q, R> HttpClient for ServiceClient<S, Q>
where
    S: Service<Request<Q>, Response = Response<R>> + Clone + Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    S::Future: Send,
    Q: Send + 'static,
    R: Body + Send,
    R::Error: Into<Box<dyn Error + Send + Sync>>,
{
    fn send(&self, request: Request<Bytes>, max_size: usize) -> SendFuture {
        let service = self.service.lock();
        let mut service = service.unwrap_or_else(PoisonError::into_inner).clone();
        let request = request.map(self.body);
        Box::pin(async move {
            let ready = poll_fn(|cx| service.poll_ready(cx)).await;
            ready.map_err(client_fault)?;
            let sent = service.call(request);
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
