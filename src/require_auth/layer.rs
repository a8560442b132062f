//! The layer and its settings.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Request};
use tower_layer::Layer;

use super::prepared_rules::PreparedRules;
use super::rules::{DecisionDeadline, LayerRules, TlsRule};
use super::{Inner401, PublicPaths, RequireAuthService};
use crate::audit::Audit;
use crate::client::ClientResolver;
use crate::clock::{Clock, Timer};
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::header::Challenge;
use crate::identity_names::IdentityNames;
use crate::policy::Policy;
use crate::request_head::RequestHead;
use crate::respond::EmptyBody;
use crate::scheme::{Attempt, Scheme, ServerRole};
use crate::throttle::Throttle;

/// Requires authentication: the layer that wraps services into [`RequireAuthService`]s.
///
/// There are two ways to protect several routes. Put one layer around the whole router, and give each route a
/// [`RequirePolicy`](crate::RequirePolicy) with its requirements. Or clone the layer for each route, and give each
/// clone a [policy](Self::policy) of its own; clones share the scheme and everything that the scheme remembers.
///
/// `RequireAuth::basic`, `RequireAuth::bearer`, `RequireAuth::digest` and `RequireAuth::api_key` make a layer with one
/// scheme, from a list of accounts, tokens or keys, or from a verifier. [`new`](Self::new) takes any scheme, and several.
///
/// A clone may be inside another clone. The inner one then uses the caller whom the outer one has admitted. It asks its
/// own policies, and does not verify the credentials again, so it reserves no attempt at its [throttle](Self::throttle).
/// If the outer one has admitted no caller, because the request is [public](Self::public) or authentication is
/// [optional](Self::optional), the inner one verifies the credentials. It also does so if code between them has removed
/// the credentials field, has added a second one, or has replaced it by a field that is not marked as sensitive. Nothing
/// else that a signature covers is compared. Put a throttle on the outermost clone.
///
/// Do not put two layers inside each other that are not clones. Some credentials are good for one use, such as a nonce
/// count of Digest. The outer layer uses them up, and the inner layer always answers that they are stale.
///
/// # Caches
///
/// A shared cache stores no response to a request with an `Authorization` field, unless the response allows it with
/// `public`, `s-maxage` or `must-revalidate` (RFC 9111 section 3.5). It does not know other places of credentials, such as
/// an API key, a cookie or a presigned URL. So the layer adds `Cache-Control: private` to each response of the inner
/// service to an admitted caller without that field, unless the response has one of these directives or is `private` already. For
/// example, `max-age=60` becomes `max-age=60, private`. If the response allows sharing, the layer adds the field of the
/// credentials to `Vary`. A scheme that reads another field [names](crate::scheme::Scheme::credentials_fields) it. The layer
/// then adds that field to `Vary`, too, and always where the caller sent no `Authorization`.
///
/// # The inner service
///
/// The service inside the layer must be `Clone`. Put another service into a `tower::buffer::Buffer`, or return it as a
/// `tower::util::BoxCloneService`.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "basic")] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use http::{Request, Response, StatusCode, header::{AUTHORIZATION, WWW_AUTHENTICATE}};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
/// use tower_challenge::{Authenticated, Principal, RequireAuth};
///
/// async fn hello(request: Request<String>) -> Result<Response<String>, std::convert::Infallible> {
///     let caller = request.extensions().get::<Authenticated<Principal>>().expect("the layer admitted the request");
///     Ok(Response::new(format!("hello {}", caller.name())))
/// }
///
/// let service = ServiceBuilder::new()
///     .layer(RequireAuth::basic("files", [("Aladdin", "open sesame")])?)
///     .service(service_fn(hello));
///
/// let right = Request::get("/").header(AUTHORIZATION, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==").body(String::new())?;
/// let response = service.clone().oneshot(right).await?;
/// assert_eq!(response.status(), StatusCode::OK);
/// assert_eq!(response.body(), "hello Aladdin");
///
/// let response = service.oneshot(Request::get("/").body(String::new())?).await?;
/// assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
/// assert_eq!(response.headers()[WWW_AUTHENTICATE], r#"Basic realm="files", charset="UTF-8""#);
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
///
/// # The type of a layer
///
/// The type names the scheme, and behind it the verifier. A struct that has a layer names it like this:
///
/// | layer | type |
/// |---|---|
/// | `RequireAuth::basic(realm, [(name, password)])` | `RequireAuth<Basic<PlaintextAccounts>>` |
/// | `RequireAuth::basic(realm, HashedAccounts::new([(name, hash)]))` | `RequireAuth<Basic<HashedPasswords<HashedAccounts>>>` |
/// | `RequireAuth::bearer(realm, [token])` | `RequireAuth<Bearer<StaticTokens>>` |
/// | `RequireAuth::bearer(realm, verifier)` with a `JwtVerifier` | `RequireAuth<Bearer<JwtVerifier>>` |
/// | `RequireAuth::digest(realm, [(name, password)])` | `RequireAuth<Digest<DigestAccounts>>` |
/// | `RequireAuth::new(Mutual::new(&space, host, accounts)?)` with `MutualAccounts` | `RequireAuth<Mutual<MutualAccounts>>` |
/// | `RequireAuth::new(scheme.boxed())`, for any scheme | `RequireAuth<BoxScheme>` |
/// | one of these with a [renderer](Self::respond_with), such as `.respond_with(GrpcErrors::new())` | `RequireAuth<Bearer<StaticTokens>, GrpcErrors>` |
///
/// A function that takes any of them has the bound [`PlainScheme`](crate::PlainScheme):
/// `fn app(auth: RequireAuth<impl PlainScheme>)`. A function that returns a layer with a renderer names it as the second
/// parameter: `fn auth() -> Result<RequireAuth<impl PlainScheme, GrpcErrors>, ConfigError>`.
#[must_use]
pub struct RequireAuth<A: Scheme, R = EmptyBody> {
    pub(super) rules: PreparedRules<A>,
    respond: R,
}

impl<A: Scheme> RequireAuth<A> {
    /// Makes a layer that admits the callers whom `scheme` admits.
    ///
    /// For several schemes, pass a tuple with the strongest first, or a `Vec` of boxed schemes.
    ///
    /// # Errors
    ///
    /// Fails if the scheme offers no challenge, because no client could ever authenticate. For example, an empty list
    /// of schemes offers none.
    pub fn new(scheme: A) -> Result<Self, ConfigError> {
        let challenges = challenges_of(&scheme, &Request::new(()));
        if challenges.is_empty() {
            return Err(ConfigError::new(
                "the scheme offers no challenge: configure at least one scheme",
            ));
        }
        let to_scripts = challenges_to_scripts(&scheme);
        let rules = LayerRules::new(scheme, &challenges, &to_scripts);
        Ok(Self::of(PreparedRules::new(rules), EmptyBody))
    }
}

/// Returns the challenges of `scheme` for scripts.
///
/// Some schemes have another name in them, see `Basic::hide_from_scripts`. The layer has to know both names, to find the
/// scheme that a client names.
fn challenges_to_scripts<A: Scheme>(scheme: &A) -> Vec<Challenge> {
    let script = HeaderValue::from_static("XMLHttpRequest");
    let mut request = Request::new(());
    request.headers_mut().insert("x-requested-with", script);
    challenges_of(scheme, &request)
}

/// Returns all challenges of `scheme`, for scripts and for other clients.
pub(super) fn challenges_for_anyone<A: Scheme>(scheme: &A) -> Vec<Challenge> {
    let mut challenges = challenges_of(scheme, &Request::new(()));
    challenges.extend(challenges_to_scripts(scheme));
    challenges
}

/// Returns the challenges of `scheme` for a client that sends `request`.
fn challenges_of<A: Scheme>(scheme: &A, request: &Request<()>) -> Vec<Challenge> {
    let mut challenges = Vec::new();
    let attempt = Attempt::read(RequestHead::of(request), ServerRole::Origin);
    scheme.challenge(&attempt, None, &mut challenges);
    challenges
}

impl<A: Scheme, R> RequireAuth<A, R> {
    pub(super) const fn of(rules: PreparedRules<A>, respond: R) -> Self {
        Self { rules, respond }
    }

    /// Authenticates to a proxy and not to an origin server (RFC 9110 section 11.7).
    ///
    /// The layer reads `Proxy-Authorization`, refuses with `407` and sends its challenges in `Proxy-Authenticate`. It
    /// removes `Proxy-Authorization` before it calls the inner service, because those credentials are meant for this
    /// proxy.
    pub fn proxy(mut self) -> Self {
        self.rules.change().role = ServerRole::Proxy;
        self.rules.change().strip = true;
        self
    }

    /// Makes authentication optional: a request **without** credentials passes, without an identity. Wrong credentials
    /// are refused as always.
    ///
    /// It has no effect on a layer with a [policy](Self::policy): the policy binds every request that is not public, so
    /// a request without credentials gets `401` with the challenges. For example, all clients may read and only editors
    /// may write. Then make reading [public](Self::public), or give the route for writing a
    /// [`RequirePolicy`](crate::RequirePolicy) of its own.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "basic")] {
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::{Method, Request, Response};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    /// use tower_challenge::password::OneAccount;
    /// use tower_challenge::policy::{any_caller, by_method, role};
    /// use tower_challenge::scheme::Basic;
    /// use tower_challenge::RequireAuth;
    ///
    /// async fn notes(_: Request<()>) -> Result<Response<()>, std::convert::Infallible> {
    ///     Ok(Response::new(()))
    /// }
    ///
    /// let auth = RequireAuth::new(Basic::new("notes", OneAccount::new("ada", "lovelace")?)?)?.optional();
    /// let open = ServiceBuilder::new().layer(auth.clone()).service(service_fn(notes));
    /// assert_eq!(open.oneshot(Request::get("/").body(())?).await?.status(), 200);
    ///
    /// let policy = by_method().on([Method::GET], any_caller()).on([Method::POST], role("editor")?).build()?;
    /// let bound = ServiceBuilder::new().layer(auth.policy(policy)).service(service_fn(notes));
    /// assert_eq!(bound.clone().oneshot(Request::post("/").body(())?).await?.status(), 401);
    /// assert_eq!(bound.oneshot(Request::get("/").body(())?).await?.status(), 401, "the policy binds reading, too");
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
    /// ```
    pub fn optional(mut self) -> Self {
        self.rules.change().optional = true;
        self
    }

    /// Lets requests for public paths pass. The layer does not look at their credentials, right or wrong.
    ///
    /// Every further call of this method or of [`public`](Self::public) adds to the public requests. A route with a
    /// [`RequirePolicy`](crate::RequirePolicy) is never public.
    ///
    /// # Example
    ///
    /// ```
    /// use http::Method;
    /// use tower_challenge::require_auth::PublicPaths;
    /// use tower_challenge::{ConfigError, RequireAuth, Scheme};
    ///
    /// fn with_health<A: Scheme>(auth: RequireAuth<A>) -> Result<RequireAuth<A>, ConfigError> {
    ///     Ok(auth.public_paths(PublicPaths::exactly([Method::GET], "/health")?))
    /// }
    /// assert!(PublicPaths::exactly([Method::GET], "/health/").is_err());
    /// ```
    pub fn public_paths(self, paths: PublicPaths) -> Self {
        self.public(move |request| paths.contains(request))
    }

    /// Lets requests pass for which `is_public` returns `true`. The layer does not look at their credentials, right or
    /// wrong.
    ///
    /// Every further call adds to the public requests. If the path decides, use [`public_paths`](Self::public_paths): a
    /// plain comparison of prefixes also matches paths that a router resolves to another route. For example,
    /// `/assets/../admin` begins with `/assets/`.
    pub fn public<F>(mut self, is_public: F) -> Self
    where
        F: Fn(&RequestHead<'_>) -> bool + Send + Sync + 'static,
    {
        let before = self.rules.change().public.take();
        self.rules.change().public = Some(Arc::new(move |request| {
            before.as_ref().is_some_and(|before| before(request)) || is_public(request)
        }));
        self
    }

    /// Sets how the layer finds the client that sent a request. The throttle, the audit and the check for TLS use the
    /// result.
    ///
    /// By default the layer uses the connection alone, and trusts no header field. Behind a reverse proxy, pass a
    /// resolver that trusts the fields of that proxy.
    pub fn client(mut self, resolver: ClientResolver) -> Self {
        self.rules.change().client = resolver;
        self
    }

    /// Requires TLS. A request that came without TLS gets `403`, before a scheme reads its credentials. The refusal has
    /// no challenge, so that no browser sends its password over that connection.
    ///
    /// The server marks encrypted connections with [`SecureTransport`](crate::client::SecureTransport). Behind a
    /// reverse proxy, the proxy says so in a header field, see [`client`](Self::client). A request without either
    /// counts as one without TLS. Public requests pass without TLS.
    ///
    /// On a laptop without TLS, every request therefore gets this `403`, which has no body by default. During development,
    /// call [`require_tls_beyond_loopback`](Self::require_tls_beyond_loopback) instead.
    ///
    /// A client that sent credentials in clear text has already exposed them. Its user should change the password.
    pub fn require_tls(mut self) -> Self {
        self.rules.change().tls = TlsRule::Required;
        self
    }

    /// Requires TLS as [`require_tls`](Self::require_tls) does, except from clients on this machine.
    ///
    /// A client is on this machine if the connection and the client have loopback addresses, and no header field shows
    /// that a proxy was between them. The server has to tell the layer the address: with axum, serve
    /// `app.into_make_service_with_connect_info::<SocketAddr>()`; with another server, insert a
    /// [`PeerAddress`](crate::client::PeerAddress). Otherwise every request gets `403`.
    ///
    /// A proxy on this machine that adds no such field looks like a client on this machine. Use `require_tls` behind
    /// such a proxy.
    pub fn require_tls_beyond_loopback(mut self) -> Self {
        self.rules.change().tls = TlsRule::BeyondLoopback;
        self
    }

    /// Requires `policy` of every request that is not public.
    ///
    /// Every call adds a policy. All policies must allow the request; the layer asks them in the order of the calls and
    /// stops at the first refusal.
    ///
    /// A layer asks policies only about authenticated callers. A request without credentials therefore gets `401`, also
    /// if authentication is [optional](Self::optional).
    pub fn policy(mut self, policy: impl Policy<A::Identity>) -> Self {
        self.rules.change().policies.push(Arc::new(policy));
        self
    }

    /// Limits guessing with `throttle`.
    ///
    /// The throttle reserves an attempt before a scheme judges the credentials, for the account that they claim and the
    /// [client](Self::client) that sent them. If the attempts are used up, the client gets `429` with `Retry-After`.
    ///
    /// The server has to tell the layer the address of the client: see [`client`](crate::client). If it does not, all
    /// clients share one count for each account, so one attacker can lock the account for its owner. The layer reports
    /// that once, as a [note](Audit::note) to its audit and as an event of `tracing` (feature `tracing`).
    pub fn throttle(mut self, throttle: impl Throttle) -> Self {
        self.rules.change().throttle = Some(Arc::new(throttle));
        self
    }

    /// Sends an event to `audit` for every decision.
    ///
    /// A layer has one audit, so a further call replaces it. Combine several audits into one with [`and`](Audit::and).
    pub fn audit(mut self, audit: impl Audit) -> Self {
        self.rules.change().audit = Some(Arc::new(audit));
        self
    }

    /// Sets the name of an identity in audit events. By default a [`Principal`](crate::Principal) has its own name, and
    /// any other identity has none.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::{RequireAuth, Scheme};
    ///
    /// struct User {
    ///     id: u64,
    /// }
    ///
    /// fn audited<A: Scheme<Identity = User>>(auth: RequireAuth<A>) -> RequireAuth<A> {
    ///     auth.name_identity(|user| user.id.to_string().into())
    /// }
    /// ```
    pub fn name_identity<F>(mut self, name: F) -> Self
    where
        F: Fn(&A::Identity) -> Cow<'_, str> + Send + Sync + 'static,
    {
        self.rules.change().names = IdentityNames::by(name);
        self
    }

    /// Sets the clock of the audit events: their time, and the time that a decision took. Without an audit, the layer
    /// does not read the clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.rules.change().clock = Arc::new(clock);
        self
    }

    /// Limits how long a decision may wait for verifiers, stores and policies. After `limit` the client gets `503` with
    /// `Retry-After`. Without a deadline, a database that hangs holds every request that asks it.
    ///
    /// A [`RequirePolicy`](crate::RequirePolicy) inside the layer has the same limit for its own decision, which starts
    /// when that decision begins to wait. The time to read a body does not count;
    /// [`BodyLimits`](crate::scheme::BodyLimits) limit it. A decision that does not wait starts no timer.
    ///
    /// After the deadline, an attempt that the [throttle](Self::throttle) had reserved stays used up. The comparison
    /// that was cut off may go on, and a verifier such as `HashedPasswords` remembers its result. Therefore:
    ///
    /// - Choose a `limit` that is longer than the computation of a password hash, and longer than the deadline of its
    ///   pool.
    /// - Give the look-up of an account a shorter limit of its own, which answers
    ///   [`Unavailable::not_compared`](crate::Unavailable::not_compared). A database that hangs then uses up no
    ///   attempts of its users.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "tokio")] {
    /// use std::time::Duration;
    /// use tower_challenge::clock::TokioClock;
    /// use tower_challenge::{RequireAuth, Scheme};
    ///
    /// fn impatient<A: Scheme>(auth: RequireAuth<A>) -> RequireAuth<A> {
    ///     auth.deadline(Duration::from_secs(5), TokioClock::new())
    /// }
    /// # }
    /// ```
    pub fn deadline(mut self, limit: Duration, timer: impl Timer) -> Self {
        self.rules.change().deadline = Some(DecisionDeadline::new(limit, timer));
        self
    }

    /// Sends all challenges in one field line, for clients that read only the first line. By default the layer sends
    /// one line for each challenge, which most clients expect.
    pub fn join_challenges(mut self) -> Self {
        self.rules.change().joined = true;
        self
    }

    /// Lets scripts of other origins read the fields that this layer adds to responses.
    ///
    /// The layer names `WWW-Authenticate`, `Authentication-Info` and `Retry-After` in `Access-Control-Expose-Headers`,
    /// in refusals and in responses of the inner service. It names `Optional-WWW-Authenticate` and
    /// `Authentication-Control` in the responses to which it adds them, and the fields that a scheme adds, such as
    /// `DPoP-Nonce`. For refusals of [`GrpcErrors`](crate::respond::GrpcErrors) it
    /// also names the gRPC status fields.
    ///
    /// This setting alone allows no origin. Put a CORS layer around this layer: without `Access-Control-Allow-Origin`,
    /// a script sees a refusal only as a network error. A CORS layer with a list of exposed fields may overwrite the
    /// list of this layer, as that of tower-http does. In that case, name the fields in the CORS layer instead.
    pub fn expose_to_scripts(mut self) -> Self {
        self.rules.change().exposed = true;
        self
    }

    /// Removes the credentials field from the request before the layer calls the inner service. By default the field
    /// stays, and the layer marks its value sensitive, so that `Debug` output does not show it.
    ///
    /// Credentials in other [fields](crate::scheme::CredentialsField) never reach the inner service of an admitted caller. For
    /// example, the layer removes the key of `ApiKey`. With this setting, it also removes them from requests that pass
    /// without a caller.
    pub fn strip_credentials(mut self) -> Self {
        self.rules.change().strip = true;
        self
    }

    /// Sets how the layer changes a `401` that the inner service answers. By default it stays as it is.
    pub fn inner_401(mut self, handling: Inner401) -> Self {
        self.rules.change().inner_401 = handling;
        self
    }

    /// Renders refusals with `respond`: a renderer of [`respond`](crate::respond), or a closure from
    /// `(&Denial, &RequestHead<'_>)` to a response. By default refusals have no body.
    pub fn respond_with<Q>(self, respond: Q) -> RequireAuth<A, Q> {
        RequireAuth::of(self.rules, respond)
    }
}

impl<A: Scheme, R: Clone, S: Clone> Layer<S> for RequireAuth<A, R> {
    type Service = RequireAuthService<S, A, R>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireAuthService::new(inner, self.rules.prepared(), self.respond.clone())
    }
}

clones! { impl[A: Scheme, R: Clone] RequireAuth[A, R] { rules, respond } }

shows! { impl[A: Scheme, R] RequireAuth[A, R] as self { rules: *self.rules } }
