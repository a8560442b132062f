//! Renders refusals as a gRPC status, for clients that speak gRPC.

use http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};

use super::{Denial, EmptyBody, RefusalKind, RefusalResponse, Respond};
use crate::request_head::RequestHead;

/// Responds to clients that speak gRPC with a gRPC status, and to all other clients with another renderer.
///
/// A client speaks gRPC if its `Content-Type` is `application/grpc`, `application/grpc-web` or
/// `application/grpc-web-text`. The response is `Trailers-Only`: it has the HTTP status 200, the header fields
/// `grpc-status` and `grpc-message`, and no body. The layer stamps the challenges, `Retry-After` and `Cache-Control` as
/// usual, and a gRPC client finds them in the metadata of the response.
///
/// A gRPC-Web client in a browser can read the status of a server of another origin only if the layer has
/// [`expose_to_scripts`](crate::RequireAuth::expose_to_scripts).
///
/// | kind of refusal | gRPC status |
/// |---|---|
/// | [`Unauthenticated`](RefusalKind::Unauthenticated) | 16, `UNAUTHENTICATED` |
/// | [`Forbidden`](RefusalKind::Forbidden), [`Insecure`](RefusalKind::Insecure) | 7, `PERMISSION_DENIED` |
/// | [`Malformed`](RefusalKind::Malformed) | 3, `INVALID_ARGUMENT`: the client has to correct the request, and other credentials do not help |
/// | [`TooSlow`](RefusalKind::TooSlow) | 4, `DEADLINE_EXCEEDED` |
/// | [`Throttled`](RefusalKind::Throttled), [`TooLong`](RefusalKind::TooLong) | 8, `RESOURCE_EXHAUSTED` |
/// | [`MissingLayer`](RefusalKind::MissingLayer) | 13, `INTERNAL` |
/// | [`Unavailable`](RefusalKind::Unavailable) | 14, `UNAVAILABLE` |
///
/// # Example
///
/// ```
/// # #[cfg(feature = "bearer")] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::convert::Infallible;
///
/// use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
/// use http::{Request, Response};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
/// use tower_challenge::respond::GrpcErrors;
/// use tower_challenge::scheme::bearer::{Bearer, StaticTokens};
/// use tower_challenge::{Principal, RequireAuth};
///
/// let tokens = StaticTokens::new()?.token("t0ken", Principal::new("robot"))?;
/// let service = ServiceBuilder::new()
///     .layer(RequireAuth::new(Bearer::new("notes", tokens)?)?.respond_with(GrpcErrors::new()))
///     .service(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new()))));
///
/// let call = || Request::post("/notes.Notes/List").header(CONTENT_TYPE, "application/grpc");
/// let good = service.clone().oneshot(call().header(AUTHORIZATION, "Bearer t0ken").body(())?).await?;
/// assert!(!good.headers().contains_key("grpc-status"), "the inner service sends the status in its trailers");
///
/// let refused = service.oneshot(call().body(())?).await?;
/// assert_eq!(refused.status(), 200);
/// assert_eq!(refused.headers()["grpc-status"], "16");
/// assert!(refused.headers().contains_key(WWW_AUTHENTICATE));
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct GrpcErrors<R = EmptyBody> {
    otherwise: R,
}

impl GrpcErrors {
    /// Makes a renderer that answers other clients without a body, as [`EmptyBody`] does.
    pub const fn new() -> Self {
        let otherwise = EmptyBody;
        Self { otherwise }
    }
}

impl<R> GrpcErrors<R> {
    /// Renders refusals for all clients that do not speak gRPC with `otherwise`.
    pub fn otherwise<Q>(self, otherwise: Q) -> GrpcErrors<Q> {
        GrpcErrors { otherwise }
    }
}

impl<R: Respond<B>, B: Default> Respond<B> for GrpcErrors<R> {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        match request.grpc_dialect() {
            Some(dialect) => {
                RefusalResponse::with_status(StatusCode::OK, trailers_only(denial, dialect))
            }
            None => self.otherwise.respond(denial, request),
        }
    }
}

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// Makes a response of the form `Trailers-Only -> HTTP-Status Content-Type Trailers` (gRPC over HTTP/2).
///
/// The texts contain no character that `grpc-message` has to percent-encode. A test checks all of them.
fn trailers_only<B: Default>(denial: &Denial, dialect: &'static str) -> Response<B> {
    let mut response = Response::new(B::default());
    let detail = denial.kind().detail();
    response.headers_mut().extend([
        (CONTENT_TYPE, HeaderValue::from_static(dialect)),
        (STATUS, HeaderValue::from(code(denial.kind()))),
        (MESSAGE, HeaderValue::from_static(detail)),
    ]);
    if denial.is_exposed() {
        let names = HeaderValue::from_static("grpc-status, grpc-message");
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, names);
    }
    response
}

const fn code(kind: RefusalKind) -> u16 {
    match kind {
        RefusalKind::Malformed => 3,
        RefusalKind::TooSlow => 4,
        RefusalKind::Forbidden | RefusalKind::Insecure => 7,
        RefusalKind::TooLong | RefusalKind::Throttled => 8,
        RefusalKind::MissingLayer => 13,
        RefusalKind::Unavailable => 14,
        RefusalKind::Unauthenticated => 16,
    }
}
