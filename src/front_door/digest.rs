//! A layer with Digest.

use crate::config_error::ConfigError;
use crate::password::Lookup;
use crate::require_auth::RequireAuth;
use crate::scheme::Digest;
use crate::scheme::digest::{DigestAccount, IntoDigestLookup};

impl<L, I> RequireAuth<Digest<L>>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Requires Digest (RFC 7616) with SHA-256 for the realm `realm`: a name and a password of `accounts`.
    ///
    /// `accounts` is a list of names and passwords, or any look-up of accounts. The documentation of
    /// [`IntoDigestLookup`] lists what is accepted.
    ///
    /// It is short for `RequireAuth::new(Digest::new(realm, accounts)?)`. For other algorithms, such as MD5 for a file
    /// of Apache's `htdigest`, start with [`Digest::builder`].
    ///
    /// # Errors
    ///
    /// The realm contains a control character; `accounts` has a [fault](IntoDigestLookup::into_digest_lookup), for
    /// example an empty password; or the system random number generator failed.
    ///
    /// # Example
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::{Request, Response, StatusCode, header::{AUTHORIZATION, WWW_AUTHENTICATE}};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    /// use tower_challenge::scheme::Digest;
    /// use tower_challenge::scheme::digest::DigestAccounts;
    /// use tower_challenge::RequireAuth;
    ///
    /// async fn hello(_: Request<()>) -> Result<Response<String>, std::convert::Infallible> {
    ///     Ok(Response::new("hello".to_owned()))
    /// }
    ///
    /// let auth: RequireAuth<Digest<DigestAccounts>> = RequireAuth::digest("files", [("ada", "lovelace")])?;
    /// let service = ServiceBuilder::new().layer(auth).service(service_fn(hello));
    ///
    /// let refused = service.oneshot(Request::get("/").body(())?).await?;
    /// assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    /// assert!(refused.headers()[WWW_AUTHENTICATE].to_str()?.contains("algorithm=SHA-256"));
    ///
    /// assert!(RequireAuth::digest("files", [("ada", "")]).is_err(), "an unset variable must not be a password");
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub fn digest(
        realm: &str,
        accounts: impl IntoDigestLookup<Lookup = L>,
    ) -> Result<Self, ConfigError> {
        Self::new(Digest::new(realm, accounts)?)
    }
}
