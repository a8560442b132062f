//! The result of a renderer: a response, and which fields the layer stamps on it.

use http::{Response, StatusCode};

use super::Denial;

/// The response of a renderer to a refused request, and which fields the layer stamps on it.
///
/// There are three forms:
///
/// - [`refusal`](Self::refusal): the layer stamps everything. A plain [`Response`] converts into this form, so that a
///   renderer cannot forget the status and the challenges.
/// - [`with_status`](Self::with_status): the layer stamps everything, but the renderer chooses the status.
/// - [`instead`](Self::instead): the layer stamps nothing.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "basic")] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use http::{Request, Response, header::WWW_AUTHENTICATE};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
/// use tower_challenge::password::OneAccount;
/// use tower_challenge::respond::{Denial, RefusalKind, PlainText, Respond, RefusalResponse};
/// use tower_challenge::scheme::Basic;
/// use tower_challenge::{RequestHead, RequireAuth};
///
/// // All clients get a maintenance page while a verifier is unavailable. Other refusals are plain text.
/// let render = |denial: &Denial, request: &RequestHead<'_>| match denial.kind() {
///     RefusalKind::Unavailable => RefusalResponse::instead(Response::new("we will be back".to_owned())),
///     _ => PlainText.respond(denial, request),
/// };
/// let basic = Basic::new("files", OneAccount::new("ada", "lovelace")?)?;
/// let service = ServiceBuilder::new()
///     .layer(RequireAuth::new(basic)?.respond_with(render))
///     .service(service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::new(String::new()))));
/// let refused = service.oneshot(Request::new(())).await?;
/// assert_eq!(refused.status(), 401);
/// assert!(refused.headers().contains_key(WWW_AUTHENTICATE));
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[derive(Debug)]
#[must_use]
pub struct RefusalResponse<B> {
    response: Response<B>,
    stamp: StampedParts,
}

/// Which fields the layer stamps on the response.
#[derive(Clone, Copy, Debug)]
enum StampedParts {
    /// The status, the challenges, `Cache-Control` and `Retry-After`.
    Refusal,
    /// This status instead of the refusal's, and the same fields as for `Refusal`.
    Status(StatusCode),
    /// Nothing.
    Nothing,
}

impl<B> RefusalResponse<B> {
    /// Makes a refusal on which the layer stamps everything: the status, the challenges, `Cache-Control: no-store` and
    /// `Retry-After`.
    ///
    /// The layer replaces these fields if `response` already has them.
    pub const fn refusal(response: Response<B>) -> Self {
        let stamp = StampedParts::Refusal;
        Self { response, stamp }
    }

    /// Makes a refusal with another status. The layer stamps all other fields as usual.
    ///
    /// Use it for protocols that do not report errors in the HTTP status. For example, a gRPC response always has
    /// status `200`.
    ///
    /// The layer ignores `status` if it is `401` or `407` and the refusal has no challenge for the field of that status
    /// (RFC 9110 sections 15.5.2 and 15.5.8).
    pub const fn with_status(status: StatusCode, response: Response<B>) -> Self {
        let stamp = StampedParts::Status(status);
        Self { response, stamp }
    }

    /// Replaces the status of the refusal.
    pub(super) fn under(self, status: StatusCode) -> Self {
        let stamp = StampedParts::Status(status);
        Self { stamp, ..self }
    }

    /// Makes a response that replaces the refusal. The layer stamps nothing and sends `response` unchanged.
    ///
    /// The response has no challenge, so that the client does not learn how to authenticate. The renderer decides
    /// whether a cache may store the response.
    pub const fn instead(response: Response<B>) -> Self {
        let stamp = StampedParts::Nothing;
        Self { response, stamp }
    }

    /// Converts the body with `f`, for example to box it. All else stays the same.
    pub fn map<C>(self, f: impl FnOnce(B) -> C) -> RefusalResponse<C> {
        RefusalResponse {
            response: self.response.map(f),
            stamp: self.stamp,
        }
    }

    /// Returns the response, so that a renderer can add fields to it.
    #[must_use]
    pub const fn response_mut(&mut self) -> &mut Response<B> {
        &mut self.response
    }

    /// Returns whether the response replaces the refusal, so that the layer stamps nothing.
    pub(crate) const fn stands_alone(&self) -> bool {
        matches!(self.stamp, StampedParts::Nothing)
    }

    /// Stamps the status and the fields of `denial` on the response, as far as the renderer allows.
    #[inline]
    pub(crate) fn stamped(mut self, denial: &Denial) -> Response<B> {
        if let Some(status) = self.stamp.status(denial) {
            denial.stamp(status, &mut self.response);
        }
        self.response
    }
}

impl StampedParts {
    /// Returns the status that the layer stamps on the response, or `None` if it stamps nothing.
    fn status(self, denial: &Denial) -> Option<StatusCode> {
        match self {
            Self::Status(status) if denial.allows_status(status) => Some(status),
            Self::Refusal | Self::Status(_) => Some(denial.status()),
            Self::Nothing => None,
        }
    }
}

impl<B> From<Response<B>> for RefusalResponse<B> {
    fn from(response: Response<B>) -> Self {
        Self::refusal(response)
    }
}
