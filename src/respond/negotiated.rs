//! Renders refusals with the body that the client prefers.

use http::header::{ACCEPT, VARY};

use super::accept::{AcceptField, MediaType};
use super::{Denial, HtmlPage, PlainText, ProblemJson, RefusalResponse, Respond};
use crate::request_head::RequestHead;

/// Responds with problem details, an HTML page or a line of text, as the client's `Accept` field prefers
/// (RFC 9110 section 12.5.1).
///
/// - A client that prefers JSON gets problem details, as [`ProblemJson`] makes them. JSON is `application/json` and
///   each type whose name ends with `+json`, with any parameters. For example, `application/json; charset=utf-8`,
///   `application/vnd.api+json` and `application/problem+json` are JSON. If the client names
///   `application/problem+json`, its weight decides.
/// - A client that prefers `text/html` gets a page, as [`HtmlPage`] makes it.
/// - Any other client gets a line of text, as [`PlainText`] makes it. For example, this applies to a client without an
///   `Accept` field, with `*/*`, or with only `image/png`. Such a client gets the refusal in a form that it did not ask
///   for, instead of a `406` that hides the refusal.
///
/// If a client names several types with the same weight, problem details win over a page, and a page wins over text.
/// The response has `Vary: Accept`.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "basic")] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::convert::Infallible;
///
/// use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
/// use http::{Request, Response};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
/// use tower_challenge::RequireAuth;
/// use tower_challenge::password::OneAccount;
/// use tower_challenge::respond::NegotiatedBody;
/// use tower_challenge::scheme::Basic;
///
/// let basic = Basic::new("files", OneAccount::new("ada", "lovelace")?)?;
/// let service = ServiceBuilder::new()
///     .layer(RequireAuth::new(basic)?.respond_with(NegotiatedBody::new()))
///     .service(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new("hello".to_owned()))));
/// let ada = Request::get("/").header(AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl").body(())?;
/// assert_eq!(service.clone().oneshot(ada).await?.body(), "hello");
///
/// let browser = Request::get("/").header(ACCEPT, "text/html,application/xml;q=0.9,*/*;q=0.8").body(())?;
/// let refused = service.clone().oneshot(browser).await?;
/// assert_eq!(refused.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
/// let refused = service.oneshot(Request::get("/").header(ACCEPT, "*/*").body(())?).await?;
/// assert_eq!(refused.headers()[CONTENT_TYPE], "text/plain; charset=utf-8");
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct NegotiatedBody {
    page: HtmlPage,
}

#[derive(Clone, Copy)]
enum BodyForm {
    Problem,
    Page,
    Text,
}

impl NegotiatedBody {
    /// Makes a renderer with the plain page of [`HtmlPage::new`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the page for clients that prefer HTML.
    pub fn page(mut self, page: HtmlPage) -> Self {
        self.page = page;
        self
    }
}

#[diagnostic::do_not_recommend]
impl<B: From<String>> Respond<B> for NegotiatedBody {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        let mut rendered = match form(request) {
            BodyForm::Problem => ProblemJson.respond(denial, request),
            BodyForm::Page => self.page.respond(denial, request),
            BodyForm::Text => PlainText.respond(denial, request),
        };
        let headers = rendered.response_mut().headers_mut();
        headers.append(VARY, ACCEPT.into());
        rendered
    }
}

fn form(request: &RequestHead<'_>) -> BodyForm {
    let Some(accept) = AcceptField::of(request.headers()) else {
        return BodyForm::Text;
    };
    let text = accept.preference(&MediaType::PLAIN);
    // `max_by_key` returns the last of equal preferences, so that the form with the most information wins.
    let preferences = [
        (BodyForm::Text, text),
        (BodyForm::Page, accept.preference(&MediaType::HTML)),
        (BodyForm::Problem, accept.preference_for_json()),
    ];
    let best = preferences
        .into_iter()
        .max_by_key(|(_, preference)| *preference);
    let (form, preference) = best.unwrap_or((BodyForm::Text, text));
    // A client that has no preference or accepts none of these types gets text, which all clients can read.
    if preference.weight == 0 || preference.weight == text.weight && !preference.is_exact() {
        return BodyForm::Text;
    }
    form
}
