//! The server of an issuer, as a Tower service.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use tower_service::Service;

use super::test_issuer::TestIssuer;

/// Answers like the server of an issuer: the keys at `/jwks` below the issuer's identifier, and the metadata, which name
/// that URL. Every other path is `404`.
///
/// The metadata are where OpenID Connect Discovery 1.0 section 4 and RFC 8414 section 3 have them: the well-known path
/// may stand behind the path of the issuer or in front of it. For example, the issuer `https://as.example/realms/a` has
/// them at `/realms/a/.well-known/openid-configuration` and at `/.well-known/oauth-authorization-server/realms/a`.
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
    /// Returns a Tower service that answers like the issuer's server: it has the keys, and the metadata for OpenID Connect
    /// Discovery and RFC 8414.
    ///
    /// If the identifier of the issuer has a path, as that of Keycloak, the service answers by the whole path of a request.
    /// A router may also nest the service at the path of the issuer. Then only the paths behind it reach the service.
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
    /// let server = Router::new().fallback_service(issuer.service());
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

/// The well-known paths of OpenID Connect Discovery 1.0 and RFC 8414.
const WELL_KNOWN: [&str; 2] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
];

impl TestIssuerService {
    fn answer(&self, path: &str) -> Option<String> {
        let issuer = self.0.issuer();
        let url = issuer.parse::<Uri>().ok();
        let own = url.as_ref().map_or("", Uri::path);
        // Both specifications remove a slash at the end of the path.
        let own = own.strip_suffix('/').unwrap_or(own);
        // A router that nests the service at the path of the issuer has removed the path.
        let path = path.strip_prefix(own).unwrap_or(path);
        if path == "/jwks" {
            return Some(self.0.jwks());
        }
        let is_metadata =
            |well_known: &str| path == well_known || path.strip_prefix(well_known) == Some(own);
        WELL_KNOWN.into_iter().any(is_metadata).then(|| {
            let keys = format!("{}/jwks", issuer.strip_suffix('/').unwrap_or(issuer));
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
