//! The layer, and what it can be told.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Request};
use tower_layer::Layer;

use super::rules::{DecisionDeadline, IdentityNames, LayerRules, TlsRule};
use super::{Inner401, PublicPaths, RequireAuthService};
use crate::audit::Audit;
use crate::client::ClientResolver;
use crate::clock::{Clock, Timer};
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::header::Challenge;
use crate::policy::Policy;
use crate::request_head::RequestHead;
use crate::respond::EmptyBody;
use crate::scheme::{Attempt, Scheme, ServerRole};
use crate::throttle::Throttle;

/// Protects services: the layer that makes [`RequireAuthService`]s.
///
/// A clone shares the scheme and all that it remembers, so that one can be cloned for each route and given a policy of
/// its own. Or one is put around a whole router, and each route says with a [`RequirePolicy`](crate::RequirePolicy) what it takes. Do not
/// put one inside another: credentials that can be used once, such as those of Digest, are used up by the first, and the
/// second tells the client for ever that they are stale.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "basic")] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use http::{Request, Response, StatusCode, header::{AUTHORIZATION, WWW_AUTHENTICATE}};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
/// use tower_challenge::password::OneAccount;
/// use tower_challenge::scheme::Basic;
/// use tower_challenge::{Authenticated, Principal, RequireAuth};
///
/// async fn hello(request: Request<String>) -> Result<Response<String>, std::convert::Infallible> {
///     let caller = request.extensions().get::<Authenticated<Principal>>().expect("the layer let it through");
///     Ok(Response::new(format!("hello {}", caller.name())))
/// }
///
/// let service = ServiceBuilder::new()
///     .layer(RequireAuth::new(Basic::new("files", OneAccount::new("Aladdin", "open sesame")?)?)?)
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
#[must_use]
pub struct RequireAuth<A: Scheme, R = EmptyBody> {
    rules: LayerRules<A>,
    respond: R,
}

impl<A: Scheme> RequireAuth<A> {
    /// Lets through whom `scheme` admits. Several schemes are a tuple, strongest first, or a `Vec` of boxed ones.
    ///
    /// # Errors
    ///
    /// The scheme has no challenge to offer (an empty list of schemes has none), so that nobody could ever get in.
    pub fn new(scheme: A) -> Result<Self, ConfigError> {
        let mut request = Request::new(());
        let challenges = told(&scheme, &request);
        if challenges.is_empty() {
            return Err(ConfigError::new("there is no scheme: name at least one"));
        }
        let script = HeaderValue::from_static("a script");
        request.headers_mut().insert("x-requested-with", script);
        let to_scripts = told(&scheme, &request);
        Ok(Self {
            rules: LayerRules::new(scheme, &challenges, &to_scripts),
            respond: EmptyBody,
        })
    }
}

/// What `scheme` tells whoever sends `request`.
fn told<A: Scheme>(scheme: &A, request: &Request<()>) -> Vec<Challenge> {
    let mut challenges = Vec::new();
    let attempt = Attempt::read(RequestHead::of(request), ServerRole::Origin);
    scheme.challenge(&attempt, None, &mut challenges);
    challenges
}

impl<A: Scheme, R> RequireAuth<A, R> {
    /// Acts for a proxy (RFC 9110 section 11.7): `407`, `Proxy-Authenticate`, `Proxy-Authorization`. The credentials
    /// field is meant for this proxy, and is not handed on.
    pub fn proxy(mut self) -> Self {
        self.rules.role = ServerRole::Proxy;
        self.rules.strip = true;
        self
    }

    /// Lets requests **without** credentials through, without an identity. Bad credentials are refused as ever.
    ///
    /// Beside a policy on the layer ([`permit`](Self::permit)) it opens nothing: a stranger gets `401` with the challenges,
    /// because the policy binds every request that is not public. For reading by everybody and writing by editors, make
    /// the reading [public](Self::public), or give the writing route a [`RequirePolicy`](crate::RequirePolicy) of its own.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "basic")] {
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::{Method, Request, Response};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    /// use tower_challenge::password::OneAccount;
    /// use tower_challenge::policy::{by_method, role};
    /// use tower_challenge::scheme::Basic;
    /// use tower_challenge::{Principal, RequestHead, RequireAuth};
    ///
    /// async fn notes(_: Request<()>) -> Result<Response<()>, std::convert::Infallible> {
    ///     Ok(Response::new(()))
    /// }
    ///
    /// let auth = RequireAuth::new(Basic::new("notes", OneAccount::new("ada", "lovelace")?)?)?.optional();
    /// let open = ServiceBuilder::new().layer(auth.clone()).service(service_fn(notes));
    /// assert_eq!(open.oneshot(Request::get("/").body(())?).await?.status(), 200);
    ///
    /// let anyone = |_: &Principal, _: &RequestHead<'_>| true;
    /// let policy = by_method().on([Method::GET], anyone).on([Method::POST], role("editor")?).build()?;
    /// let bound = ServiceBuilder::new().layer(auth.policy(policy)).service(service_fn(notes));
    /// assert_eq!(bound.clone().oneshot(Request::post("/").body(())?).await?.status(), 401);
    /// assert_eq!(bound.oneshot(Request::get("/").body(())?).await?.status(), 401, "a stranger is no caller");
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
    /// ```
    pub fn optional(mut self) -> Self {
        self.rules.optional = true;
        self
    }

    /// Lets requests of public paths through, whatever credentials they carry: these are not looked at.
    ///
    /// Called again, or beside [`public`](Self::public), it adds to what is public. A route with a
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

    /// Lets requests through that `is_public` says are, whatever credentials they carry: these are not looked at.
    ///
    /// Called again, it adds to what is public. Where a path decides, use [`public_paths`](Self::public_paths): a
    /// prefix also matches what a router resolves elsewhere.
    pub fn public<F>(mut self, is_public: F) -> Self
    where
        F: Fn(&RequestHead<'_>) -> bool + Send + Sync + 'static,
    {
        let before = self.rules.public.take();
        self.rules.public = Some(Arc::new(move |request| {
            before.as_ref().is_some_and(|before| before(request)) || is_public(request)
        }));
        self
    }

    /// Finds out with `find` who sent a request, for the throttle, the audit, and whether there is TLS. Without it, by
    /// the connection alone: no field is believed.
    pub fn client(mut self, find: ClientResolver) -> Self {
        self.rules.client = find;
        self
    }

    /// Answers `403` to whoever did not come through TLS, before anything is asked or told: without a challenge, no
    /// browser sends its password.
    ///
    /// The server says which connections are encrypted, with [`SecureTransport`](crate::client::SecureTransport); behind
    /// a proxy, the proxy does: see [`client`](Self::client). What nobody vouches for is not TLS. Public paths
    /// pass as ever. Who sent credentials in clear text has already lost them: change them.
    pub fn require_tls(mut self) -> Self {
        self.rules.tls = TlsRule::Required;
        self
    }

    /// As [`require_tls`](Self::require_tls), but for clients on this machine: the connection and the client have
    /// loopback addresses, and no field shows that a proxy was between them.
    ///
    /// A proxy on this machine that leaves no trace looks like a client: there, use `require_tls`.
    pub fn require_tls_beyond_loopback(mut self) -> Self {
        self.rules.tls = TlsRule::BeyondLoopback;
        self
    }

    /// Requires `policy` of every request that is not public. Several must all allow; they are asked in the order given.
    ///
    /// A request without credentials gets `401`, beside [`optional`](Self::optional) too: policies are asked about known
    /// callers alone.
    pub fn policy(mut self, policy: impl Policy<A::Identity>) -> Self {
        self.rules.policies.push(Arc::new(policy));
        self
    }

    /// Reserves every attempt with `throttle` before it is judged, for the account that is claimed and the
    /// [client](Self::client) that claims it.
    pub fn throttle(mut self, throttle: impl Throttle) -> Self {
        self.rules.throttle = Some(Arc::new(throttle));
        self
    }

    /// Tells `audit` of every decision. There is one, the last; [`and`](Audit::and) makes one of several.
    pub fn audit(mut self, audit: impl Audit) -> Self {
        self.rules.audit = Some(Arc::new(audit));
        self
    }

    /// Tells the audit what an identity is called. Without this, a [`Principal`](crate::Principal) has its name, and any
    /// other identity none.
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
        self.rules.names = IdentityNames::by(name);
        self
    }

    /// Tells the audit the time by `clock`, and by it how long a decision took. Without an audit, nobody looks at it.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.rules.clock = Arc::new(clock);
        self
    }

    /// Waits for a decision no longer than `limit`: for a verifier, a store, a policy, that of a
    /// [`RequirePolicy`](crate::RequirePolicy) inside, too, which has as long once more. Then nobody can tell, which is `503`
    /// with `Retry-ResponseEdits`. Without it, a database that hangs holds every request that asks it.
    ///
    /// The time that a body takes does not count; [`BodyLimits`](crate::scheme::BodyLimits) limit it. A decision that is
    /// made at once has no deadline and starts no timer.
    ///
    /// An attempt that the [throttle](Self::throttle) had reserved stays used up, because the comparison that was cut off
    /// goes on, and a verifier such as `HashedPasswords` remembers its result. So choose a limit that is longer than a password hash
    /// and the deadline of its pool; and give the look-up of an account a shorter limit of its own, which answers
    /// [`Unavailable::not_compared`](crate::Unavailable::not_compared): then a database that hangs uses up no attempts of its users.
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
        self.rules.deadline = Some(DecisionDeadline::new(limit, timer));
        self
    }

    /// Sends all challenges in one field line, for clients that see only the first. Most want a line for each.
    pub fn join_challenges(mut self) -> Self {
        self.rules.joined = true;
        self
    }

    /// Lets scripts of other origins read what this layer says: `WWW-Authenticate`, `Authentication-Info` and `Retry-ResponseEdits`
    /// are named in `Access-Control-Expose-Headers`, on refusals and on what is let through, and the status of
    /// [`GrpcErrors`](crate::respond::GrpcErrors) where that is one.
    ///
    /// That alone lets no origin in. A CORS layer must do that, and it must be around this one: a refusal without
    /// `Access-Control-Allow-Origin` is no more than a network error to a script. A CORS layer that has a list of exposed
    /// fields of its own may write over this one, as that of tower-http does: then name the fields there instead.
    pub fn expose_to_scripts(mut self) -> Self {
        self.rules.exposed = true;
        self
    }

    /// Removes the credentials field before the inner service is called. Otherwise it stays, marked sensitive.
    pub fn strip_credentials(mut self) -> Self {
        self.rules.strip = true;
        self
    }

    /// Says what becomes of a `401` of the inner service.
    pub fn inner_401(mut self, what: Inner401) -> Self {
        self.rules.inner_401 = what;
        self
    }

    /// Renders refusals with `respond`: one of the renderers in [`respond`](crate::respond), or a closure from
    /// `(&Denial, &RequestHead<'_>)` to a response.
    pub fn respond_with<Q>(self, respond: Q) -> RequireAuth<A, Q> {
        RequireAuth {
            rules: self.rules,
            respond,
        }
    }
}

impl<A: Scheme, R: Clone, S> Layer<S> for RequireAuth<A, R> {
    type Service = RequireAuthService<S, A, R>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireAuthService::new(inner, self.rules.clone(), self.respond.clone())
    }
}

clones! { impl[A: Scheme, R: Clone] RequireAuth[A, R] { rules, respond } }

shows! { impl[A: Scheme, R] RequireAuth[A, R] as self { rules: self.rules } }
