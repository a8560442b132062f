//! The way to a login page.

use http::header::{
    AUTHORIZATION, CACHE_CONTROL, HeaderName, HeaderValue, LOCATION, REFERER, UPGRADE, VARY,
};
use http::{Method, Response, StatusCode, Uri};

use super::accept::{AcceptField, MediaType};
use super::return_to::{self, NAME, ReturnTo};
use super::{Denial, EmptyBody, RefusalKind, RefusalResponse, Respond};
use crate::config_error::ConfigError;
use crate::request_head::RequestHead;

/// Sends a person who goes to a page, and has to log in first, to a login page of this server: `303`. All else is refused
/// as ever.
///
/// A person goes to a page if the request is a `GET` or a `HEAD`, and a browser says that this is a navigation (Fetch
/// metadata); or, where no browser says anything, if `text/html` is named in `AcceptField` and nothing else is wanted more. What
/// a script fetches, an image, a form that is sent, a WebSocket or a gRPC call is answered with `401`. So is whoever brings
/// credentials in the field for these, and every refusal that no login would change.
///
/// The redirect is `303`, because the login page is another resource (RFC 9110 section 15.4.4), and relative, so that no
/// `Host` can bend it. The path and the query of the request come along in `return_to`; [`ReturnTo`] reads it again, and is
/// how the login page finds out that the way back leads nowhere else. A target longer than 2048 octets, or with a token in
/// its query or a signature that makes it a link for whoever has it, does not come along.
///
/// There are no loops: the login page itself and what is below it, a request that has a `return_to` already, and one that
/// comes from the login page (by its `Referer`) are refused with `401`. A login page that sends people back without showing
/// anything has to make sure that its cookie has arrived.
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
    /// To the page at `path`.
    ///
    /// # Errors
    ///
    /// It is not the path of a page here: it begins with one slash, and has no query.
    pub fn to(path: &str) -> Result<Self, ConfigError> {
        let local = ReturnTo::parse(path).filter(|it| !it.as_str().contains('?'));
        let login = local.ok_or_else(|| {
            ConfigError::new("the login page needs a path on this server, such as `/login`")
        })?;
        Ok(Self {
            login: login.as_str().into(),
            otherwise: EmptyBody,
        })
    }
}

impl<R> LoginRedirect<R> {
    /// Renders everything else with `otherwise`.
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
            && !self.has_been_there(request)
    }

    /// Whether this would lead in a circle.
    fn has_been_there(&self, request: &RequestHead<'_>) -> bool {
        let target = request.target();
        let referer = request.headers().get(REFERER);
        let referer = referer.and_then(|it| Uri::try_from(it.as_bytes()).ok());
        self.is_login(target.path())
            || return_to::is_in_query(target)
            || referer.is_some_and(|from| self.is_login(from.path()))
    }

    /// Whether `path` is that of the login page, or below it.
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
        let query = way_back.map(|it| format!("?{NAME}={}", it.encoded()));
        let location = format!("{}{}", self.login, query.unwrap_or_default());
        HeaderValue::try_from(location).ok()
    }
}

impl<R: Respond<B>, B: Default> Respond<B> for LoginRedirect<R> {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        let redirects = self.redirects(denial, request);
        let location = redirects.then(|| self.location(request.target()));
        let mut shown = match location.flatten() {
            Some(location) => RefusalResponse::instead(redirect(location)),
            None => self.otherwise.respond(denial, request),
        };
        if denial.kind() == RefusalKind::Unauthenticated {
            let looked_at = HeaderValue::from_static("accept, sec-fetch-dest, sec-fetch-mode");
            shown.response_mut().headers_mut().append(VARY, looked_at);
        }
        shown
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
    let asks = matches!(*request.method(), Method::GET | Method::HEAD);
    let headers = request.headers();
    let page = request
        .is_navigation()
        .map_or_else(|| wants_a_page(request), |it| it && takes_a_page(request));
    asks && page && !request.is_from_script() && !headers.contains_key(UPGRADE)
}

/// Whether nothing is wanted more than a page. A wildcard is not enough: that is what scripts send.
fn wants_a_page(request: &RequestHead<'_>) -> bool {
    let Some(accept) = AcceptField::of(request.headers()) else {
        return false;
    };
    let page = accept.wish(&MediaType::HTML);
    let others = [MediaType::JSON, MediaType::PROBLEM, MediaType::PLAIN];
    let mut others = others.iter().map(|it| accept.wish(it).weight);
    page.is_exact() && page.weight > 0 && others.all(|weight| weight <= page.weight)
}

/// Whether a page will do.
fn takes_a_page(request: &RequestHead<'_>) -> bool {
    let accept = AcceptField::of(request.headers());
    accept.is_none_or(|accept| accept.wish(&MediaType::HTML).weight > 0)
}
