//! A layer with Bearer.

use crate::config_error::ConfigError;
use crate::require_auth::RequireAuth;
use crate::scheme::Bearer;
use crate::scheme::bearer::{IntoTokenVerifier, VerifyToken};

impl<V: VerifyToken> RequireAuth<Bearer<V>> {
    /// Requires Bearer (RFC 6750) for the realm `realm`: one of `tokens`.
    ///
    /// `tokens` is a list of tokens, with or without their owners, or any verifier. The documentation of
    /// [`IntoTokenVerifier`] lists what is accepted.
    ///
    /// It is short for `RequireAuth::new(Bearer::new(realm, tokens)?)`. For the settings of [`Bearer`], or for a second
    /// scheme, write that.
    ///
    /// # Errors
    ///
    /// The realm contains a control character; the list is empty; or a token is empty, is there twice, or has a
    /// character that no client can send.
    ///
    /// # Example
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::{Request, Response, StatusCode, header::AUTHORIZATION};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    /// use tower_challenge::scheme::Bearer;
    /// use tower_challenge::scheme::bearer::StaticTokens;
    /// use tower_challenge::{Principal, RequireAuth};
    ///
    /// async fn hello(_: Request<()>) -> Result<Response<String>, std::convert::Infallible> {
    ///     Ok(Response::new("hello".to_owned()))
    /// }
    ///
    /// let auth = RequireAuth::bearer("api", ["t0ken"])?;
    /// let service = ServiceBuilder::new().layer(auth).service(service_fn(hello));
    ///
    /// let right = Request::get("/").header(AUTHORIZATION, "Bearer t0ken").body(())?;
    /// assert_eq!(service.clone().oneshot(right).await?.status(), StatusCode::OK);
    /// let wrong = Request::get("/").header(AUTHORIZATION, "Bearer stolen").body(())?;
    /// assert_eq!(service.oneshot(wrong).await?.status(), StatusCode::UNAUTHORIZED);
    ///
    /// // Tokens with owners, one of whom has a scope; and the type of such a layer.
    /// let deployer = Principal::new("ci").with_scopes("deploy");
    /// let auth: RequireAuth<Bearer<StaticTokens>> =
    ///     RequireAuth::bearer("api", [(deployer, "t0ken"), (Principal::new("ada"), "an0ther")])?;
    /// # drop(auth);
    ///
    /// assert!(RequireAuth::bearer("api", [""]).is_err(), "an unset variable must not be a token");
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
    /// ```
    ///
    /// A `JwtVerifier` verifies JSON Web Tokens. It has to know the issuer, the audience, and the shape of the tokens:
    ///
    /// ```
    /// # #[cfg(all(feature = "testing", any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")))] {
    /// use tower_challenge::RequireAuth;
    /// use tower_challenge::jwt::{JwtVerifier, TokenProfile};
    /// # use tower_challenge::testing::TestIssuer;
    ///
    /// # fn main() -> Result<(), tower_challenge::ConfigError> {
    /// # let keys = TestIssuer::new("https://login.example/realms/shop")?.keys();
    /// let verifier = JwtVerifier::builder("https://login.example/realms/shop", keys)
    ///     .audience("https://api.example")
    ///     .profile(TokenProfile::keycloak("api"));
    /// let auth = RequireAuth::bearer("api", verifier.build())?;
    /// # drop(auth);
    /// # Ok(()) }
    /// # main().unwrap(); }
    /// ```
    pub fn bearer(
        realm: &str,
        tokens: impl IntoTokenVerifier<Verifier = V>,
    ) -> Result<Self, ConfigError> {
        Self::new(Bearer::new(realm, tokens)?)
    }
}
