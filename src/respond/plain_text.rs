//! Renders refusals as a line of plain text.

use super::accept::MediaType;
use super::text::text_response;
use super::{Denial, RefusalResponse, Respond};
use crate::request_head::RequestHead;

/// Responds with one line of plain text: the status and a sentence for the user. The sentence does not say why the
/// layer refused the request.
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
/// use tower_challenge::respond::PlainText;
/// use tower_challenge::scheme::Basic;
///
/// let basic = Basic::new("files", OneAccount::new("ada", "lovelace")?)?;
/// let service = ServiceBuilder::new()
///     .layer(RequireAuth::new(basic)?.respond_with(PlainText))
///     .service(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new("hello".to_owned()))));
/// let ada = Request::get("/").header(AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl").body(())?;
/// assert_eq!(service.clone().oneshot(ada).await?.body(), "hello");
/// let refused = service.oneshot(Request::new(())).await?;
/// assert_eq!(refused.body(), "401 Unauthorized: Valid credentials are required.\n");
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainText;

#[diagnostic::do_not_recommend]
impl<B: From<String>> Respond<B> for PlainText {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        let (status, detail) = (denial.status(), denial.kind().detail());
        let text = format!("{} {}: {detail}\n", status.as_u16(), denial.title());
        text_response(request, &MediaType::PLAIN, text)
    }
}
