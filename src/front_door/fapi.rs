//! A layer for a resource server of FAPI 2.0.

use crate::config_error::ConfigError;
use crate::jwt::{JwtVerifier, JwtVerifierBuilder};
use crate::require_auth::RequireAuth;
use crate::scheme::Bearer;
use crate::scheme::client_certificate::CertificateBound;

impl<I: Clone + Send + Sync + 'static> RequireAuth<Bearer<CertificateBound<JwtVerifier<I>>>> {
    /// Makes the layer of a resource server of FAPI 2.0 (Security Profile, section 5.3.3), for tokens that are bound to client
    /// certificates (RFC 8705).
    ///
    /// | FAPI 2.0 demands | this layer |
    /// |---|---|
    /// | tokens in the field `Authorization`, and none in a query | accepts tokens there alone, and refuses a request with a token in the query |
    /// | tokens that are bound to a key of the client | [requires](CertificateBound::require_bound) `x5t#S256`, and the certificate in the connection |
    /// | PS256, ES256 or EdDSA | allows these, or those of them that [`algorithms`](JwtVerifierBuilder::algorithms) chooses. An RSA key has at least 2048 bits |
    /// | TLS | [requires](Self::require_tls) it. Behind a proxy, call [`client`](Self::client), too |
    /// | validity, integrity and expiry of each token | verifies them; the clocks may differ by 10 to 60 seconds |
    /// | revocation | asks the list of [`revocations`](JwtVerifierBuilder::revocations), if you give it one. Without a list, let tokens live for some minutes only |
    /// | rights that suffice | needs your [`policy`](Self::policy) |
    ///
    /// It is short for the following, which you can change, for example to name [metadata](Bearer::resource_metadata):
    ///
    /// ```text
    /// let verifier = verifier.algorithms(&[Ps256, Es256, EdDsa]).build()?;
    /// let bound = CertificateBound::new(verifier).require_bound();
    /// RequireAuth::new(Bearer::new(realm, bound)?)?.require_tls()
    /// ```
    ///
    /// # Errors
    ///
    /// An [algorithm](JwtVerifierBuilder::algorithms) is none of these three, the [leeway](JwtVerifierBuilder::leeway) is shorter
    /// than 10 seconds, the realm contains a control character, or `verifier` has a [fault](JwtVerifierBuilder::build).
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::{Request, Response, header::AUTHORIZATION};
    /// use serde_json::json;
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    /// use tower_challenge::RequireAuth;
    /// use tower_challenge::client::{ClientCertificate, SecureTransport};
    /// use tower_challenge::jwt::JwtVerifier;
    /// use tower_challenge::testing::TestIssuer;
    ///
    /// let issuer = TestIssuer::new("https://as.example")?;
    /// let verifier = JwtVerifier::builder("https://as.example", issuer.keys()).audience("https://api.example");
    /// let auth = RequireAuth::fapi2("api", verifier)?;
    /// let service = ServiceBuilder::new().layer(auth).service(service_fn(async |_: Request<()>| {
    ///     Ok::<_, std::convert::Infallible>(Response::new(()))
    /// }));
    ///
    /// // The code that accepts connections inserts the certificate and `SecureTransport`.
    /// let certificate = ClientCertificate::from_der([0x30, 0x03, 0x02, 0x01, 0x01]);
    /// let ask = async |token: String| {
    ///     let request = Request::get("/").header(AUTHORIZATION, format!("Bearer {token}"));
    ///     let request = request.extension(SecureTransport).extension(certificate.clone());
    ///     service.clone().oneshot(request.body(()).unwrap()).await.unwrap().status()
    /// };
    /// let token = issuer.token("ada").audience("https://api.example");
    /// let bound = token.clone().claim("cnf", json!({ "x5t#S256": certificate.thumbprint().to_string() }));
    /// assert_eq!(ask(bound.sign()).await, 200);
    /// assert_eq!(ask(token.sign()).await, 401, "the token is not bound");
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
    /// ```
    pub fn fapi2(realm: &str, verifier: JwtVerifierBuilder<I>) -> Result<Self, ConfigError> {
        let verifier = verifier.of_fapi2()?.build()?;
        let bound = CertificateBound::new(verifier).require_bound();
        Ok(Self::new(Bearer::new(realm, bound)?)?.require_tls())
    }
}
