//! A layer with Basic.

use crate::config_error::ConfigError;
use crate::password::{IntoPasswordVerifier, VerifyPassword};
use crate::require_auth::RequireAuth;
use crate::scheme::Basic;

impl<V: VerifyPassword> RequireAuth<Basic<V>> {
    /// Requires Basic (RFC 7617) for the realm `realm`: a name and a password of `accounts`.
    ///
    /// `accounts` is a list of names and passwords, a list or a file of names and hashes, or any verifier. The
    /// documentation of [`IntoPasswordVerifier`] lists what is accepted. The passwords of people belong in slow hashes.
    ///
    /// It is short for `RequireAuth::new(Basic::new(realm, accounts)?)`. For the settings of [`Basic`], or for a second
    /// scheme, write that.
    ///
    /// # Errors
    ///
    /// The realm contains a control character, or `accounts` has a
    /// [fault](IntoPasswordVerifier::into_password_verifier). For example, the list is empty, or has an empty password.
    ///
    /// # Example
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::{Request, Response, StatusCode, header::AUTHORIZATION};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    /// use tower_challenge::RequireAuth;
    ///
    /// async fn hello(_: Request<()>) -> Result<Response<String>, std::convert::Infallible> {
    ///     Ok(Response::new("hello".to_owned()))
    /// }
    ///
    /// let auth = RequireAuth::basic("files", [("ada", "lovelace")])?;
    /// let service = ServiceBuilder::new().layer(auth).service(service_fn(hello));
    ///
    /// let ada = Request::get("/").header(AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl").body(())?;
    /// assert_eq!(service.clone().oneshot(ada).await?.status(), StatusCode::OK);
    /// assert_eq!(service.oneshot(Request::get("/").body(())?).await?.status(), StatusCode::UNAUTHORIZED);
    ///
    /// assert!(RequireAuth::basic("files", [("ada", "")]).is_err(), "an unset variable must not be a password");
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
    /// ```
    ///
    /// Accounts from the environment, a file of hashes, hashes, and a function of the application:
    ///
    /// ```no_run
    /// # #[cfg(feature = "htpasswd")] {
    /// use std::env;
    ///
    /// use tower_challenge::password::hash::HashFormats;
    /// use tower_challenge::password::{HashedAccounts, HashedPasswords, PlaintextAccounts, htpasswd};
    /// use tower_challenge::scheme::Basic;
    /// use tower_challenge::{Principal, RequireAuth, Secret};
    ///
    /// struct App {
    ///     tools: RequireAuth<Basic<PlaintextAccounts>>,
    ///     people: RequireAuth<Basic<HashedPasswords<HashedAccounts>>>,
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // `ADA=lovelace`, or `ACCOUNTS` with a line `name:password` for each account
    /// let ada = RequireAuth::basic("files", [("ada", env::var("ADA")?)])?;
    /// let accounts = env::var("ACCOUNTS")?;
    /// let accounts = accounts.lines().filter_map(|line| line.split_once(':'));
    /// let tools = RequireAuth::basic("files", accounts.collect::<Vec<_>>())?;
    ///
    /// let hash = "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy";
    /// let people = RequireAuth::basic("files", HashedAccounts::new([("ada", hash)]))?;
    /// let file = RequireAuth::basic("files", htpasswd("/etc/app/users", HashFormats::new()))?;
    ///
    /// let is_right = |name: &str, password: Secret<'_>| {
    ///     ((name == "ada") & password.matches("lovelace")).then(|| Principal::new("ada"))
    /// };
    /// let function = RequireAuth::basic("files", is_right)?;
    /// # let _ = (ada, file, function);
    /// let app = App { tools, people };
    /// # let _ = (app.tools, app.people);
    /// # Ok(()) }
    /// # main().unwrap(); }
    /// ```
    pub fn basic(
        realm: &str,
        accounts: impl IntoPasswordVerifier<Verifier = V>,
    ) -> Result<Self, ConfigError> {
        Self::new(Basic::new(realm, accounts)?)
    }
}
