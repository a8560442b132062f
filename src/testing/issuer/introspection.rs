//! The introspection endpoint of an issuer, as a Tower service.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Buf;
use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use tower_service::Service;

use super::test_issuer::TestIssuer;
use crate::derives::{clones, shows};
use crate::secret::{Secret, SecretString};
use crate::text::percent;

/// Answers like the introspection endpoint of an issuer (RFC 7662), on every path. It knows the opaque tokens that the
/// issuer has [given out](super::TestToken::issue_opaque) and not [revoked](TestIssuer::revoke). Every other token is
/// inactive, also a JWT.
///
/// [`TestIssuer::introspection`] makes one.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "introspection")] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use bytes::Bytes;
/// use http_body_util::Full;
/// use tower_challenge::Secret;
/// use tower_challenge::introspection::{ClientCredentials, IntrospectionVerifier};
/// use tower_challenge::scheme::bearer::VerifyToken;
/// use tower_challenge::testing::TestIssuer;
///
/// let issuer = TestIssuer::new("https://as.example")?;
/// let credentials = ClientCredentials::secret_basic("orders", "s3cret");
/// let verifier = IntrospectionVerifier::builder("https://as.example/introspect", credentials)
///     .client(issuer.introspection::<Full<Bytes>>("orders", "s3cret"))
///     .audience("orders")
///     .remember_for(Duration::ZERO)
///     .build()?;
///
/// let token = issuer.token("ada").audience("orders").issue_opaque();
/// assert!(verifier.verify(Secret::new(&token)).await?.is_ok());
/// let other = issuer.token("ada").audience("invoices").issue_opaque();
/// assert!(verifier.verify(Secret::new(&other)).await?.is_err());
/// issuer.revoke(&token);
/// assert!(verifier.verify(Secret::new(&token)).await?.is_err());
/// # Ok(()) }
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
/// # runtime.unwrap().block_on(example()).unwrap(); }
/// ```
pub struct TestIntrospection<B> {
    issuer: TestIssuer,
    client: Arc<str>,
    secret: Arc<SecretString>,
    body: std::marker::PhantomData<fn(B)>,
}

impl TestIssuer {
    /// Returns a Tower service that answers like the introspection endpoint of the issuer, for the client `client` with the
    /// secret `secret`. The client sends the secret in `Authorization: Basic` or in the form.
    ///
    /// `B` is the type of the bodies of the requests.
    #[must_use]
    pub fn introspection<B>(
        &self,
        client: &str,
        secret: impl Into<SecretString>,
    ) -> TestIntrospection<B> {
        TestIntrospection {
            issuer: self.clone(),
            client: client.into(),
            secret: Arc::new(secret.into()),
            body: std::marker::PhantomData,
        }
    }
}

impl<B> TestIntrospection<B> {
    fn answer(&self, fields: &HeaderMap, form: &[u8]) -> Result<String, StatusCode> {
        let of_form = (
            parameter(form, "client_id"),
            parameter(form, "client_secret"),
        );
        let is_client = match (basic(fields), of_form) {
            (Some((client, secret)), (_, None)) => self.is_client(&client, &secret),
            (None, (Some(client), Some(secret))) => self.is_client(&client, &secret),
            _ => false,
        };
        if !is_client {
            return Err(StatusCode::UNAUTHORIZED);
        }
        let token = parameter(form, "token").ok_or(StatusCode::BAD_REQUEST)?;
        Ok(self.issuer.introspect(&token))
    }

    fn is_client(&self, client: &str, secret: &str) -> bool {
        *client == *self.client && Secret::new(secret).matches(self.secret.expose())
    }
}

/// The name and the secret of a client, which are encoded as in a form (RFC 6749 section 2.3.1).
fn basic(fields: &HeaderMap) -> Option<(String, String)> {
    let field = fields.get(AUTHORIZATION)?.to_str().ok()?;
    let pair = STANDARD.decode(field.strip_prefix("Basic ")?).ok()?;
    let colon = pair.iter().position(|&byte| byte == b':')?;
    Some((decoded(&pair[..colon])?, decoded(&pair[colon + 1..])?))
}

/// The value of a parameter that occurs once.
fn parameter(form: &[u8], name: &str) -> Option<String> {
    let pairs = form.split(|&byte| byte == b'&');
    let mut values =
        pairs.filter_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    let value = values.next()?;
    values.next().is_none().then(|| decoded(value))?
}

fn decoded(text: &[u8]) -> Option<String> {
    let plain = |byte| Some(if byte == b'+' { b' ' } else { byte });
    String::from_utf8(percent::decode(text, plain)?).ok()
}

impl<B: Body + Send + 'static> Service<Request<B>> for TestIntrospection<B>
where
    B::Data: Send,
{
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<String>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let answer = match (head.method, read(body).await) {
                (Method::POST, Some(form)) => service.answer(&head.headers, &form),
                (Method::POST, None) => Err(StatusCode::BAD_REQUEST),
                _ => Err(StatusCode::METHOD_NOT_ALLOWED),
            };
            Ok(response(answer))
        })
    }
}

fn response(answer: Result<String, StatusCode>) -> Response<String> {
    let status = answer.as_ref().err().copied().unwrap_or_default();
    let mut response = Response::new(answer.unwrap_or_default());
    *response.status_mut() = status;
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Basic realm=\"clients\"");
        fields.insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

/// The longest form in bytes.
const LONGEST: usize = 64 * 1024;

/// Reads a form. Returns `None` if it is too long, or breaks off.
async fn read<B: Body>(body: B) -> Option<Vec<u8>> {
    let mut body = pin!(body);
    let mut form = Vec::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let Ok(mut data) = frame.ok()?.into_data() else {
            continue;
        };
        if data.remaining() > LONGEST - form.len() {
            return None;
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            form.extend_from_slice(chunk);
            let read = chunk.len();
            data.advance(read);
        }
    }
    Some(form)
}

clones! { impl[B] TestIntrospection[B] { issuer, client, secret, body } }

shows! { impl[B] TestIntrospection[B] as self { issuer: self.issuer, client: self.client } }
