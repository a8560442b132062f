//! Renders refusals as an HTML page.

mod escape;
mod template;

pub use self::escape::escape_html;

use std::sync::Arc;

use http::header::{CONTENT_SECURITY_POLICY, HeaderValue};

use self::template::PageTemplate;
use super::accept::MediaType;
use super::text::text_response;
use super::{Denial, RefusalResponse, Respond};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::request_head::RequestHead;

const PAGE: &str = "<!DOCTYPE html>
<html lang=\"en\">
<head><meta charset=\"utf-8\"><title>{{status}} {{title}}</title></head>
<body><h1>{{status}} {{title}}</h1><p>{{detail}}</p></body>
</html>
";

/// The default `Content-Security-Policy`. Browsers run no script of the page, even if the page contains one.
const POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Responds with an HTML page.
///
/// [`new`](Self::new) has a plain page, [`template`](Self::template) fills a template of the application, and
/// [`from_fn`](Self::from_fn) calls a closure that writes the page.
///
/// The page contains no part of the request, unless a closure inserts one. Such a closure must escape the text with
/// [`escape_html`]. The response has `X-Content-Type-Options: nosniff` and a `Content-Security-Policy` under which
/// browsers run no script.
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
/// use tower_challenge::respond::HtmlPage;
/// use tower_challenge::scheme::Basic;
///
/// let page = HtmlPage::template("<!DOCTYPE html><title>{{title}}</title><h1>Oh dear</h1><p>{{detail}}</p>")?;
/// let basic = Basic::new("files", OneAccount::new("ada", "lovelace")?)?;
/// let service = ServiceBuilder::new()
///     .layer(RequireAuth::new(basic)?.respond_with(page))
///     .service(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new("hello".to_owned()))));
/// let ada = Request::get("/").header(AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl").body(())?;
/// assert_eq!(service.clone().oneshot(ada).await?.body(), "hello");
/// let refused = service.oneshot(Request::new(())).await?;
/// assert!(refused.body().starts_with("<!DOCTYPE html><title>Unauthorized</title><h1>Oh dear</h1>"));
///
/// assert!(HtmlPage::template("<title>{{titel}}</title>").is_err(), "a template has no placeholder `titel`");
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[derive(Clone)]
#[must_use]
pub struct HtmlPage {
    page: Arc<WritePage>,
    policy: HeaderValue,
}

type WritePage = dyn Fn(&Denial, &RequestHead<'_>) -> String + Send + Sync;

impl HtmlPage {
    /// Makes a renderer with a plain page in English. It shows the status and one sentence.
    pub fn new() -> Self {
        Self::of(PageTemplate::literal(PAGE))
    }

    /// Makes a renderer with a page of the application. The renderer replaces three placeholders and escapes their
    /// texts:
    ///
    /// - `{{status}}` is the number of the status, such as `401`.
    /// - `{{title}}` is the name of the status, such as `Unauthorized`.
    /// - `{{detail}}` is a sentence for the user. It does not say why the layer refused the request.
    ///
    /// # Errors
    ///
    /// Fails if there is any other name between double braces, or `{{` without `}}`.
    pub fn template(text: &str) -> Result<Self, ConfigError> {
        Ok(Self::of(PageTemplate::parse(text)?))
    }

    /// Makes a renderer whose page the closure `page` writes.
    ///
    /// The closure must [escape](escape_html) all text that it takes from the request.
    pub fn from_fn<F>(page: F) -> Self
    where
        F: Fn(&Denial, &RequestHead<'_>) -> String + Send + Sync + 'static,
    {
        Self {
            page: Arc::new(page),
            policy: HeaderValue::from_static(POLICY),
        }
    }

    /// Replaces the `Content-Security-Policy` of the page.
    ///
    /// The default policy allows inline styles, and styles, images and forms of this origin. It allows no scripts.
    pub fn content_security_policy(mut self, policy: HeaderValue) -> Self {
        self.policy = policy;
        self
    }

    fn of(template: PageTemplate) -> Self {
        Self::from_fn(move |denial, _| template.fill(denial))
    }
}

impl Default for HtmlPage {
    fn default() -> Self {
        Self::new()
    }
}

#[diagnostic::do_not_recommend]
impl<B: From<String>> Respond<B> for HtmlPage {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        let mut rendered = text_response(request, &MediaType::HTML, (self.page)(denial, request));
        let headers = rendered.response_mut().headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        rendered
    }
}

shows! { impl[] HtmlPage[] as self { policy: self.policy } }
