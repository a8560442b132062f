//! Nothing is here.

use http::Response;

use super::{Denial, RefusalResponse, Respond};
use crate::derives::shows;
use crate::request_head::RequestHead;

/// Answers every refusal as if there were nothing here (RFC 9110 section 15.5.5): with what the application itself answers
/// where there is nothing.
///
/// Whoever is not admitted, is not permitted, sends what cannot be read, comes without TLS or too often, or comes while a
/// verifier is away, sees the same. There is no challenge, no `Cache-Control`, no `Retry-After` and no `Vary` but what the
/// application's own `404` has. Nobody is asked for credentials, so that clients have to send them unasked: curl does with
/// `--user`, a browser does not. What happened is in the [audit](crate::audit).
///
/// Give the same function to this and to the fallback of the router, and put whatever else touches responses (compression,
/// CORS, a trace) around both. In axum, that is `any_service(auth.layer(..))` beside a `fallback`: `route_layer` lets a
/// `405` out, a method router's own `layer` adds `Allow`, and `route_service` puts `Content-Length` elsewhere. A CORS layer
/// around the router answers preflights for every path alike.
///
/// A [`RequirePolicy`](crate::RequirePolicy) inside is concealed, too, as long as what is between it and the layer keeps the extensions of
/// responses: what makes a response anew shows the refusal. There, give the `RequirePolicy` the same renderer.
///
/// Whoever measures can still tell, since a wrong password costs a hash and a path that does not exist costs none. And a
/// scheme that verifies the body asks for it, with `100 Continue`, where nothing else would. Where that matters, put the
/// layer around the whole application, its fallback included, with `Router::new().fallback_service(auth.layer(app))`, and
/// say what is [public](crate::RequireAuth::public): then every path costs the same.
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
/// /// For the router's fallback, too.
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
/// let stranger = service.oneshot(Request::new(())).await?;
/// assert_eq!(stranger.status(), 404);
/// assert!(!stranger.headers().contains_key(WWW_AUTHENTICATE));
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[derive(Clone, Copy)]
pub struct NotFound<F>(F);

impl<F> NotFound<F> {
    /// With the response that `not_found` makes, a function of the [`RequestHead`].
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
