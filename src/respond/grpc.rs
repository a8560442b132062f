//! A gRPC status.

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};

use super::{Denial, Empty, Kind, Respond, Shown};
use crate::request_head::RequestHead;

/// Answers clients that speak gRPC with a gRPC status, and all others as ever.
///
/// The answer is a `Trailers-Only` response: HTTP status 200, `grpc-status` and `grpc-message` among the header fields, and
/// no body. The challenges, `Retry-After` and `Cache-Control` stay where they were, and a client finds them in its
/// metadata. gRPC-Web is answered in the same way.
///
/// | kind | gRPC |
/// |---|---|
/// | [`Unauthenticated`](Kind::Unauthenticated) | 16, `UNAUTHENTICATED` |
/// | [`Forbidden`](Kind::Forbidden), [`Insecure`](Kind::Insecure) | 7, `PERMISSION_DENIED` |
/// | [`Malformed`](Kind::Malformed) | 3, `INVALID_ARGUMENT`: other credentials would not help |
/// | [`TooSlow`](Kind::TooSlow) | 4, `DEADLINE_EXCEEDED` |
/// | [`Throttled`](Kind::Throttled), [`TooLong`](Kind::TooLong) | 8, `RESOURCE_EXHAUSTED` |
/// | [`Misplaced`](Kind::Misplaced) | 13, `INTERNAL` |
/// | [`Unavailable`](Kind::Unavailable) | 14, `UNAVAILABLE` |
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
/// use tower_challenge::respond::Grpc;
/// use tower_challenge::scheme::bearer::{Bearer, StaticTokens};
/// use tower_challenge::{Principal, RequireAuth};
///
/// let tokens = StaticTokens::new()?.token("t0ken", Principal::new("robot"))?;
/// let service = ServiceBuilder::new()
///     .layer(RequireAuth::new(Bearer::new("notes", tokens)?)?.respond_with(Grpc::new()))
///     .service(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new()))));
///
/// let call = || Request::post("/notes.Notes/List").header(CONTENT_TYPE, "application/grpc");
/// let good = service.clone().oneshot(call().header(AUTHORIZATION, "Bearer t0ken").body(())?).await?;
/// assert!(!good.headers().contains_key("grpc-status"), "the inner service says it, in its trailers");
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
pub struct Grpc<R = Empty> {
    otherwise: R,
}

impl Grpc {
    /// Others get a status and challenges.
    pub const fn new() -> Self {
        let otherwise = Empty;
        Self { otherwise }
    }
}

impl<R> Grpc<R> {
    /// Renders refusals of everybody else with `otherwise`.
    pub fn otherwise<Q>(self, otherwise: Q) -> Grpc<Q> {
        Grpc { otherwise }
    }
}

impl<R: Respond<B>, B: Default> Respond<B> for Grpc<R> {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> Shown<B> {
        match dialect(request) {
            Some(dialect) => Shown::with_status(StatusCode::OK, trailers_only(denial, dialect)),
            None => self.otherwise.respond(denial, request),
        }
    }
}

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// `Trailers-Only -> HTTP-Status Content-Type Trailers`, gRPC over HTTP/2. The details have nothing that `grpc-message`
/// would have to encode; a test looks at all of them.
fn trailers_only<B: Default>(denial: &Denial, dialect: &'static str) -> Response<B> {
    let mut response = Response::new(B::default());
    let detail = denial.kind().detail();
    response.headers_mut().extend([
        (CONTENT_TYPE, HeaderValue::from_static(dialect)),
        (STATUS, HeaderValue::from(code(denial.kind()))),
        (MESSAGE, HeaderValue::from_static(detail)),
    ]);
    response
}

const fn code(kind: Kind) -> u16 {
    match kind {
        Kind::Malformed => 3,
        Kind::TooSlow => 4,
        Kind::Forbidden | Kind::Insecure => 7,
        Kind::TooLong | Kind::Throttled => 8,
        Kind::Misplaced => 13,
        Kind::Unavailable => 14,
        Kind::Unauthenticated => 16,
    }
}

/// What the client speaks: `application/grpc`, a suffix after `+`, or parameters after `;`.
fn dialect(request: &RequestHead<'_>) -> Option<&'static str> {
    let kind = request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let kind = kind.split(['+', ';']).next().unwrap_or_default().trim();
    let mut dialects = [
        "application/grpc",
        "application/grpc-web",
        "application/grpc-web-text",
    ]
    .into_iter();
    dialects.find(|dialect| kind.eq_ignore_ascii_case(dialect))
}
