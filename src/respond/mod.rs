//! What a client is shown when it is turned away.
//!
//! | renderer | what it shows |
//! |---|---|
//! | [`EmptyBody`] | the status and the challenges: the default |
//! | [`PlainText`], [`ProblemJson`], [`HtmlPage`] | and a body |
//! | [`NegotiatedBody`] | whichever of these three the client would rather have |
//! | [`LoginRedirect`] | the way to a login page, to a person who goes somewhere with a browser |
//! | [`AwsErrors`] | `403` and a code, as AWS has it, in XML or JSON |
//! | [`GrpcErrors`] | a gRPC status, to a client that speaks gRPC |
//! | [`NotFound`] | the application's own `404` |
//! | a closure | what it returns |
//!
//! They nest: `GrpcErrors::new().otherwise(LoginRedirect::to("/login")?.otherwise(NegotiatedBody::new()))`.
//!
//! [`Respond`] is the contract. The layer stamps the status, the challenges, `Cache-Control: no-store` and `Retry-After`
//! on what a renderer returns, so that it cannot forget them; [`RefusalResponse`] is for those that mean to leave them out.
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
//! A renderer makes a body of the type that the inner service answers with: `EmptyBody` needs one that is `Default`, those
//! that write text need one that is `From<String>`. `axum::body::Body`, `http_body_util::Full<Bytes>` and `String` are
//! both. For any other, a closure turns one body into the other:
//!
//! ```
//! use http_body_util::{BodyExt, Full, combinators::BoxBody};
//! use bytes::Bytes;
//! use tower_challenge::RequestHead;
//! use tower_challenge::respond::{Denial, PlainText, Respond, RefusalResponse};
//!
//! fn boxed(denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<BoxBody<Bytes, std::convert::Infallible>> {
//!     let shown: RefusalResponse<Full<Bytes>> = PlainText.respond(denial, request);
//!     shown.map(BodyExt::boxed)
//! }
//! ```
//!
//! A response to `HEAD` is rendered as one to `GET` is. The server leaves the body out and keeps its `Content-Length`
//! (RFC 9110 section 9.3.2): hyper does, and so does axum.

mod denial;
mod empty_body;
mod refusal_response;

mod accept;
mod aws_advice;
mod aws_errors;
mod grpc;
mod html;
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
pub(crate) use self::denial::{append, expose};
pub use self::empty_body::EmptyBody;
pub use self::grpc::GrpcErrors;
pub use self::html::{HtmlPage, escape_html};
pub use self::login_redirect::LoginRedirect;
pub use self::negotiated::NegotiatedBody;
pub use self::not_found::NotFound;
pub use self::plain_text::PlainText;
pub use self::problem_json::ProblemJson;
pub use self::refusal_response::RefusalResponse;
pub use self::return_to::ReturnTo;
pub use crate::reason::RefusalKind;

use std::sync::Arc;

use crate::request_head::RequestHead;

/// Renders a [`Denial`]. The layer stamps the status and the challenges afterwards; a renderer cannot forget them.
///
/// A closure from `(&Denial, &RequestHead)` to a [`Response`](http::Response), or to a [`RefusalResponse`], is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot render a refusal as a response with a body of type `{B}`",
    note = "`EmptyBody` can if `{B}` is `Default`, and renderers of text can if it is `From<String>`",
    note = "otherwise pass a closure to `RequireAuth::respond_with`, which may use `RefusalResponse::map`"
)]
pub trait Respond<B> {
    /// Renders `denial`.
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B>;
}

impl<F, T, B> Respond<B> for F
where
    F: Fn(&Denial, &RequestHead<'_>) -> T,
    T: Into<RefusalResponse<B>>,
{
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        self(denial, request).into()
    }
}

/// One that several share, and that may be any: `Arc<dyn Respond<B> + Send + Sync>`.
impl<B, R: Respond<B> + ?Sized> Respond<B> for Arc<R> {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        (**self).respond(denial, request)
    }
}
