//! The layer that answers what clients ask before they have a token.

use std::future::Future;
use std::iter;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName,
    HeaderValue, ORIGIN,
};
use http::{Method, Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::derives::shows;
use crate::early_answer::EarlyAnswer;
use crate::request_head::RequestHead;
use crate::resource_metadata::ResourceMetadata;
use crate::respond;

/// Answers what clients ask before they have a token. Put it around [`RequireAuth`](crate::RequireAuth).
///
/// - The metadata document, as [`ResourceMetadata::layer`] does.
/// - A CORS preflight of any path: a request with the method `OPTIONS`, `Origin` and `Access-Control-Request-Method`. Such
///   a request never has credentials. Every other `OPTIONS` request goes on.
/// - `404` below `/.well-known/` where clients look for the metadata of an authorization server or of another resource,
///   and for `/authorize`, `/token` and `/register`. Clients of the revision 2025-03-26 look there if they find no
///   metadata, and `401` would tell them that something is there. Do not serve these paths behind this layer.
///
/// All other requests go on. Scripts of every origin may read the responses. They may read the fields that
/// [`expose_to_scripts`](crate::RequireAuth::expose_to_scripts) names (`WWW-Authenticate`, `Authentication-Info` and
/// `Retry-After`), and also `Mcp-Session-Id` and `Mcp-Protocol-Version`. No page can use the token of another one,
/// because browsers do not send `Authorization` by themselves. The layer judges no `Origin`. MCP requires servers to
/// refuse an invalid one: set the allowed origins of the server inside.
///
/// The body of the response is made from a `String`.
///
/// # Example
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::convert::Infallible;
///
/// use http::{Request, Response};
/// use tower::{ServiceBuilder, ServiceExt};
/// use tower_challenge::mcp::McpDiscovery;
/// use tower_challenge::resource_metadata::ResourceMetadata;
///
/// let metadata = ResourceMetadata::builder("https://api.example/mcp").authorization_server("https://login.example");
/// let service = ServiceBuilder::new()
///     .layer(McpDiscovery::new(&metadata.build()?))
///     .service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new("protected".to_owned())));
///
/// let request = Request::get("/.well-known/oauth-protected-resource/mcp").body(())?;
/// assert!(service.clone().oneshot(request).await?.body().starts_with(r#"{"resource":"https://api.example/mcp""#));
/// let request = Request::get("/.well-known/oauth-authorization-server").body(())?;
/// assert_eq!(service.clone().oneshot(request).await?.status(), 404);
/// assert_eq!(service.oneshot(Request::post("/mcp").body(())?).await?.body(), "protected");
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct McpDiscovery {
    metadata: ResourceMetadata,
}

impl McpDiscovery {
    /// Makes a layer that answers with `metadata`.
    pub fn new(metadata: &ResourceMetadata) -> Self {
        Self {
            metadata: metadata.clone(),
        }
    }
}

impl<S> Layer<S> for McpDiscovery {
    type Service = McpDiscoveryService<S>;

    fn layer(&self, inner: S) -> McpDiscoveryService<S> {
        McpDiscoveryService {
            inner,
            metadata: self.metadata.clone(),
        }
    }
}

/// Answers what clients ask before they have a token, and passes all other requests on. [`McpDiscovery`] makes it.
#[derive(Clone, Debug)]
#[must_use]
pub struct McpDiscoveryService<S> {
    inner: S,
    metadata: ResourceMetadata,
}

impl<S> McpDiscoveryService<S> {
    fn answer<B: From<String>>(&self, head: &RequestHead<'_>) -> Option<Response<B>> {
        if let Some(document) = self.metadata.answer(head) {
            return Some(document);
        }
        let status = match head.method() {
            _ if is_elsewhere(head.target().path()) => StatusCode::NOT_FOUND,
            method if is_preflight(method, head.headers()) => StatusCode::NO_CONTENT,
            _ => return None,
        };
        let mut answer = Response::new(B::from(String::new()));
        *answer.status_mut() = status;
        if status == StatusCode::NO_CONTENT {
            let fields = PREFLIGHT.map(|(name, value)| (name, HeaderValue::from_static(value)));
            answer.headers_mut().extend(fields);
        }
        Some(answer)
    }
}

/// The fields of a preflight. `*` does not cover `Authorization` (Fetch standard), so it is named. It covers the fields of
/// MCP, some of which depend on the tool (`Mcp-Param-Region`).
const PREFLIGHT: [(HeaderName, &str); 2] = [
    (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE"),
    (ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, *"),
];

/// The fields of MCP that scripts need, and that browsers hide from them otherwise.
const EXPOSED: &str = "mcp-session-id, mcp-protocol-version";

/// The documents of authorization servers and of resources. They may have a path behind the name.
const DOCUMENTS: [&str; 3] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-protected-resource",
];

/// The default endpoints of an authorization server in the revision 2025-03-26.
const ENDPOINTS: [&str; 3] = ["/authorize", "/token", "/register"];

/// Whether a client looks here for something that this server does not have.
fn is_elsewhere(path: &str) -> bool {
    let is_document = |name: &str| {
        let rest = path.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    DOCUMENTS.into_iter().any(is_document) || ENDPOINTS.contains(&path)
}

fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Lets scripts read a response. A CORS layer of the application has its own rules about origins, which stay.
fn allow_scripts(headers: &mut HeaderMap) {
    let any = HeaderValue::from_static("*");
    headers.entry(ACCESS_CONTROL_ALLOW_ORIGIN).or_insert(any);
    respond::expose(headers, iter::empty());
    let exposed = HeaderValue::from_static(EXPOSED);
    headers.append(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
}

impl<S, B, ResBody> Service<Request<B>> for McpDiscoveryService<S>
where
    S: Service<Request<B>, Response = Response<ResBody>> + Clone,
    ResBody: From<String>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = McpDiscoveryFuture<S::Future, S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answer = self.answer(&RequestHead::of(&request));
        let response = EarlyAnswer::or_call(answer, &mut self.inner, request);
        McpDiscoveryFuture { response }
    }
}

pin_project! {
    /// Response future of [`McpDiscoveryService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct McpDiscoveryFuture<F, R> {
        #[pin]
        response: EarlyAnswer<F, R>,
    }
}

impl<F, B, E> Future for McpDiscoveryFuture<F, Response<B>>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(self.project().response.poll(cx));
        Poll::Ready(answer.map(|mut response| {
            allow_scripts(response.headers_mut());
            response
        }))
    }
}

shows! { impl[F, R] McpDiscoveryFuture[F, R] as self {} }
