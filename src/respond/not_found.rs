//! Renders refusals as the application's own `404`, to conceal that a resource exists.

use http::Response;

use super::{Denial, RefusalResponse, Respond};
use crate::derives::shows;
use crate::request_head::RequestHead;

/// Responds to every refusal with the same `404` that the application sends for unknown paths, so that a client cannot
/// find out that the resource exists (RFC 9110 section 15.5.5).
///
/// The response is the same for every kind of refusal. For example, a client gets it if it sends no credentials, wrong
/// credentials or malformed credentials, if a policy refuses its user, if it does not use TLS, if the throttle refuses
/// its attempt, or if a verifier is unavailable. The layer stamps nothing on the response: it has no challenge, and it
/// has `Cache-Control`, `Retry-After` and `Vary` only if the application's own `404` has them.
///
/// Since there is no challenge, a client has to send credentials in its first request. curl does that with `--user`. A
/// browser does not. The [audit](crate::audit) still receives the reason of each refusal.
///
/// # How to use it
///
/// Pass the same function to this renderer and to the fallback of the router. Add all other layers that change
/// responses, such as compression, CORS or tracing, around both.
///
/// In axum, use `any_service(auth.layer(..))` together with `fallback`. Other ways make a difference that a client can
/// see: `route_layer` sends a `405` for other methods, the `layer` of a method router adds `Allow`, and `route_service`
/// writes `Content-Length` in another place. A CORS layer around the router answers preflights in the same way for
/// every path.
///
/// The renderer also conceals the refusals of a [`RequirePolicy`](crate::RequirePolicy) inside the layer. This works
/// only if each layer between the two keeps the extensions of the response. A layer that makes a new response reveals
/// the refusal. In that case, give the same renderer to the `RequirePolicy`, too.
///
/// # Limits
///
/// A client that measures time can still find out that a path exists, because a wrong password costs a hash and an
/// unknown path costs none. Also, a scheme that verifies the body makes the server send `100 Continue`, which the
/// server does not do for an unknown path. If that matters, put the layer around the whole application with its
/// fallback, with `Router::new().fallback_service(auth.layer(app))`, and list the
/// [public](crate::RequireAuth::public) paths. Then a request for any other path costs the same.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "basic")] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::convert::Infallible;
///
/// use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
/// use http::{Request, Response};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
/// use tower_challenge::password::OneAccount;
/// use tower_challenge::respond::NotFound;
/// use tower_challenge::scheme::Basic;
/// use tower_challenge::{RequestHead, RequireAuth};
///
/// /// The fallback of the router calls this function, too.
/// fn not_found() -> Response<String> {
///     let mut response = Response::new("nothing here".to_owned());
///     *response.status_mut() = http::StatusCode::NOT_FOUND;
///     response
/// }
///
/// let basic = Basic::new("files", OneAccount::new("ada", "lovelace")?)?;
/// let service = ServiceBuilder::new()
///     .layer(RequireAuth::new(basic)?.respond_with(NotFound::new(|_: &RequestHead<'_>| not_found())))
///     .service(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new("hello".to_owned()))));
/// let ada = Request::get("/").header(AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl").body(())?;
/// assert_eq!(service.clone().oneshot(ada).await?.body(), "hello");
///
/// let refused = service.oneshot(Request::new(())).await?;
/// assert_eq!(refused.status(), 404);
/// assert!(!refused.headers().contains_key(WWW_AUTHENTICATE));
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[derive(Clone, Copy)]
pub struct NotFound<F>(F);

impl<F> NotFound<F> {
    /// Makes a renderer that responds with the result of `not_found`, a function of the [`RequestHead`].
    #[must_use]
    pub const fn new(not_found: F) -> Self {
        Self(not_found)
    }
}

impl<F, B> Respond<B> for NotFound<F>
where
    F: Fn(&RequestHead<'_>) -> Response<B>,
{
    fn respond(&self, _: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        RefusalResponse::instead((self.0)(request))
    }
}

shows! { impl[F] NotFound[F] as self {} }
