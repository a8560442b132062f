//! What a client sees of a refusal: the refusal, or something in its place.

use http::{Response, StatusCode};

use super::Denial;

/// A rendered refusal, and how much of the truth the layer stamps on it.
///
/// What a renderer returns is a [`refusal`](Self::refusal) unless it says otherwise: a [`Response`] turns into one by
/// itself. So nobody forgets the status and the challenges; who leaves them out has written so.
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
/// // A maintenance page for everybody while a verifier is away; the plain refusal for the rest.
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
    seal: StampLevel,
}

/// What the layer stamps.
#[derive(Clone, Copy, Debug)]
enum StampLevel {
    /// The status, the challenges, `Cache-Control` and `Retry-After`.
    Refusal,
    /// The same, but for the status, which is this.
    Status(StatusCode),
    /// Nothing.
    Nothing,
}

impl<B> RefusalResponse<B> {
    /// The refusal: the layer stamps its status, its challenges, `Cache-Control: no-store` and `Retry-After` on
    /// `response`, and takes away what the response says of these itself.
    pub const fn refusal(response: Response<B>) -> Self {
        let seal = StampLevel::Refusal;
        Self { response, seal }
    }

    /// The refusal under another status, for protocols that have theirs elsewhere: gRPC is always `200`. Everything else
    /// is stamped.
    ///
    /// A `401` or `407` needs a challenge in its field (RFC 9110 sections 15.5.2 and 15.5.8): a refusal that has none keeps
    /// its own status.
    pub const fn with_status(status: StatusCode, response: Response<B>) -> Self {
        let seal = StampLevel::Status(status);
        Self { response, seal }
    }

    /// The refusal under another status.
    pub(super) fn under(self, status: StatusCode) -> Self {
        let seal = StampLevel::Status(status);
        Self { seal, ..self }
    }

    /// Something else in the place of the refusal: nothing is stamped, so that `response` goes out as it is. No challenge
    /// tells the client how to try, and whether a cache may keep the response is the renderer's affair.
    pub const fn instead(response: Response<B>) -> Self {
        let seal = StampLevel::Nothing;
        Self { response, seal }
    }

    /// The same with another body, for instance one that is boxed.
    pub fn map<C>(self, f: impl FnOnce(B) -> C) -> RefusalResponse<C> {
        RefusalResponse {
            response: self.response.map(f),
            seal: self.seal,
        }
    }

    /// The response, to add fields to it.
    #[must_use]
    pub const fn response_mut(&mut self) -> &mut Response<B> {
        &mut self.response
    }

    /// Whether it is in the place of the refusal.
    pub(crate) const fn stands_alone(&self) -> bool {
        matches!(self.seal, StampLevel::Nothing)
    }

    pub(crate) fn stamped(mut self, denial: Denial) -> Response<B> {
        let status = match self.seal {
            StampLevel::Refusal => denial.status(),
            StampLevel::Status(status) if denial.may_be(status) => status,
            StampLevel::Status(_) => denial.status(),
            StampLevel::Nothing => return self.response,
        };
        denial.stamp(status, &mut self.response);
        self.response
    }
}

impl<B> From<Response<B>> for RefusalResponse<B> {
    fn from(response: Response<B>) -> Self {
        Self::refusal(response)
    }
}
