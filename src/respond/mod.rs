//! Renderers, which make the response that the layer sends in place of the inner service's when it refuses a request.
//!
//! | renderer | response |
//! |---|---|
//! | [`EmptyBody`] | the status and the challenges, without a body; the default |
//! | [`PlainText`], [`ProblemJson`], [`HtmlPage`] | the status, the challenges and a body |
//! | [`NegotiatedBody`] | one of these three bodies, as the client's `Accept` field prefers |
//! | [`LoginRedirect`] | a redirect to a login page, if a person opens a page in a browser |
//! | [`AwsErrors`] | status `403` and an error code of AWS, in XML or JSON |
//! | [`GrpcErrors`] | a gRPC status, if the client speaks gRPC |
//! | [`NotFound`] | the same `404` that the application sends for unknown paths |
//! | a closure | the response that the closure returns |
//!
//! Renderers that handle only some requests take another renderer for the rest. For example,
//! `GrpcErrors::new().otherwise(LoginRedirect::to("/login")?.otherwise(NegotiatedBody::new()))` answers gRPC clients
//! with a gRPC status, redirects browsers to the login page, and sends all other clients a negotiated body.
//!
//! Every renderer implements [`Respond`]. After a renderer returns, the layer stamps the status, the challenges,
//! `Cache-Control: no-store` and `Retry-After` on the response, so that a renderer cannot forget them. A renderer that
//! deliberately omits some of them returns a [`RefusalResponse`].
//!
//! # Example
//!
//! ```
//! # #[cfg(feature = "basic")] {
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::convert::Infallible;
//!
//! use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
//! use http::{Request, Response};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_challenge::RequireAuth;
//! use tower_challenge::password::OneAccount;
//! use tower_challenge::respond::NegotiatedBody;
//! use tower_challenge::scheme::Basic;
//!
//! let basic = Basic::new("files", OneAccount::new("ada", "lovelace")?)?;
//! let service = ServiceBuilder::new()
//!     .layer(RequireAuth::new(basic)?.respond_with(NegotiatedBody::new()))
//!     .service(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new("hello".to_owned()))));
//!
//! let ada = Request::get("/").header(AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl").body(())?;
//! assert_eq!(service.clone().oneshot(ada).await?.body(), "hello");
//!
//! let refused = service.oneshot(Request::get("/").header(ACCEPT, "application/json").body(())?).await?;
//! assert_eq!(refused.headers()[CONTENT_TYPE], "application/problem+json");
//! assert_eq!(refused.status(), 401, "the layer stamps the status,");
//! assert!(refused.headers().contains_key(WWW_AUTHENTICATE), "and the challenges");
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
//! ```
//!
//! # Bodies
//!
//! A renderer makes a body of the same type as the bodies of the inner service. `EmptyBody` requires a type that
//! implements `Default`. The renderers that write text require a type that implements `From<String>`.
//! `axum::body::Body`, `http_body_util::Full<Bytes>` and `String` implement both. For any other body type, pass a
//! closure that converts the body:
//!
//! ```
//! use http_body_util::{BodyExt, Full, combinators::BoxBody};
//! use bytes::Bytes;
//! use tower_challenge::RequestHead;
//! use tower_challenge::respond::{Denial, PlainText, Respond, RefusalResponse};
//!
//! fn boxed(denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<BoxBody<Bytes, std::convert::Infallible>> {
//!     let rendered: RefusalResponse<Full<Bytes>> = PlainText.respond(denial, request);
//!     rendered.map(BodyExt::boxed)
//! }
//! ```
//!
//! The renderers of this crate answer `HEAD` with the fields of the response to `GET`, its `Content-Length` among them, and
//! without a body (RFC 9110 section 9.3.2). A closure, and the function of [`NotFound`], must leave the body out by
//! themselves, unless the server does so. axum does in the routes of a router. hyper does over HTTP/1.1, but over HTTP/2
//! it sends the body, and the client reports a protocol error.

mod denial;
mod empty_body;
mod exposed;
mod refusal_challenges;
mod refusal_response;

mod accept;
mod aws_error;
mod aws_errors;
mod aws_signature_error;
mod aws_version_2;
mod grpc;
mod html;
mod login_hints;
mod login_redirect;
mod negotiated;
mod not_found;
mod plain_text;
mod problem_json;
mod return_to;
mod text;

#[cfg(test)]
mod tests;

pub use self::aws_errors::AwsErrors;
pub use self::denial::Denial;
pub(crate) use self::denial::complete;
pub use self::empty_body::EmptyBody;
pub(crate) use self::exposed::{expose, expose_field};
pub use self::grpc::GrpcErrors;
pub use self::html::{HtmlPage, escape_html};
pub(crate) use self::login_hints::{HintedResponse, LoginHints};
pub use self::login_redirect::LoginRedirect;
pub use self::negotiated::NegotiatedBody;
pub use self::not_found::NotFound;
pub use self::plain_text::PlainText;
pub use self::problem_json::ProblemJson;
pub(crate) use self::refusal_challenges::{
    FixedChallenges, OrdinaryChallenges, RefusalChallenges, append,
};
pub use self::refusal_response::RefusalResponse;
pub use self::return_to::ReturnTo;
pub use crate::reason::RefusalKind;

use std::sync::Arc;

use crate::request_head::RequestHead;

/// Renders a refusal: makes the response that the layer sends when it refuses a request.
///
/// The layer calls the renderer and then stamps the status and the challenges on the response, so that a renderer
/// cannot forget them.
///
/// A closure that takes `(&Denial, &RequestHead)` and returns a [`Response`](http::Response) or a [`RefusalResponse`]
/// implements this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot render a refusal as a response with a body of type `{B}`",
    note = "`EmptyBody`, the default, can if `{B}` is `Default`, and renderers of text can if it is `From<String>`",
    note = "otherwise pass a closure to `respond_with`: `|denial: &Denial, request: &RequestHead<'_>| Response::new(body)`, with a body of type `{B}`"
)]
pub trait Respond<B> {
    /// Makes the response for `denial`, which is the refusal of `request`.
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B>;
}

#[diagnostic::do_not_recommend]
impl<F, T, B> Respond<B> for F
where
    F: Fn(&Denial, &RequestHead<'_>) -> T,
    T: Into<RefusalResponse<B>>,
{
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        self(denial, request).into()
    }
}

/// With `Arc<dyn Respond<B> + Send + Sync>` several layers can share a renderer, and an application can choose it at
/// run time.
impl<B, R: Respond<B> + ?Sized> Respond<B> for Arc<R> {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        (**self).respond(denial, request)
    }
}
