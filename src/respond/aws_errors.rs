//! Renders refusals as error responses of AWS.

use http::StatusCode;
use http::header::{AUTHORIZATION, HeaderValue};

use super::aws_error::AwsError;
use super::aws_signature_error::{AwsSignatureError, offers_sigv4};
use super::aws_version_2::{USE_VERSION_4, is_refused_version_2};
use super::{Denial, RefusalKind, RefusalResponse, Respond};
use crate::header::{SchemeName, scheme_of};
use crate::request_head::RequestHead;

/// Responds with the errors of AWS: status `403` instead of `401`, and an error code that clients of AWS look for.
///
/// Use it with the scheme SigV4. The response keeps the challenges, although clients of AWS do not read them. If the layer
/// does not offer SigV4, the codes do not speak of a signature: `AccessDenied` takes the place of the codes for a `401`.
///
/// | kind of refusal | code of S3 | code of services with JSON | status |
/// |---|---|---|---|
/// | [`Unauthenticated`](RefusalKind::Unauthenticated), without credentials | `AccessDenied` | `MissingAuthenticationToken` | 403 |
/// | the same, with credentials of a scheme that is not offered | `InvalidArgument` | `MissingAuthenticationToken` | 400, 403 |
/// | the same, with credentials of another offered scheme | `AccessDenied` | `MissingAuthenticationToken` | 403 |
/// | the same, with a signature | `SignatureDoesNotMatch` | `SignatureDoesNotMatch` | 403 |
/// | the same, for another region, service or day, in a field | `AuthorizationHeaderMalformed` | `SignatureDoesNotMatch` | 400, 403 |
/// | the same, in the query | `AuthorizationQueryParametersError` | `SignatureDoesNotMatch` | 400, 403 |
/// | the same, signed by version 2 | `InvalidRequest`, with the setting that the client needs | as for other credentials | 400, 403 |
/// | the same, signed in a field with a wrong clock | `RequestTimeTooSkewed` | `RequestTimeTooSkewed` | 403 |
/// | the same, a presigned URL that has expired or is not yet valid | `AccessDenied` | `AccessDenied` | 403 |
/// | [`Malformed`](RefusalKind::Malformed), in a field | `AuthorizationHeaderMalformed` | `IncompleteSignature` | 400 |
/// | the same, in the query | `AuthorizationQueryParametersError` | `IncompleteSignature` | 400 |
/// | the same, credentials of another scheme | `AuthorizationHeaderMalformed` | `ValidationError` | 400 |
/// | [`Forbidden`](RefusalKind::Forbidden), [`Insecure`](RefusalKind::Insecure) | `AccessDenied` | `AccessDenied` | 403 |
/// | [`TooLong`](RefusalKind::TooLong) | `EntityTooLarge` | `RequestEntityTooLarge` | 413 |
/// | [`TooSlow`](RefusalKind::TooSlow) | `RequestTimeout` | `RequestTimeout` | 408 |
/// | [`Throttled`](RefusalKind::Throttled) | `SlowDown` | `Throttling` | 429 |
/// | [`Unavailable`](RefusalKind::Unavailable) | `ServiceUnavailable` | `ServiceUnavailable` | 503 |
/// | [`MissingLayer`](RefusalKind::MissingLayer) | `InternalError` | `InternalFailure` | 500 |
///
/// AWS has different errors for an unknown access key and for a wrong signature, and shows the string that it has
/// signed. This renderer reveals neither, because an attacker could use it. For example, an unknown access key and a
/// wrong signature both get `SignatureDoesNotMatch`.
///
/// Clients recover by the errors about the region and the clock. The scheme SigV4 finds these errors before it looks an
/// access key up, and reports them in its challenge, from which this renderer takes them. For example, s3cmd signs its
/// first request for `us-east-1`. If the server has the region `eu-west-1`, the error for S3 has
/// `<Region>eu-west-1</Region>` and the field `x-amz-bucket-region: eu-west-1`, and s3cmd signs again. The AWS SDKs
/// correct their clock by the field `Date`, which the HTTP server has to send; hyper does.
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
/// let basic = Basic::new("files", OneAccount::new("ada", "lovelace")?)?; // a service for AWS clients uses `SigV4`
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
    /// Renders errors in XML with the codes of S3.
    #[must_use]
    pub const fn s3() -> Self {
        let form = AwsErrorForm::Xml;
        Self { form }
    }

    /// Renders errors in JSON, as most other services of AWS do. The member `__type` has the code, and `message` has
    /// the text.
    #[must_use]
    pub const fn json() -> Self {
        let form = AwsErrorForm::Json;
        Self { form }
    }

    fn code(self, denial: &Denial, request: &RequestHead<'_>) -> &'static str {
        let is_s3 = self.form == AwsErrorForm::Xml;
        match denial.kind() {
            RefusalKind::Unauthenticated if offers_sigv4(denial) && is_signed(request) => {
                "SignatureDoesNotMatch"
            }
            RefusalKind::Unauthenticated if offers_sigv4(denial) && !is_s3 => {
                "MissingAuthenticationToken"
            }
            RefusalKind::Unauthenticated | RefusalKind::Forbidden | RefusalKind::Insecure => {
                "AccessDenied"
            }
            RefusalKind::Malformed if !is_s3 && is_signed(request) => "IncompleteSignature",
            RefusalKind::Malformed if !is_s3 => "ValidationError",
            RefusalKind::Malformed if request.is_presigned() => "AuthorizationQueryParametersError",
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

/// Returns whether the client has signed the request by version 4. This check may be imprecise, because only the error
/// code depends on it.
fn is_signed(request: &RequestHead<'_>) -> bool {
    let mut fields = request.headers().get_all(AUTHORIZATION).iter();
    let is_of_version_4 = |field: &HeaderValue| {
        let name = scheme_of(field.as_bytes());
        name.is_some_and(|name| name == SchemeName::AWS4_HMAC_SHA256)
    };
    fields.any(is_of_version_4) || request.is_presigned()
}

/// Returns whether the client sends credentials of a scheme that the layer does not offer. S3 has an error for them.
fn is_unsupported(denial: &Denial, request: &RequestHead<'_>) -> bool {
    let mut fields = request.headers().get_all(AUTHORIZATION).iter();
    let is_offered = |name: SchemeName<'_>| {
        let mut challenges = denial.challenges().iter();
        challenges.any(|challenge| challenge.scheme() == name)
    };
    denial.kind() == RefusalKind::Unauthenticated
        && offers_sigv4(denial)
        && !request.is_presigned()
        && fields.any(|field| {
            let is_empty = field.as_bytes().trim_ascii().is_empty();
            !is_empty && !scheme_of(field.as_bytes()).is_some_and(is_offered)
        })
}

impl AwsErrors {
    fn error<'a>(
        self,
        denial: &Denial,
        request: &RequestHead<'_>,
        signature: Option<&'a AwsSignatureError>,
    ) -> AwsError<'a> {
        let is_unauthenticated = denial.status() == StatusCode::UNAUTHORIZED;
        let ordinary = AwsError {
            code: self.code(denial, request),
            message: denial.kind().detail().into(),
            region: None,
            status: is_unauthenticated.then_some(StatusCode::FORBIDDEN),
        };
        if self.form == AwsErrorForm::Xml && is_refused_version_2(denial, request) {
            return AwsError {
                code: "InvalidRequest",
                message: USE_VERSION_4.into(),
                region: None,
                // A proxy keeps its `407`, because its clients answer nothing else.
                status: ordinary.status.map(|_| StatusCode::BAD_REQUEST),
            };
        }
        if self.form == AwsErrorForm::Xml && is_unsupported(denial, request) {
            return AwsError {
                code: "InvalidArgument",
                message: "Unsupported Authorization Type".into(),
                region: None,
                status: ordinary.status.map(|_| StatusCode::BAD_REQUEST),
            };
        }
        let Some(signature) = signature else {
            return ordinary;
        };
        let message = signature.message();
        match self.form {
            AwsErrorForm::Xml => AwsError {
                code: signature.s3_code(request.is_presigned()),
                message,
                region: signature.region(),
                status: ordinary.status.map(|_| signature.s3_status()),
            },
            AwsErrorForm::Json => AwsError {
                code: signature.json_code(),
                message,
                ..ordinary
            },
        }
    }
}

#[diagnostic::do_not_recommend]
impl<B: From<String>> Respond<B> for AwsErrors {
    fn respond(&self, denial: &Denial, request: &RequestHead<'_>) -> RefusalResponse<B> {
        let signature = match denial.kind() {
            RefusalKind::Unauthenticated => AwsSignatureError::read(denial),
            _ => None,
        };
        let error = self.error(denial, request, signature.as_ref());
        let rendered = match self.form {
            AwsErrorForm::Xml => error.xml(request),
            AwsErrorForm::Json => error.json(request),
        };
        match error.status {
            Some(status) => rendered.under(status),
            None => rendered,
        }
    }
}
