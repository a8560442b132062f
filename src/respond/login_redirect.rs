//! Redirects people who are not logged in to a login page.

use http::header::{
    AUTHORIZATION, CACHE_CONTROL, HeaderName, HeaderValue, LOCATION, REFERER, VARY,
};
use http::{Method, Response, StatusCode, Uri};

use super::accept::{AcceptField, MediaType};
use super::return_to::{self, NAME, ReturnTo};
use super::{Denial, EmptyBody, RefusalKind, RefusalResponse, Respond};
use crate::config_error::ConfigError;
use crate::request_head::RequestHead;

/// Redirects a person who opens a page without being logged in to a login page of this server, with status `303`. All
/// other refusals go to another renderer.
///
/// # When it redirects
///
/// The renderer redirects only refusals with status `401`, and only if a person opens a page with a browser:
///
/// - The method is `GET` or `HEAD`.
/// - The Fetch metadata of the browser say that the request is a navigation to a document. If the request has no Fetch
///   metadata, its `Accept` field must name `text/html`, and must not prefer any other type to it. Besides, the field
///   must name `application/xhtml+xml`, as browsers do, or neither `*/*` nor another type as highly as `text/html`. For
///   example, the renderer redirects `text/html, */*;q=0.1`. It does not redirect a program in Java, which sends
///   `text/html, image/gif, image/jpeg, */*; q=0.2`, and it does not redirect pip
///   since version 22.2, which prefers JSON to HTML. Older versions of pip send `text/html` alone, as a text browser
///   may, and are redirected.
/// - The client accepts HTML.
/// - The request does not say `X-Requested-With: XMLHttpRequest`, as scripts do. Other values do not matter: Android's
///   WebView sends the name of its app.
/// - The request asks with `Upgrade` for no protocol but `h2c`, which is HTTP/2.
/// - The request has no `Authorization` field, and no scheme has [claimed](crate::scheme::Attempt::claim_for) other credentials
///   by name, as `ApiKey` does. The cookie of an old session does not count: that person gets to the login page.
///
/// For example, the renderer does not redirect the request of a script, an image, a form, a WebSocket or a gRPC client.
/// It passes these refusals to the other renderer, by default [`EmptyBody`].
///
/// # The redirect
///
/// The status is `303`, because the login page is a different resource (RFC 9110 section 15.4.4). `Location` is a
/// relative reference, so that an attacker cannot change its host with a forged `Host` field.
///
/// The parameter `return_to` of the login page contains the path and the query of the request. The login page reads the
/// parameter with [`ReturnTo`], which guarantees that it leads to this server. The renderer omits the parameter if
/// [`ReturnTo`] does not accept the target of the request, for example because it is longer than 2048 bytes. It also
/// omits the parameter if the query contains a token or the signature of a signed link, because such a secret must not
/// appear in another URL.
///
/// `Vary` names `Accept`, `Sec-Fetch-Dest` and `Sec-Fetch-Mode`, by which most clients differ. The redirect depends on
/// more fields, such as `Referer`, `Upgrade` and the credentials, but no cache may store it: it is `no-store`, as each
/// refusal is.
///
/// # No loops
///
/// The renderer does not redirect a request for the login page or for a path below it, a request that already has a
/// `return_to`, and a request that comes from the login page of this server by its `Referer`. The client gets the `401`
/// in these cases. If the browser sends `Sec-Fetch-Site`, this field says whether the page is of this server, and
/// otherwise the host in the `Referer` is compared with the host of the request.
///
/// A login page that sends a person back without showing a page must first make sure that the browser has stored its
/// cookie. Otherwise the person gets the `401`.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "basic")] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::convert::Infallible;
///
/// use http::header::{ACCEPT, AUTHORIZATION, LOCATION};
/// use http::{Request, Response};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
/// use tower_challenge::RequireAuth;
/// use tower_challenge::password::OneAccount;
/// use tower_challenge::respond::LoginRedirect;
/// use tower_challenge::scheme::Basic;
///
/// let basic = Basic::new("files", OneAccount::new("ada", "lovelace")?)?;
/// let service = ServiceBuilder::new()
///     .layer(RequireAuth::new(basic)?.respond_with(LoginRedirect::to("/login")?))
///     .service(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new("hello".to_owned()))));
/// let ada = Request::get("/").header(AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl").body(())?;
/// assert_eq!(service.clone().oneshot(ada).await?.body(), "hello");
///
/// let browser = Request::get("/notes?page=2").header("sec-fetch-mode", "navigate");
/// let browser = browser.header("sec-fetch-dest", "document").body(())?;
/// let redirect = service.clone().oneshot(browser).await?;
/// assert_eq!(redirect.status(), 303);
/// assert_eq!(redirect.headers()[LOCATION], "/login?return_to=%2Fnotes%3Fpage%3D2");
///
/// let script = Request::get("/notes").header(ACCEPT, "application/json").body(())?;
/// assert_eq!(service.oneshot(script).await?.status(), 401);
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct LoginRedirect<R = EmptyBody> {
    login: Box<str>,
    otherwise: R,
}

impl LoginRedirect {
    /// Makes a renderer that redirects to the login page at `path`, such as `/login`.
    ///
    /// # Errors
    ///
    /// Fails if `path` is not a path on this server that [`ReturnTo::parse`] accepts, or if it has a query. For
    /// example, it must begin with exactly one slash.
    pub fn to(path: &str) -> Result<Self, ConfigError> {
        let local = ReturnTo::parse(path).filter(|path| !path.as_str().contains('?'));
        let login = local.ok_or_else(|| {
            ConfigError::new(
                "the login page must be a path on this server without a query, such as `/login`",
            )
        })?;
        Ok(Self {
            login: login.as_str().into(),
            otherwise: EmptyBody,
        })
    }
}

impl<R> LoginRedirect<R> {
    /// Renders all refusals that this renderer does not redirect with `otherwise`.
    pub fn otherwise<Q>(self, otherwise: Q) -> LoginRedirect<Q> {
        LoginRedirect {
            login: self.login,
            otherwise,
        }
    }

    fn redirects(&self, denial: &Denial, request: &RequestHead<'_>) -> bool {
        denial.status() == StatusCode::UNAUTHORIZED
            && !request.headers().contains_key(AUTHORIZATION)
            && !denial.was_attempted()
            && goes_to_a_page(request)
            && !self.could_loop(request)
    }

    /// Returns whether a redirect could lead to a loop.
    fn could_loop(&self, request: &RequestHead<'_>) -> bool {
        let target = request.target();
        let referer = request.headers().get(REFERER);
        let referer = referer.and_then(|referer| Uri::try_from(referer.as_bytes()).ok());
        let is_from_login =
            |from: Uri| self.is_login(from.path()) && request.is_page_of_this_server(&from);
        self.is_login(target.path())
            || return_to::is_in_query(target)
            || referer.is_some_and(is_from_login)
    }

    /// Returns whether `path` is the path of the login page or below it.
    fn is_login(&self, path: &str) -> bool {
        let login = self.login.strip_suffix('/').unwrap_or_default();
        let login = if login.is_empty() {
            &*self.login
        } else {
            login
        };
        let below = path.strip_prefix(login);
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn location(&self, target: &Uri) -> Option<HeaderValue> {
        let way_back = ReturnTo::of_target(target);
        let query = way_back.map(|way_back| format!("?{NAME}={}", way_back.encoded()));
        let location = format!("{}{}", self.login, query.unwrap_or_default());
        HeaderValue::try_from(location).ok()
    }
}

impl<R: Respond<B>, B: Default> Respond<B> for LoginRedirect<R> {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        let redirects = self.redirects(denial, request);
        let location = redirects.then(|| self.location(request.target()));
        let mut rendered = match location.flatten() {
            Some(location) => RefusalResponse::instead(redirect(location)),
            None => self.otherwise.respond(denial, request),
        };
        // These are the fields by which most clients differ. Both responses are `no-store`, so the list need not be
        // complete.
        if denial.kind() == RefusalKind::Unauthenticated {
            let looked_at = HeaderValue::from_static("accept, sec-fetch-dest, sec-fetch-mode");
            rendered
                .response_mut()
                .headers_mut()
                .append(VARY, looked_at);
        }
        rendered
    }
}

fn redirect<B: Default>(location: HeaderValue) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let fields: [(HeaderName, HeaderValue); 2] = [
        (LOCATION, location),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    response.headers_mut().extend(fields);
    response
}

fn goes_to_a_page(request: &RequestHead<'_>) -> bool {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let page = request.is_navigation().map_or_else(
        || prefers_a_page(request),
        |is_navigation| is_navigation && accepts_a_page(request),
    );
    is_read && page && !request.is_from_script() && !request.leaves_http()
}

/// Returns whether the client says by `Accept` that it is a browser which opens a page.
fn prefers_a_page(request: &RequestHead<'_>) -> bool {
    let accept = AcceptField::of(request.headers());
    accept.is_some_and(|accept| accept.is_of_a_browser())
}

/// Returns whether the client accepts HTML.
fn accepts_a_page(request: &RequestHead<'_>) -> bool {
    let accept = AcceptField::of(request.headers());
    accept.is_none_or(|accept| accept.preference(&MediaType::HTML).weight > 0)
}
