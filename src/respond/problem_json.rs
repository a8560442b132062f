//! Renders refusals as problem details for programs (RFC 9457).

use super::accept::MediaType;
use super::text::text_response;
use super::{Denial, RefusalResponse, Respond};
use crate::request_head::RequestHead;

/// Responds with problem details of the type `application/problem+json`
/// ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).
///
/// The body has the members `type`, `title`, `status` and `detail`. The type is `about:blank`, so that the title is the
/// name of the status (section 4.2.1). A program finds all that it needs to authenticate in the challenges. The body
/// never says why the layer refused the request.
///
/// An application with its own problem types uses a closure instead of this renderer.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "basic")] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::convert::Infallible;
///
/// use http::{Request, Response, header::AUTHORIZATION};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
/// use tower_challenge::RequireAuth;
/// use tower_challenge::password::OneAccount;
/// use tower_challenge::respond::ProblemJson;
/// use tower_challenge::scheme::Basic;
///
/// let basic = Basic::new("files", OneAccount::new("ada", "lovelace")?)?;
/// let service = ServiceBuilder::new()
///     .layer(RequireAuth::new(basic)?.respond_with(ProblemJson))
///     .service(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new("hello".to_owned()))));
/// let ada = Request::get("/").header(AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl").body(())?;
/// assert_eq!(service.clone().oneshot(ada).await?.body(), "hello");
/// let refused = service.oneshot(Request::new(())).await?;
/// assert!(refused.body().starts_with(r#"{"type":"about:blank","title":"Unauthorized","status":401,"#));
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ProblemJson;

#[diagnostic::do_not_recommend]
impl<B: From<String>> Respond<B> for ProblemJson {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        let (title, detail) = (denial.title(), denial.kind().detail());
        let status = denial.status().as_u16();
        // Neither text needs escaping, because both come from fixed sets. A test parses all combinations.
        let text = format!(
            r#"{{"type":"about:blank","title":"{title}","status":{status},"detail":"{detail}"}}"#
        );
        text_response(request, &MediaType::PROBLEM, text)
    }
}
