//! Errors as AWS writes them.

use http::StatusCode;
use http::header::AUTHORIZATION;

use super::accept::MediaType;
use super::html::escape_html;
use super::text::typed;
use super::{Denial, Kind, Respond, Shown};
use crate::request_head::RequestHead;

/// Responds as AWS does: `403` in the place of `401`, and a code that clients of AWS look for.
///
/// | kind | S3 | services with JSON | status |
/// |---|---|---|---|
/// | [`Unauthenticated`](Kind::Unauthenticated), no credentials | `AccessDenied` | `MissingAuthenticationToken` | 403 |
/// | the same, with credentials | `SignatureDoesNotMatch` | `SignatureDoesNotMatch` | 403 |
/// | [`Malformed`](Kind::Malformed), in a field | `AuthorizationHeaderMalformed` | `IncompleteSignature` | 400 |
/// | the same, in the query | `AuthorizationQueryParametersError` | `IncompleteSignature` | 400 |
/// | [`Forbidden`](Kind::Forbidden), [`Insecure`](Kind::Insecure) | `AccessDenied` | `AccessDenied` | 403 |
/// | [`TooLong`](Kind::TooLong) | `EntityTooLarge` | `RequestEntityTooLarge` | 413 |
/// | [`TooSlow`](Kind::TooSlow) | `RequestTimeout` | `RequestTimeout` | 408 |
/// | [`Throttled`](Kind::Throttled) | `SlowDown` | `Throttling` | 429 |
/// | [`Unavailable`](Kind::Unavailable) | `ServiceUnavailable` | `ServiceUnavailable` | 503 |
/// | [`Misplaced`](Kind::Misplaced) | `InternalError` | `InternalFailure` | 500 |
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
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Xml,
    Json,
}

impl AwsErrors {
    /// In XML, as S3 has it.
    #[must_use]
    pub const fn s3() -> Self {
        let form = Form::Xml;
        Self { form }
    }

    /// In JSON: the code in the member `__type`, the text in `message`.
    #[must_use]
    pub const fn json() -> Self {
        let form = Form::Json;
        Self { form }
    }

    fn code(self, denial: &Denial, request: &RequestHead<'_>) -> &'static str {
        let is_s3 = self.form == Form::Xml;
        match denial.kind() {
            Kind::Unauthenticated if has_credentials(request) => "SignatureDoesNotMatch",
            Kind::Unauthenticated if !is_s3 => "MissingAuthenticationToken",
            Kind::Unauthenticated | Kind::Forbidden | Kind::Insecure => "AccessDenied",
            Kind::Malformed if !is_s3 => "IncompleteSignature",
            Kind::Malformed if is_presigned(request) => "AuthorizationQueryParametersError",
            Kind::Malformed => "AuthorizationHeaderMalformed",
            Kind::TooLong if is_s3 => "EntityTooLarge",
            Kind::TooLong => "RequestEntityTooLarge",
            Kind::TooSlow => "RequestTimeout",
            Kind::Throttled if is_s3 => "SlowDown",
            Kind::Throttled => "Throttling",
            Kind::Unavailable => "ServiceUnavailable",
            Kind::Misplaced if is_s3 => "InternalError",
            Kind::Misplaced => "InternalFailure",
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

impl<B: From<String>> Respond<B> for AwsErrors {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> Shown<B> {
        let (code, detail) = (self.code(denial, request), denial.kind().detail());
        let shown: Shown<B> = match self.form {
            Form::Xml => {
                let resource = escape_html(request.target().path());
                let text = format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
                     <Message>{detail}</Message><Resource>{resource}</Resource></Error>"
                );
                typed(&MediaType::XML, text)
            }
            // Both texts are from closed sets without anything to escape; a test reads all of them back.
            Form::Json => typed(
                &MediaType::JSON,
                format!(r#"{{"__type":"{code}","message":"{detail}"}}"#),
            ),
        };
        match denial.status() {
            StatusCode::UNAUTHORIZED => shown.under(StatusCode::FORBIDDEN),
            _ => shown,
        }
    }
}
