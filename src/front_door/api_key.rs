//! A layer with API keys.

use crate::config_error::ConfigError;
use crate::require_auth::RequireAuth;
use crate::scheme::ApiKey;
use crate::scheme::bearer::{IntoTokenVerifier, VerifyToken};

impl<V: VerifyToken> RequireAuth<ApiKey<V>> {
    /// Requires an API key in the field `X-Api-Key` for the realm `realm`: one of `keys`.
    ///
    /// `keys` is a list of keys, with or without their owners, or any verifier. The documentation of [`IntoTokenVerifier`]
    /// lists what is accepted.
    ///
    /// It is short for `RequireAuth::new(ApiKey::new(realm, keys)?)`. For another [field](ApiKey::in_field), or for a second
    /// scheme, write that.
    ///
    /// # Errors
    ///
    /// The realm contains a control character; the list is empty; or a key is empty, is there twice, or has a space or a
    /// character that is not ASCII.
    ///
    /// # Example
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::{Request, Response, StatusCode, header::WWW_AUTHENTICATE};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    /// use tower_challenge::RequireAuth;
    ///
    /// async fn hello(_: Request<()>) -> Result<Response<String>, std::convert::Infallible> {
    ///     Ok(Response::new("hello".to_owned()))
    /// }
    ///
    /// let auth = RequireAuth::api_key("files", [("backup", "k3y"), ("ci", "5|kq8Zr0")])?;
    /// let service = ServiceBuilder::new().layer(auth).service(service_fn(hello));
    ///
    /// let right = Request::get("/").header("x-api-key", "k3y").body(())?;
    /// assert_eq!(service.clone().oneshot(right).await?.status(), StatusCode::OK);
    ///
    /// let wrong = Request::get("/").header("x-api-key", "stolen").body(())?;
    /// let refused = service.oneshot(wrong).await?;
    /// assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    /// assert_eq!(refused.headers()[WWW_AUTHENTICATE], r#"ApiKey realm="files", field="x-api-key""#);
    ///
    /// assert!(RequireAuth::api_key("files", [""]).is_err(), "an unset variable must not be a key");
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub fn api_key(
        realm: &str,
        keys: impl IntoTokenVerifier<Verifier = V>,
    ) -> Result<Self, ConfigError> {
        Self::new(ApiKey::new(realm, keys)?)
    }
}
