//! Whichever body the client would rather have.

use http::header::{ACCEPT, VARY};

use super::accept::{AcceptField, MediaPreference, MediaType};
use super::{Denial, HtmlPage, PlainText, ProblemJson, RefusalResponse, Respond};
use crate::request_head::RequestHead;

/// Responds with problem details, a page, or a line of text, as the client's `AcceptField` has it (RFC 9110 section 12.5.1).
///
/// Who wants JSON of any kind gets problem details. Who does not say, says `*/*` or wants nothing of these gets text: a
/// refusal that was not asked for in this form is better than a `406`. The response says `Vary: AcceptField`.
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
    WritePage,
    Text,
}

impl NegotiatedBody {
    /// With the ordinary page.
    pub fn new() -> Self {
        Self::default()
    }

    /// With another page.
    pub fn page(mut self, page: HtmlPage) -> Self {
        self.page = page;
        self
    }
}

impl<B: From<String>> Respond<B> for NegotiatedBody {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        let mut shown = match form(request) {
            BodyForm::Problem => ProblemJson.respond(denial, request),
            BodyForm::WritePage => self.page.respond(denial, request),
            BodyForm::Text => PlainText.respond(denial, request),
        };
        let headers = shown.response_mut().headers_mut();
        headers.append(VARY, ACCEPT.into());
        shown
    }
}

fn form(request: &RequestHead<'_>) -> BodyForm {
    let Some(accept) = AcceptField::of(request.headers()) else {
        return BodyForm::Text;
    };
    let text = accept.wish(&MediaType::PLAIN);
    // Who names several alike gets the last of them, which has the most in it ..
    let wishes = [
        (BodyForm::Text, text),
        (BodyForm::WritePage, accept.wish(&MediaType::HTML)),
        (BodyForm::Problem, problem(accept)),
    ];
    let best = wishes.into_iter().max_by_key(|(_, wish)| *wish);
    let (form, wish) = best.unwrap_or((BodyForm::Text, text));
    // .. and who does not care, or wants none of these, what everybody can read.
    if wish.weight == 0 || wish.weight == text.weight && !wish.is_exact() {
        return BodyForm::Text;
    }
    form
}

/// RFC 9457 section 3: problem details are JSON, and clients that read JSON ask for it by that name.
fn problem(accept: AcceptField<'_>) -> MediaPreference {
    let named = accept.wish(&MediaType::PROBLEM);
    if named.is_exact() {
        return named;
    }
    named.max(accept.wish(&MediaType::JSON))
}
