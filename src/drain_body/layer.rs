//! The layer, and its limits.

use tower_layer::Layer;

use super::DrainBodyService;
use crate::body_limits::BodyLimits;
use crate::clock::Timer;

/// The longest rest of a body that the layer reads by default, in bytes: 32 MiB.
const MAX_LENGTH: u64 = 32 * 1024 * 1024;

/// Reads the rest of a request body before it sends the response.
///
/// [`RequireAuth`](crate::RequireAuth) refuses most requests by their head, and then drops the body unread. The server
/// closes the connection (HTTP/1.1, [RFC 9112 section 9.6](https://www.rfc-editor.org/rfc/rfc9112#section-9.6)) or
/// resets the stream (HTTP/2, [RFC 9113 section 8.1](https://www.rfc-editor.org/rfc/rfc9113#section-8.1)) while the
/// client still sends. Some clients report that as a failed connection. They never see the `401`, and never answer its
/// challenge. For example, curl 7.88 and httpx do so over HTTP/2, and aiohttp does so over HTTP/1.1.
///
/// Put this layer outside of `RequireAuth` if such clients upload to your server. The response then waits until the
/// client has sent its body, or until the client has reached a limit.
///
/// # Limits
///
/// The layer reads a rest of at most 32 MiB. It waits at most 5 seconds, and one more second for each KiB that has
/// arrived, and never longer than 30 seconds. [`limits`](Self::limits) changes that. The rest is not kept in memory. A
/// client beyond a limit gets the response at once, and the server then ends the connection or the stream.
///
/// Put a concurrency limit, such as `tower::limit::ConcurrencyLimit`, inside of this layer. The limit then frees the
/// place of a request before this layer waits. Outside, it would count the request until the response is sent.
///
/// # Responses that do not wait
///
/// - The inner service has read the whole body, or still has it.
/// - The status is `408`: the client was too slow already.
/// - The body announces a length beyond the limit.
/// - The request is one of gRPC, or a stream of Connect (`application/connect+proto`). Their clients may keep the stream
///   open until they have the response. A client of another protocol that does so gets the response after 5 seconds.
/// - The client sent `Expect: 100-continue`, and the server has not asked it for the body
///   ([RFC 9110 section 10.1.1](https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1)).
///
/// # Example
///
/// ```
/// # #[cfg(all(feature = "tokio", feature = "basic"))] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::convert::Infallible;
///
/// use http::header::AUTHORIZATION;
/// use http::{Request, Response};
/// use http_body_util::{BodyExt, Full};
/// use tower::{ServiceBuilder, ServiceExt};
/// use tower_challenge::clock::TokioClock;
/// use tower_challenge::password::OneAccount;
/// use tower_challenge::scheme::Basic;
/// use tower_challenge::{DrainBody, DrainableBody, RequireAuth};
///
/// type Body = DrainableBody<Full<&'static [u8]>>;
///
/// async fn length(request: Request<Body>) -> Result<Response<String>, Infallible> {
///     let body = request.into_body().collect().await?.to_bytes();
///     Ok(Response::new(body.len().to_string()))
/// }
///
/// let service = ServiceBuilder::new()
///     .layer(DrainBody::new(TokioClock::new()))
///     .layer(RequireAuth::new(Basic::new("files", OneAccount::new("Aladdin", "open sesame")?)?)?)
///     .service_fn(length);
///
/// let upload = || Request::put("/notes").body(Full::new(&b"a long text"[..]));
/// let refused = service.clone().oneshot(upload()?).await?;
/// assert_eq!(refused.status(), 401, "sent after the body has arrived");
///
/// let mut right = upload()?;
/// right.headers_mut().insert(AUTHORIZATION, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".parse()?);
/// assert_eq!(service.oneshot(right).await?.status(), 200);
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct DrainBody {
    limits: BodyLimits,
}

impl DrainBody {
    /// A layer with the default limits. `timer` is `TokioClock::new()` on tokio (feature `tokio`).
    pub fn new(timer: impl Timer) -> Self {
        Self {
            limits: BodyLimits::new(timer).max_length(MAX_LENGTH),
        }
    }

    /// Sets how much of a body the layer reads, and how long it waits for the client.
    ///
    /// This replaces all three limits. [`BodyLimits::new`] allows 1 MiB, so set the length as well. For example, for
    /// slow clients with large files:
    /// `BodyLimits::new(TokioClock::new()).max_length(64 << 20).deadline(Duration::from_secs(300))`.
    ///
    /// Only the rest counts that the inner service has not read.
    pub fn limits(mut self, limits: BodyLimits) -> Self {
        self.limits = limits;
        self
    }
}

impl<S> Layer<S> for DrainBody {
    type Service = DrainBodyService<S>;

    fn layer(&self, inner: S) -> DrainBodyService<S> {
        DrainBodyService::new(inner, self.limits.clone())
    }
}
