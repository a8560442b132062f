//! What a client is shown when it is turned away.
//!
//! ```
//! # #[cfg(feature = "basic")] {
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use http::{Request, Response, header::WWW_AUTHENTICATE};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_challenge::password::OneAccount;
//! use tower_challenge::respond::Denial;
//! use tower_challenge::scheme::Basic;
//! use tower_challenge::{RequestHead, RequireAuth};
//!
//! let in_words = |denial: &Denial, _: &RequestHead<'_>| Response::new(format!("no: {}", denial.status()));
//! let basic = Basic::new("files", OneAccount::new("ada", "lovelace")?)?;
//! let service = ServiceBuilder::new()
//!     .layer(RequireAuth::new(basic)?.respond_with(in_words))
//!     .service(service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::new(String::new()))));
//!
//! let refused = service.oneshot(Request::new(())).await?;
//! assert_eq!(refused.body(), "no: 401 Unauthorized");
//! assert_eq!(refused.status(), 401, "the layer stamps the status,");
//! assert!(refused.headers().contains_key(WWW_AUTHENTICATE), "and the challenges");
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
//! ```

use std::sync::Arc;
use std::time::Duration;

use http::header::{CACHE_CONTROL, CONNECTION, HeaderName, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, Response, StatusCode};

use crate::header::Challenge;
use crate::request_head::RequestHead;

/// Why a request does not reach the inner service, as far as a client may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Nobody was authenticated: `401`, or `407` from a proxy.
    Unauthenticated,
    /// The credentials cannot be read: `400`.
    Malformed,
    /// The caller may not: `403`.
    Forbidden,
    /// The request did not come through TLS: `403`.
    Insecure,
    /// The body that the credentials cover is too long to read: `413`.
    TooLong,
    /// The body that the credentials cover came too slowly: `408`.
    TooSlow,
    /// Too many have failed before: `429`.
    Throttled,
    /// The credentials could not be judged: `503`.
    Unavailable,
    /// A [`Permit`](crate::Permit) is behind no layer that knows who is calling: `500`.
    Misplaced,
}

/// What a client is told. The reason is not among it: that is for the audit.
#[derive(Clone, Debug)]
pub struct Denial {
    kind: Kind,
    status: StatusCode,
    field: HeaderName,
    challenges: Vec<Challenge>,
    joined: bool,
    closing: bool,
    retry_after: Option<Duration>,
}

impl Denial {
    pub(crate) const fn new(kind: Kind, status: StatusCode, field: HeaderName) -> Self {
        Self {
            kind,
            status,
            field,
            challenges: Vec::new(),
            joined: false,
            closing: false,
            retry_after: None,
        }
    }

    pub(crate) fn with_challenges(mut self, challenges: Vec<Challenge>) -> Self {
        self.challenges = challenges;
        self
    }

    pub(crate) const fn joined(mut self, joined: bool) -> Self {
        self.joined = joined;
        self
    }

    /// Whether the connection is closed after the response.
    pub(crate) const fn closing(mut self, closing: bool) -> Self {
        self.closing = closing;
        self
    }

    pub(crate) const fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The status that the response will have.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The challenges that the response will carry, strongest first.
    #[must_use]
    pub fn challenges(&self) -> &[Challenge] {
        &self.challenges
    }

    /// Stamps what no response may lack, whoever rendered it.
    pub(crate) fn stamp<B>(self, response: &mut Response<B>) {
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.remove(&self.field);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.closing {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(delay) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(delay)));
        }
        append(headers, &self.field, self.challenges, self.joined);
    }
}

/// RFC 9110 section 10.2.3: delay-seconds. Rounded up, so that who comes then is not too early, and 1 at least.
fn whole_seconds(delay: Duration) -> u64 {
    let rounded = delay
        .as_secs()
        .saturating_add((delay.subsec_nanos() > 0).into());
    rounded.max(1)
}

/// One field line per challenge, or one line for all.
pub(crate) fn append(
    headers: &mut HeaderMap,
    field: &HeaderName,
    challenges: Vec<Challenge>,
    joined: bool,
) {
    if joined {
        let line = crate::header::Challenges::from(challenges).join();
        headers.extend(line.map(|line| (field.clone(), line)));
    } else {
        for challenge in challenges {
            headers.append(field, challenge.into_value());
        }
    }
}

/// Renders a [`Denial`]. The layer stamps the status and the challenges afterwards; a renderer cannot forget them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot render a refusal as a response with a body of type `{B}`",
    note = "`Empty` can if `{B}` is `Default`; otherwise pass a closure to `RequireAuth::respond_with`"
)]
pub trait Respond<B> {
    /// Renders `denial`.
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> Response<B>;
}

/// Responds with the status and the challenges, and nothing else.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Empty;

impl<B: Default> Respond<B> for Empty {
    fn respond(&self, _: &Denial, _: &RequestHead<'_>) -> Response<B> {
        Response::new(B::default())
    }
}

impl<F, B> Respond<B> for F
where
    F: Fn(&Denial, &RequestHead<'_>) -> Response<B>,
{
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> Response<B> {
        self(denial, request)
    }
}

/// One that several share, and that may be any: `Arc<dyn Respond<B> + Send + Sync>`.
impl<B, R: Respond<B> + ?Sized> Respond<B> for Arc<R> {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> Response<B> {
        (**self).respond(denial, request)
    }
}
