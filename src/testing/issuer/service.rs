//! The server of an issuer, as a Tower service.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use tower_service::Service;

use super::test_issuer::TestIssuer;

/// Answers like the server of an issuer: the keys at `/jwks`, and the metadata, which name that path below the
/// identifier of the issuer. Every other path is `404`.
///
/// [`TestIssuer::service`] makes one.
///
/// # Example
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use http::Request;
/// use tower::ServiceExt;
/// use tower_challenge::testing::TestIssuer;
///
/// let issuer = TestIssuer::new("https://as.example")?;
/// let request = Request::get("https://as.example/jwks").body(())?;
/// assert_eq!(issuer.service().oneshot(request).await?.body(), &issuer.jwks());
///
/// let other = Request::get("https://as.example/token").body(())?;
/// assert_eq!(issuer.service().oneshot(other).await?.status(), 404);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TestIssuerService(TestIssuer);

impl TestIssuer {
    /// Returns a Tower service that answers like the issuer's server. It has the keys at `/jwks`, and the metadata for
    /// OpenID Connect Discovery and RFC 8414.
    ///
    /// The service knows no path of the issuer. If the identifier has one, as that of Keycloak, nest the service there:
    ///
    /// ```
    /// # #[cfg(all(feature = "axum", feature = "jwks"))] {
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use axum::Router;
    /// use tokio::net::TcpListener;
    /// use tower_challenge::jose::KeySource;
    /// use tower_challenge::jwks::RemoteKeys;
    /// use tower_challenge::testing::TestIssuer;
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let issuer = TestIssuer::new(&format!("http://{}/realms/shop", listener.local_addr()?))?;
    /// let server = Router::new().nest_service("/realms/shop", issuer.service());
    /// tokio::spawn(async move { axum::serve(listener, server).await });
    ///
    /// let keys = RemoteKeys::discover(issuer.issuer()).danger_http_on_loopback().build()?;
    /// assert_eq!(keys.keys().await?.len(), 1);
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap(); }
    /// ```
    #[must_use]
    pub fn service(&self) -> TestIssuerService {
        TestIssuerService(self.clone())
    }
}

impl TestIssuerService {
    fn answer(&self, path: &str) -> Option<String> {
        if path == "/jwks" {
            return Some(self.0.jwks());
        }
        let is_metadata = path == "/.well-known/openid-configuration"
            || path == "/.well-known/oauth-authorization-server";
        let issuer = self.0.issuer();
        is_metadata.then(|| {
            let keys = format!("{}/jwks", issuer.trim_end_matches('/'));
            let metadata = [("issuer", issuer), ("jwks_uri", &keys)];
            let metadata = metadata.map(|(name, value)| (name.to_owned(), value.into()));
            serde_json::Value::Object(metadata.into_iter().collect()).to_string()
        })
    }
}

impl<B> Service<Request<B>> for TestIssuerService {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let found = self.answer(request.uri().path());
        let mut response = Response::new(found.clone().unwrap_or_default());
        if found.is_none() {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        ready(Ok(response))
    }
}
