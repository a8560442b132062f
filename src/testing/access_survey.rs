//! Defines the survey: the routes of an application, and the access that each of them should allow.

use http::header::{HeaderName, HeaderValue};
use http::{Request, Response, Uri};
use tower_service::Service;

use super::listed::{RouteDeclaration, SurveyedRoute, guarded_paths, listed, public_paths};
use super::request_sender::{PrepareRequest, RequestSender};
use super::survey_run::SurveyRun;
use super::{ExpectedAccess, SurveyReport, TestLogin};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::scheme::ServerRole;

/// Sends requests to an application, and reports every route that is open and should not be.
///
/// List every route of the application and the access that it should allow, also the public routes: a path that answers
/// requests without credentials and is not on the list is a finding. If the application has a list of its routes, pass
/// it to [`all_routes`](Self::all_routes). Then the survey also tests the routes that you forgot to list. See the
/// [module](super) for an example, and for the limits of a survey.
///
/// # Requests
///
/// The survey asks every route on the list four times: without credentials, with a malformed credentials field, with wrong
/// credentials and with right credentials. Each time is one request, or the two requests of an exchange if the survey logs in
/// with SCRAM or Mutual. A public route is asked only without credentials. A route that answers `404` or `405` to right
/// credentials does not exist, which is a finding.
///
/// To every path that is not public, it sends these requests without credentials:
///
/// - all methods that are not listed for the path, and a method that does not exist. They must be refused like the
///   listed ones.
/// - other spellings of the path, such as `/notes/` for `/notes`, with the path's methods and with `GET`. They must not
///   succeed.
/// - spoofed fields, in which a client claims privileges, such as `X-Forwarded-For: 127.0.0.1`. They must not succeed.
/// - the query of the route with one more parameter, such as `debug=1`. It must not succeed.
/// - CORS preflights. A CORS layer around the application may answer them, but a handler must not. The survey
///   recognizes such a layer: it answers a preflight for an unknown path with the same status and the same CORS fields.
///   If a CORS layer is around a single path only, list `OPTIONS` of that path as public.
///
/// It also sends these requests:
///
/// - to every concealed route, and to an unknown path beside it, the same requests without right credentials. The two
///   must answer with the same status and the same fields.
/// - to every public path, all methods that are not listed for it, except `OPTIONS`. They may be refused with any
///   status, but must not succeed.
/// - to an unknown path below every prefix of [`guarded_below`](Self::guarded_below), all methods. They must be
///   refused.
/// - to every route of [`all_routes`](Self::all_routes) that is not listed, a request without credentials. It must be
///   refused.
/// - to some paths that applications often have and forget, such as `/metrics`, a `GET` without credentials. An answer
///   that asks for another method, a body or an upgrade shows that the route exists, which is a finding, too.
///
/// # Cost
///
/// The survey sends some dozens of requests for each path. A throttle of the application counts these requests. For
/// each guarded route, the malformed field counts for the client's address; the wrong password counts once. So if your
/// requests have a client's address (see [`each`](Self::each)) and you list more than about 40 guarded routes, raise
/// the limit `FailureThrottle::subscriber` in the test.
///
/// Requests with right credentials reach the handlers, in the order of the list. For example, a `DELETE` deletes, so
/// list it last.
pub struct AccessSurvey {
    login: TestLogin,
    listed: Vec<(String, String, ExpectedAccess)>,
    below: Vec<String>,
    owned: Option<Vec<(String, String)>>,
    fields: Vec<(String, String)>,
    queries: Vec<String>,
    prepare: Vec<Box<PrepareRequest>>,
    role: ServerRole,
}

impl AccessSurvey {
    /// Makes a survey that logs in with `login`, and has no routes yet.
    #[must_use]
    pub const fn new(login: TestLogin) -> Self {
        Self {
            login,
            listed: Vec::new(),
            below: Vec::new(),
            owned: None,
            fields: Vec::new(),
            queries: Vec::new(),
            prepare: Vec::new(),
            role: ServerRole::Origin,
        }
    }

    /// Lists a route that needs credentials.
    ///
    /// `target` is a concrete path, such as `/notes/1` and not `/notes/{id}`, with a query if the route needs one. The
    /// resource must exist: for `/notes/1`, the database of the test must hold a note 1.
    #[must_use]
    pub fn guarded(self, method: &str, target: &str) -> Self {
        self.route(method, target, ExpectedAccess::Guarded)
    }

    /// Lists a route that refuses the credentials of the survey with `403`.
    #[must_use]
    pub fn forbidden(self, method: &str, target: &str) -> Self {
        self.route(method, target, ExpectedAccess::Forbidden)
    }

    /// Lists a concealed route: without right credentials it answers `404`, like a path that does not exist.
    #[must_use]
    pub fn not_found(self, method: &str, target: &str) -> Self {
        self.route(method, target, ExpectedAccess::NotFound)
    }

    /// Lists a public route, which needs no credentials.
    #[must_use]
    pub fn public(self, method: &str, target: &str) -> Self {
        self.route(method, target, ExpectedAccess::Public)
    }

    /// Lists a route and the access that it should allow.
    #[must_use]
    pub fn route(mut self, method: &str, target: &str, expected: ExpectedAccess) -> Self {
        let route = (method.to_owned(), target.to_owned(), expected);
        self.listed.push(route);
        self
    }

    /// Tells the survey all routes of the application: for each, a method and a path pattern.
    ///
    /// In a pattern, `{id}` and `:id` stand for one segment, `{*rest}` and `*rest` for one or more.
    ///
    /// The survey tests a route that is also [listed](Self::route) as it is listed. A listed path belongs to the route
    /// that a router would choose for it. For example, if there is a route `/notes/new`, then the listed path
    /// `/notes/new` does not cover `/notes/{id}`.
    ///
    /// To every other route the survey sends one request without credentials. The route must refuse it like a guarded
    /// route, and the [report](SurveyReport::unlisted) names the route. A second call adds more routes.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(all(feature = "axum", feature = "basic"))] {
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use axum::{Router, body::Body, routing::get};
    /// use tower_challenge::RequireAuth;
    /// use tower_challenge::password::OneAccount;
    /// use tower_challenge::scheme::Basic;
    /// use tower_challenge::testing::{TestLogin, AccessSurvey};
    ///
    /// /// The application makes its router and its OpenAPI document from this list.
    /// const ROUTES: [(&str, &str); 3] = [("GET", "/notes"), ("GET", "/notes/{id}"), ("GET", "/export")];
    ///
    /// let auth = RequireAuth::new(Basic::new("files", OneAccount::new("ada", "lovelace")?)?)?;
    /// let guarded = Router::new()
    ///     .route("/notes", get(|| async {}))
    ///     .route("/notes/{id}", get(|| async {}))
    ///     .layer(auth);
    /// let app = guarded.route("/export", get(|| async { "everything" }));
    ///
    /// let survey = AccessSurvey::new(TestLogin::basic("ada", "lovelace")).guarded("GET", "/notes");
    /// assert!(survey.run::<Body, _, _>(&app).await?.is_closed(), "the survey does not know `/export`");
    ///
    /// let report = survey.all_routes(ROUTES).run::<Body, _, _>(&app).await?;
    /// assert_eq!(report.unlisted(), ["GET /notes/{id}", "GET /export"]);
    /// let open = "GET /export, without credentials: 200: the route is open (not on the list)";
    /// assert_eq!(report.findings()[0].to_string(), open);
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
    /// ```
    #[must_use]
    pub fn all_routes<M, P>(mut self, routes: impl IntoIterator<Item = (M, P)>) -> Self
    where
        M: AsRef<str>,
        P: AsRef<str>,
    {
        let routes = routes.into_iter();
        let routes = routes.map(|(method, path)| (method.as_ref().into(), path.as_ref().into()));
        self.owned.get_or_insert_default().extend(routes);
        self
    }

    /// Adds a header field that the survey sends to every path that is not public, beside its own spoofed fields.
    ///
    /// Use it for fields that your application reads and that could open a route by mistake.
    #[must_use]
    pub fn with_field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a query parameter, such as `preview=1`, that the survey sends to every path that is not public, beside its
    /// own.
    ///
    /// Use it for parameters that your application reads and that could open a route by mistake.
    #[must_use]
    pub fn with_query(mut self, query: &str) -> Self {
        self.queries.push(query.to_owned());
        self
    }

    /// Says that every path below `prefix` must be guarded, also the paths that do not exist.
    #[must_use]
    pub fn guarded_below(mut self, prefix: &str) -> Self {
        self.below.push(prefix.to_owned());
        self
    }

    /// Calls `prepare` with every request before the survey adds credentials.
    ///
    /// Use it to insert what your application needs, for example the address of the client as an extension, or a `Host`
    /// field.
    #[must_use]
    pub fn each(mut self, prepare: impl Fn(&mut Request<()>) + Send + Sync + 'static) -> Self {
        self.prepare.push(Box::new(prepare));
        self
    }

    /// Expects the answers of a proxy: the status `407` and the fields of a proxy.
    #[must_use]
    pub const fn proxy(mut self) -> Self {
        self.role = ServerRole::Proxy;
        self
    }

    /// Sends all requests to `service`, one after the other, and reports the answers.
    ///
    /// The body of each request is the default of its type `B`, which is empty for most types. The bodies of responses
    /// are not read. For a service that takes bodies of several types, name the type, for example with axum:
    /// `survey.run::<axum::body::Body, _, _>(&app)`.
    ///
    /// There is no time limit: if the service never answers, the survey never ends. If the service panics, the survey
    /// panics.
    ///
    /// # Errors
    ///
    /// The list is invalid: it has no route or prefix that must be guarded, so that there is nothing to
    /// prove; it has a route twice; a method, a target, a field or a query is invalid; a prefix has a query; or
    /// [`all_routes`](Self::all_routes) was called without routes.
    pub async fn run<B, S, R>(&self, service: &S) -> Result<SurveyReport, ConfigError>
    where
        S: Service<Request<B>, Response = Response<R>> + Clone,
        B: Default,
    {
        let listed = self.read()?;
        let (owned, fields) = (self.owned()?, self.fields()?);
        let sender = RequestSender::new(service, self.role, &self.login, &self.prepare);
        let mut survey = SurveyRun::new(sender, &listed);
        survey.report.knows_all_routes = self.owned.is_some();
        survey.learn_cors().await;
        for route in &listed {
            survey.ask_all(route).await;
        }
        for route in listed.iter().filter(|route| route.is_hidden()) {
            survey.compare_with_unknown_path(route).await;
        }
        for path in guarded_paths(&listed) {
            survey.try_methods(path).await;
            survey.try_spellings(path).await;
            survey.try_spoofed_fields(path, &fields).await;
            survey.try_queries(path, &self.queries).await;
            survey.try_preflights(path).await;
        }
        for path in public_paths(&listed) {
            survey.try_methods_in_public(path).await;
        }
        for prefix in &self.below {
            survey.try_below(prefix).await;
        }
        if !owned.is_empty() {
            survey.ask_unlisted(&owned).await;
        }
        survey.try_common().await;
        Ok(survey.report)
    }

    fn owned(&self) -> Result<Vec<RouteDeclaration>, ConfigError> {
        let Some(routes) = &self.owned else {
            return Ok(Vec::new());
        };
        if routes.is_empty() {
            let text =
                "all_routes has no routes: pass the routes of the application, or do not call it";
            return Err(ConfigError::new(text));
        }
        let owned = routes
            .iter()
            .map(|(method, path)| RouteDeclaration::read(method, path));
        owned.collect()
    }

    fn fields(&self) -> Result<Vec<(HeaderName, HeaderValue)>, ConfigError> {
        for query in &self.queries {
            let is_valid = format!("/?{query}").parse::<Uri>().is_ok() && !query.contains('#');
            if query.is_empty() || !is_valid {
                return Err(ConfigError::new(format!("{query:?} is not a valid query")));
            }
        }
        let fields = self.fields.iter().map(|(name, value)| {
            let field = name.parse().ok().zip(value.parse().ok());
            field.ok_or_else(|| ConfigError::new(format!("{name}: {value}: not a valid field")))
        });
        fields.collect()
    }

    fn read(&self) -> Result<Vec<SurveyedRoute>, ConfigError> {
        let mut read = Vec::<SurveyedRoute>::new();
        for (method, target, expected) in &self.listed {
            let route = listed(method, target, *expected)?;
            if read
                .iter()
                .any(|known| known.is(&route.method, route.path()))
            {
                let text = format!("{method} {target} is listed twice");
                return Err(ConfigError::new(text));
            }
            read.push(route);
        }
        for prefix in &self.below {
            let prefix = listed("GET", prefix, ExpectedAccess::Guarded)?;
            if prefix.target.query().is_some() {
                let text = format!("GET {}: a prefix must not have a query", prefix.target);
                return Err(ConfigError::new(text));
            }
        }
        if guarded_paths(&read).is_empty() && self.below.is_empty() {
            return Err(ConfigError::new(
                "no route needs credentials: list at least one guarded route",
            ));
        }
        Ok(read)
    }
}

shows! { impl[] AccessSurvey[] as self {
    listed: self.listed,
    below: self.below,
    all_routes: self.owned,
    role: self.role,
} }
