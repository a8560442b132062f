//! Errors as AWS writes them.

use http::StatusCode;
use http::header::AUTHORIZATION;

use super::accept::MediaType;
use super::aws_advice::AwsAdvice;
use super::html::escape_html;
use super::text::typed;
use super::{Denial, RefusalKind, RefusalResponse, Respond};
use crate::request_head::RequestHead;

/// Responds as AWS does: `403` in the place of `401`, and a code that clients of AWS look for.
///
/// | kind | S3 | services with JSON | status |
/// |---|---|---|---|
/// | [`Unauthenticated`](RefusalKind::Unauthenticated), no credentials | `AccessDenied` | `MissingAuthenticationToken` | 403 |
/// | the same, with credentials | `SignatureDoesNotMatch` | `SignatureDoesNotMatch` | 403 |
/// | the same, signed for another region in a field | `AuthorizationHeaderMalformed`, with the region | as above | 400 |
/// | the same, in the query | `AuthorizationQueryParametersError`, with the region | as above | 400 |
/// | signed by version 2 | `InvalidRequest`, with what to set | as above | 400 |
/// | [`Malformed`](RefusalKind::Malformed), in a field | `AuthorizationHeaderMalformed` | `IncompleteSignature` | 400 |
/// | the same, in the query | `AuthorizationQueryParametersError` | `IncompleteSignature` | 400 |
/// | [`Forbidden`](RefusalKind::Forbidden), [`Insecure`](RefusalKind::Insecure) | `AccessDenied` | `AccessDenied` | 403 |
/// | [`TooLong`](RefusalKind::TooLong) | `EntityTooLarge` | `RequestEntityTooLarge` | 413 |
/// | [`TooSlow`](RefusalKind::TooSlow) | `RequestTimeout` | `RequestTimeout` | 408 |
/// | [`Throttled`](RefusalKind::Throttled) | `SlowDown` | `Throttling` | 429 |
/// | [`Unavailable`](RefusalKind::Unavailable) | `ServiceUnavailable` | `ServiceUnavailable` | 503 |
/// | [`MissingLayer`](RefusalKind::MissingLayer) | `InternalError` | `InternalFailure` | 500 |
///
/// AWS tells an unknown access key from a wrong signature, and what it has signed itself. Here nobody learns either. The
/// challenges stay, which clients of AWS do not look at.
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
/// use tower_challenge::respond::AwsErrors;
/// use tower_challenge::scheme::Basic;
///
/// let basic = Basic::new("files", OneAccount::new("ada", "lovelace")?)?; // `SigV4`, where there is one
/// let service = ServiceBuilder::new()
///     .layer(RequireAuth::new(basic)?.respond_with(AwsErrors::s3()))
///     .service(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new("hello".to_owned()))));
/// let ada = Request::get("/").header(AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl").body(())?;
/// assert_eq!(service.clone().oneshot(ada).await?.body(), "hello");
///
/// let refused = service.oneshot(Request::new(())).await?;
/// assert_eq!(refused.status(), 403);
/// assert!(refused.body().contains("<Code>AccessDenied</Code>"));
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AwsErrors {
    form: AwsErrorForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AwsErrorForm {
    Xml,
    Json,
}

impl AwsErrors {
    /// In XML, as S3 has it.
    #[must_use]
    pub const fn s3() -> Self {
        let form = AwsErrorForm::Xml;
        Self { form }
    }

    /// In JSON: the code in the member `__type`, the text in `message`.
    #[must_use]
    pub const fn json() -> Self {
        let form = AwsErrorForm::Json;
        Self { form }
    }

    fn code(self, denial: &Denial, request: &RequestHead<'_>) -> &'static str {
        let is_s3 = self.form == AwsErrorForm::Xml;
        match denial.kind() {
            RefusalKind::Unauthenticated if has_credentials(request) => "SignatureDoesNotMatch",
            RefusalKind::Unauthenticated if !is_s3 => "MissingAuthenticationToken",
            RefusalKind::Unauthenticated | RefusalKind::Forbidden | RefusalKind::Insecure => {
                "AccessDenied"
            }
            RefusalKind::Malformed if !is_s3 => "IncompleteSignature",
            RefusalKind::Malformed if is_presigned(request) => "AuthorizationQueryParametersError",
            RefusalKind::Malformed => "AuthorizationHeaderMalformed",
            RefusalKind::TooLong if is_s3 => "EntityTooLarge",
            RefusalKind::TooLong => "RequestEntityTooLarge",
            RefusalKind::TooSlow => "RequestTimeout",
            RefusalKind::Throttled if is_s3 => "SlowDown",
            RefusalKind::Throttled => "Throttling",
            RefusalKind::Unavailable => "ServiceUnavailable",
            RefusalKind::MissingLayer if is_s3 => "InternalError",
            RefusalKind::MissingLayer => "InternalFailure",
        }
    }
}

fn has_credentials(request: &RequestHead<'_>) -> bool {
    request.headers().contains_key(AUTHORIZATION) || is_presigned(request)
}

/// Whatever somebody calls a signature: nothing but the code depends on it.
fn is_presigned(request: &RequestHead<'_>) -> bool {
    let query = request.target().query().unwrap_or_default();
    query.split('&').any(|it| it.starts_with("X-Amz-"))
}

impl AwsErrors {
    fn shown<B: From<String>>(
        self,
        code: &str,
        detail: &str,
        more: &str,
        request: &RequestHead<'_>,
    ) -> RefusalResponse<B> {
        let resource = escape_html(request.target().path());
        match self.form {
            AwsErrorForm::Xml => typed(
                &MediaType::XML,
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
                     <Message>{detail}</Message>{more}<Resource>{resource}</Resource></Error>"
                ),
            ),
            // Both texts are from closed sets without anything to escape; a test reads all of them back.
            AwsErrorForm::Json => typed(
                &MediaType::JSON,
                format!(r#"{{"__type":"{code}","message":"{detail}"}}"#),
            ),
        }
    }

    fn advised<B: From<String>>(
        self,
        advice: &AwsAdvice,
        request: &RequestHead<'_>,
    ) -> RefusalResponse<B> {
        let region = advice.region.as_deref().map(escape_html);
        let region = region.map(|region| format!("<Region>{region}</Region>"));
        let message = escape_html(&advice.message);
        let shown = self.shown(advice.code, &message, &region.unwrap_or_default(), request);
        shown.under(StatusCode::BAD_REQUEST)
    }
}

impl<B: From<String>> Respond<B> for AwsErrors {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        let is_s3 = self.form == AwsErrorForm::Xml;
        if let Some(advice) = AwsAdvice::of(denial, request).filter(|_| is_s3) {
            return self.advised(&advice, request);
        }
        let (code, detail) = (self.code(denial, request), denial.kind().detail());
        let shown = self.shown(code, detail, "", request);
        match denial.status() {
            StatusCode::UNAUTHORIZED => shown.under(StatusCode::FORBIDDEN),
            _ => shown,
        }
    }
}
