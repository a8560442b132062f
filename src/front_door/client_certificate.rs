//! A layer with client certificates.

use crate::config_error::ConfigError;
use crate::require_auth::RequireAuth;
use crate::scheme::client_certificate::{CertificateLogin, VerifyCertificate};

impl<V: VerifyCertificate> RequireAuth<CertificateLogin<V>> {
    /// Requires a certificate of the client that `verifier` knows, and nothing else.
    ///
    /// **The TLS layer must verify the certificate.** See [`ClientCertificate`](crate::client::ClientCertificate), which also
    /// says how the certificate gets to the layer.
    ///
    /// A client without a certificate, or with an unknown one, gets `403`. It is not `401`, because a `401` must have a
    /// challenge (RFC 9110 section 15.5.2), and no scheme of HTTP asks for a certificate. To accept passwords or tokens as
    /// well, use [`CertificateLogin::beside`].
    ///
    /// # Errors
    ///
    /// The verifier [accepts no certificate](VerifyCertificate::is_empty).
    ///
    /// # Example
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::{Request, Response, StatusCode};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    /// use tower_challenge::client::ClientCertificate;
    /// use tower_challenge::scheme::client_certificate::KnownCertificates;
    /// use tower_challenge::{Principal, RequireAuth};
    ///
    /// async fn hello(_: Request<()>) -> Result<Response<String>, std::convert::Infallible> {
    ///     Ok(Response::new("hello".to_owned()))
    /// }
    ///
    /// // The code that accepts connections makes it after the handshake.
    /// let of_ada = ClientCertificate::from_der([0x30, 0x03, 0x02, 0x01, 0x01]);
    /// let known = KnownCertificates::new([("G2X2ilIshYcV9d2VHNBALcFmkXeIFL8HWYIreiV0IdA", Principal::new("ada"))])?;
    /// let auth = RequireAuth::client_certificate(known)?;
    /// let service = ServiceBuilder::new().layer(auth).service(service_fn(hello));
    ///
    /// let mut known = Request::new(());
    /// known.extensions_mut().insert(of_ada);
    /// assert_eq!(service.clone().oneshot(known).await?.status(), StatusCode::OK);
    /// assert_eq!(service.oneshot(Request::new(())).await?.status(), StatusCode::FORBIDDEN);
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub fn client_certificate(verifier: V) -> Result<Self, ConfigError> {
        Ok(Self::unchallenged(CertificateLogin::new(verifier)?))
    }
}
