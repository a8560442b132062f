//! Offers a login with responses that need none, and advises interactive clients (RFC 8053).

use std::sync::Arc;

use http::Request;

use super::RequireAuth;
use super::identity::AnonymousRequest;
use super::layer::challenges_for_anyone;
use super::rules::{LayerRules, TlsRule};
use crate::config_error::ConfigError;
use crate::header::AuthenticationControl;
use crate::request_head::RequestHead;
use crate::respond::LoginHints;
use crate::scheme::Scheme;
use crate::server_role::ServerRole;

impl<A: Scheme, R> RequireAuth<A, R> {
    /// Offers a login with each response to a request that passes without credentials, because authentication is
    /// [optional](Self::optional) or the request is [public](Self::public).
    ///
    /// The response then has `Optional-WWW-Authenticate` ([RFC 8053 section
    /// 3](https://www.rfc-editor.org/rfc/rfc8053#section-3), experimental) with the challenges that a `401` would have. A
    /// client that does not know the field ignores it, and no browser knows it. So the layer has to be asked for it.
    ///
    /// These responses have no offer:
    ///
    /// - a `401`, and a response that has a `WWW-Authenticate` of its own
    /// - the response to a request with credentials, right or wrong, also on a public path, where the layer does not
    ///   judge them
    /// - the response to a request without TLS, if the layer [requires TLS](Self::require_tls)
    /// - all responses of a layer for a [proxy](Self::proxy): the RFC defines the field for origin servers alone
    ///
    /// # Caches
    ///
    /// The layer adds `Authorization` to the `Vary` of all responses to requests that pass without a caller: otherwise a
    /// cache could send an offer to a client that is logged in, which would take its login for failed. A shared cache then
    /// no longer stores public responses for clients with and without credentials together.
    ///
    /// A scheme makes a challenge for each offer, which costs as much as for a `401`. A cache may store a challenge
    /// with a nonce, and serve it to several clients and for longer than the nonce lives. Such a client gets `401` with a new nonce
    /// (`stale=true` with Digest), so an offer is for pages that caches do not store for long.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "basic")] {
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::header::AUTHORIZATION;
    /// use http::{Request, Response};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    /// use tower_challenge::RequireAuth;
    ///
    /// async fn notes(_: Request<()>) -> Result<Response<()>, std::convert::Infallible> {
    ///     Ok(Response::new(()))
    /// }
    ///
    /// let auth = RequireAuth::basic("notes", [("ada", "lovelace")])?.optional().offer_login();
    /// let service = ServiceBuilder::new().layer(auth).service(service_fn(notes));
    ///
    /// let response = service.clone().oneshot(Request::get("/").body(())?).await?;
    /// assert_eq!(response.status(), 200);
    /// assert_eq!(response.headers()["optional-www-authenticate"], r#"Basic realm="notes", charset="UTF-8""#);
    ///
    /// let wrong = Request::get("/").header(AUTHORIZATION, "Basic YWRhOmhvcHBlcg==").body(())?;
    /// let response = service.oneshot(wrong).await?;
    /// assert_eq!(response.status(), 401);
    /// assert!(!response.headers().contains_key("optional-www-authenticate"));
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
    /// ```
    pub fn offer_login(mut self) -> Self {
        self.rules.change().offers_login = true;
        self
    }

    /// Advises interactive clients with `Authentication-Control` ([RFC 8053 section
    /// 4](https://www.rfc-editor.org/rfc/rfc8053#section-4), experimental): for example, to forget the credentials after ten
    /// minutes.
    ///
    /// **This protects nothing.** A client may ignore the field, most clients do, and no browser knows it. A logout of the
    /// server's own needs a session that the server can end.
    ///
    /// The layer sends each parameter where it counts, and leaves it out elsewhere:
    ///
    /// | response | parameters |
    /// |---|---|
    /// | `401` of the layer, except in the middle of an exchange | `auth-style`, `location-when-unauthenticated`, `no-auth`, `username` |
    /// | with an [offer](Self::offer_login) of a login | `username` |
    /// | of the inner service to an admitted caller, except its own `401`; `403` of a policy | `location-when-logout`, `logout-timeout` |
    ///
    /// It leaves a response as it is that already has the field, so a handler can say something else. A layer for a
    /// [proxy](Self::proxy) does not send it.
    ///
    /// # Errors
    ///
    /// Fails if an entry is for a scheme and a realm of which the layer sends no challenge, because clients would
    /// ignore it.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "basic")] {
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use http::header::AUTHORIZATION;
    /// use http::{Request, Response};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    /// use tower_challenge::RequireAuth;
    /// use tower_challenge::header::{ControlEntry, SchemeName};
    ///
    /// async fn notes(_: Request<()>) -> Result<Response<()>, std::convert::Infallible> {
    ///     Ok(Response::new(()))
    /// }
    ///
    /// let advice = ControlEntry::builder(SchemeName::BASIC)
    ///     .realm("notes")
    ///     .logout_timeout(Duration::from_secs(600))
    ///     .build()?;
    /// let auth = RequireAuth::basic("notes", [("ada", "lovelace")])?.authentication_control(advice)?;
    /// let service = ServiceBuilder::new().layer(auth).service(service_fn(notes));
    ///
    /// let right = Request::get("/").header(AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl").body(())?;
    /// let response = service.clone().oneshot(right).await?;
    /// assert_eq!(response.status(), 200);
    /// assert_eq!(response.headers()["authentication-control"], r#"Basic realm="notes", logout-timeout=600"#);
    ///
    /// let response = service.oneshot(Request::get("/").body(())?).await?;
    /// assert_eq!(response.status(), 401);
    /// assert!(!response.headers().contains_key("authentication-control"), "there is no login that could end");
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
    /// ```
    pub fn authentication_control(
        mut self,
        control: impl Into<AuthenticationControl>,
    ) -> Result<Self, ConfigError> {
        let control = control.into();
        let challenges = challenges_for_anyone(&*self.rules.scheme);
        for entry in control.iter() {
            if !challenges.iter().any(|challenge| entry.is_for(challenge)) {
                return Err(ConfigError::new(format!(
                    "no challenge of the layer has the scheme and the realm of the entry `{entry}` of Authentication-Control"
                )));
            }
        }
        self.rules.change().hints = Some(Arc::new(LoginHints::new(&control)));
        Ok(self)
    }
}

impl<A: Scheme> LayerRules<A> {
    /// Returns the hints for clients, if this is an origin server: RFC 8053 is not about proxies.
    pub(super) fn hints_of_origin(&self) -> Option<&Arc<LoginHints>> {
        let hints = self.hints.as_ref();
        hints.filter(|_| self.role == ServerRole::Origin)
    }

    /// Whether the layer may offer a login with responses.
    pub(super) fn offers_login(&self) -> bool {
        self.offers_login && self.role == ServerRole::Origin
    }

    /// Whether the layer may offer a login with the response to `request`, which passes without a caller.
    ///
    /// A client with credentials would take an offer for the failure of its login, and it must get a `401` for that (RFC
    /// 8053 section 3). So the layer makes no offer if the client has sent credentials, also to a layer around this one.
    pub(super) fn may_offer_login<B>(&self, request: &Request<B>) -> bool {
        if !self.offers_login() {
            return false;
        }
        let head = RequestHead::of(request);
        let around = request.extensions().get::<AnonymousRequest<A::Identity>>();
        let had_credentials = self.admitted_around(&head).is_some()
            || around.is_some_and(|around| around.removed().is_some());
        let attempt = self.read_attempt(head);
        let has_credentials = !attempt.is_absent() || self.scheme.may_claim(&attempt);
        // A challenge would ask the client to send its secret over a connection that others can read.
        let is_safe = || self.tls == TlsRule::Optional || self.tls.admits(&self.client.find(&head));
        !had_credentials && !has_credentials && is_safe()
    }
}
