//! A layer with SCRAM.

use crate::config_error::ConfigError;
use crate::password::Lookup;
use crate::require_auth::RequireAuth;
use crate::scheme::Scram;
use crate::scheme::scram::{IntoScramLookup, ScramAccount};

impl<L, I> RequireAuth<Scram<L>>
where
    L: Lookup<str, Record = ScramAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Requires SCRAM (RFC 7804) with SHA-256 for the realm `realm`: a name and a password of `accounts`.
    ///
    /// `accounts` is a list of names and passwords, or any look-up of accounts. The documentation of
    /// [`IntoScramLookup`] lists what is accepted.
    ///
    /// It is short for `RequireAuth::new(Scram::new(realm, accounts)?)`. An application with real accounts also sets
    /// [`fake_salt_key`](crate::scheme::scram::ScramBuilder::fake_salt_key), and starts with [`Scram::builder`].
    ///
    /// # Errors
    ///
    /// The realm contains a control character; `accounts` has a [fault](IntoScramLookup::into_scram_lookup), for example
    /// an empty password; or the system random number generator failed.
    ///
    /// # Example
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::{Request, Response, StatusCode, header::WWW_AUTHENTICATE};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    /// use tower_challenge::scheme::Scram;
    /// use tower_challenge::scheme::scram::ScramAccounts;
    /// use tower_challenge::RequireAuth;
    ///
    /// async fn hello(_: Request<()>) -> Result<Response<String>, std::convert::Infallible> {
    ///     Ok(Response::new("hello".to_owned()))
    /// }
    ///
    /// let auth: RequireAuth<Scram<ScramAccounts>> = RequireAuth::scram("notes", [("ada", "lovelace")])?;
    /// let service = ServiceBuilder::new().layer(auth).service(service_fn(hello));
    ///
    /// let refused = service.oneshot(Request::get("/").body(())?).await?;
    /// assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    /// assert_eq!(refused.headers()[WWW_AUTHENTICATE], r#"SCRAM-SHA-256 realm="notes""#);
    ///
    /// assert!(RequireAuth::scram("notes", [("ada", "")]).is_err(), "an unset variable must not be a password");
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub fn scram(
        realm: &str,
        accounts: impl IntoScramLookup<Lookup = L>,
    ) -> Result<Self, ConfigError> {
        Self::new(Scram::new(realm, accounts)?)
    }
}
