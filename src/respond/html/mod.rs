//! A page for people.

mod escape;
mod template;

pub use self::escape::escape_html;

use std::sync::Arc;

use http::header::{CONTENT_SECURITY_POLICY, HeaderValue};

use self::template::PageTemplate;
use super::accept::MediaType;
use super::text::typed;
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

/// No script, whatever is in the page.
const POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Responds with an HTML page: a plain one, one from a template, or one that a closure writes.
///
/// Nothing of the request is in it, unless a closure puts it there: see [`escape_html`]. It is served with `nosniff` and
/// a `Content-Security-Policy` under which no script runs.
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
/// assert!(HtmlPage::template("<title>{{titel}}</title>").is_err(), "there is no such name");
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
    /// A plain page.
    pub fn new() -> Self {
        Self::of(PageTemplate::literal(PAGE))
    }

    /// A page of one's own, in which `{{status}}` is the number of the status, `{{title}}` its name, and `{{detail}}` a
    /// sentence that does not say what was wrong. All are escaped.
    ///
    /// # Errors
    ///
    /// There is another name between double braces, or braces that do not close.
    pub fn template(text: &str) -> Result<Self, ConfigError> {
        Ok(Self::of(PageTemplate::parse(text)?))
    }

    /// A page that `page` writes. What it takes from the request, it has to [escape](escape_html).
    pub fn from_fn<F>(page: F) -> Self
    where
        F: Fn(&Denial, &RequestHead<'_>) -> String + Send + Sync + 'static,
    {
        Self {
            page: Arc::new(page),
            policy: HeaderValue::from_static(POLICY),
        }
    }

    /// Another `Content-Security-Policy` than the one under which there are styles, images and forms of this origin, and
    /// no scripts.
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

impl<B: From<String>> Respond<B> for HtmlPage {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        let mut shown = typed(&MediaType::HTML, (self.page)(denial, request));
        let headers = shown.response_mut().headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        shown
    }
}

shows! { impl[] HtmlPage[] as self { policy: self.policy } }
