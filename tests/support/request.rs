//! Builds the requests of a test client.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderName, PROXY_AUTHORIZATION};
use http::{HeaderValue, Method, Request};
use http_body_util::Full;

/// The body of requests and responses.
pub type Body = Full<Bytes>;

/// Builds a request, field by field. A test passes it to [`TestServer::ask`](super::TestServer::ask).
#[derive(Clone, Debug)]
pub struct TestRequest {
    request: Request<Body>,
}

/// Starts a `GET` request for `target`.
#[must_use]
pub fn get(target: &str) -> TestRequest {
    TestRequest::new("GET", target)
}

impl TestRequest {
    /// Starts a request for `target`.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let mut request = Request::new(Body::default());
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        *request.uri_mut() = target.parse().unwrap();
        Self { request }
    }

    /// Adds a field line.
    #[must_use]
    pub fn field(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.try_field(name, value).unwrap()
    }

    /// Adds a field line. Returns `None` if the name or the value is not valid in HTTP.
    #[must_use]
    pub fn try_field(mut self, name: &str, value: impl AsRef<[u8]>) -> Option<Self> {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = HeaderValue::from_bytes(value.as_ref()).ok()?;
        self.request.headers_mut().append(name, value);
        Some(self)
    }

    /// Adds an `Authorization` line. If the stand is a proxy, [`TestServer::ask`](super::TestServer::ask) turns it into a
    /// `Proxy-Authorization` line.
    #[must_use]
    pub fn authorization(self, value: impl AsRef<[u8]>) -> Self {
        self.field(AUTHORIZATION.as_str(), value)
    }

    /// Adds Basic credentials.
    #[must_use]
    pub fn basic(self, user: &str, password: &str) -> Self {
        self.basic_bytes(format!("{user}:{password}"))
    }

    /// Adds Basic credentials: the base64 of arbitrary bytes.
    #[must_use]
    pub fn basic_bytes(self, bytes: impl AsRef<[u8]>) -> Self {
        self.authorization(basic(bytes))
    }

    /// Adds a Bearer token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.authorization(format!("Bearer {token}"))
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        *self.request.body_mut() = Full::new(body.into());
        self
    }

    /// Inserts an extension, as the server or an earlier layer would.
    #[must_use]
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, extension: T) -> Self {
        self.request.extensions_mut().insert(extension);
        self
    }

    /// Moves the credentials from `Authorization` to `Proxy-Authorization`.
    #[must_use]
    pub fn to_proxy(mut self) -> Self {
        let headers = self.request.headers_mut();
        let lines = headers.get_all(AUTHORIZATION).iter().cloned();
        for line in lines.collect::<Vec<_>>() {
            headers.append(PROXY_AUTHORIZATION, line);
        }
        headers.remove(AUTHORIZATION);
        self
    }

    /// Returns the request.
    #[must_use]
    pub fn into_request(self) -> Request<Body> {
        self.request
    }

    /// Returns a reference to the request.
    #[must_use]
    pub const fn request(&self) -> &Request<Body> {
        &self.request
    }
}

/// Returns the field value of Basic credentials with the base64 of these bytes.
#[must_use]
pub fn basic(bytes: impl AsRef<[u8]>) -> String {
    format!("Basic {}", STANDARD.encode(bytes))
}
