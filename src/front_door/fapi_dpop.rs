//! A layer for a resource server of FAPI 2.0 whose tokens are bound to keys.

use crate::config_error::ConfigError;
use crate::jwt::{FAPI2_ALGORITHMS, FAPI2_LEEWAY, JwtVerifier, JwtVerifierBuilder};
use crate::require_auth::RequireAuth;
use crate::scheme::Dpop;

impl<I: Clone + Send + Sync + 'static> RequireAuth<Dpop<JwtVerifier<I>>> {
    /// Makes the layer of a resource server of FAPI 2.0 (Security Profile, section 5.3.3), for tokens that are bound to keys
    /// of the clients (DPoP, RFC 9449). Clients reach the server under `external_origin`, for example `https://api.example`.
    ///
    /// | FAPI 2.0 demands | this layer |
    /// |---|---|
    /// | tokens in the field `Authorization`, and none in a query | accepts tokens there alone |
    /// | tokens that are bound to a key of the client | requires `cnf` with `jkt`, and a proof for each request. It refuses the token as Bearer |
    /// | PS256, ES256 or EdDSA | allows these for proofs, and for tokens these, or those of them that [`algorithms`](JwtVerifierBuilder::algorithms) chooses. An RSA key has at least 2048 bits |
    /// | TLS | [requires](Self::require_tls) it. Behind a proxy, call [`client`](Self::client), too |
    /// | clocks that differ by up to 10 seconds | accepts proofs that are up to 10 seconds from the future, and tokens by 10 to 60 seconds |
    /// | revocation | asks the list of [`revocations`](JwtVerifierBuilder::revocations), if you give it one. Without a list, let tokens live for some minutes only |
    /// | rights that suffice | needs your [`policy`](Self::policy) |
    ///
    /// The layer refuses a token that is also bound to a certificate, unless the connection has that certificate. It is short
    /// for the following, which you can change, for example to require [nonces](crate::scheme::dpop::DpopBuilder::nonces) or to share
    /// a [store](crate::scheme::dpop::DpopBuilder::store) between servers:
    ///
    /// ```text
    /// let verifier = verifier.algorithms(&[Ps256, Es256, EdDsa]).build()?;
    /// let dpop = Dpop::builder(realm, verifier).external_origin(external_origin);
    /// let dpop = dpop.algorithms([Ps256, Es256, EdDsa]).clock_skew(Duration::from_secs(10)).build()?;
    /// RequireAuth::new(dpop)?.require_tls()
    /// ```
    ///
    /// # Errors
    ///
    /// An [algorithm](JwtVerifierBuilder::algorithms) is none of these three, the [leeway](JwtVerifierBuilder::leeway) is shorter
    /// than 10 seconds, `external_origin` is not an origin, the realm contains a control character, or `verifier` has a
    /// [fault](JwtVerifierBuilder::build).
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::{Request, Response, header::AUTHORIZATION};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    /// use tower_challenge::RequireAuth;
    /// use tower_challenge::client::SecureTransport;
    /// use tower_challenge::jwt::JwtVerifier;
    /// use tower_challenge::testing::{DpopKey, TestIssuer};
    ///
    /// let issuer = TestIssuer::new("https://as.example")?;
    /// let verifier = JwtVerifier::builder("https://as.example", issuer.keys()).audience("https://api.example");
    /// let auth = RequireAuth::fapi2_dpop("api", "https://api.example", verifier)?;
    /// let service = ServiceBuilder::new().layer(auth).service(service_fn(async |_: Request<()>| {
    ///     Ok::<_, std::convert::Infallible>(Response::new(()))
    /// }));
    ///
    /// let key = DpopKey::generate()?;
    /// let ask = async |token: String| {
    ///     let proof = key.proof("GET", "https://api.example/").token(&token).sign();
    ///     let request = Request::get("/").header(AUTHORIZATION, format!("DPoP {token}")).header("DPoP", proof);
    ///     // The code that accepts connections inserts `SecureTransport`.
    ///     let request = request.extension(SecureTransport).body(()).unwrap();
    ///     service.clone().oneshot(request).await.unwrap().status()
    /// };
    /// let token = issuer.token("ada").audience("https://api.example");
    /// assert_eq!(ask(token.clone().bound_to(&key).sign()).await, 200);
    /// assert_eq!(ask(token.sign()).await, 401, "the token is not bound");
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
    /// ```
    pub fn fapi2_dpop(
        realm: &str,
        external_origin: &str,
        verifier: JwtVerifierBuilder<I>,
    ) -> Result<Self, ConfigError> {
        let verifier = verifier.of_fapi2()?.build()?;
        let dpop = Dpop::builder(realm, verifier).external_origin(external_origin);
        let dpop = dpop.algorithms(FAPI2_ALGORITHMS).clock_skew(FAPI2_LEEWAY);
        Ok(Self::new(dpop.build()?)?.require_tls())
    }
}
