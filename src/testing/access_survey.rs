//! What is there, and who may use it?

use http::header::{HeaderName, HeaderValue};
use http::{Request, Response, Uri};
use tower_service::Service;

use super::listed::{DeclaredRoute, ListedRoute, guarded_paths, listed, public_paths};
use super::request_sender::{PrepareRequest, RequestSender};
use super::survey_run::SurveyRun;
use super::{ExpectedAccess, SurveyReport, TestLogin};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::scheme::ServerRole;

/// What an application has, and who may use it.
///
/// List every route, the public ones too: a path that answers strangers and is not on the list is a finding. Where the
/// application has a list of its routes, hand it over with [`all_routes`](Self::all_routes): then none is forgotten. See
/// [the module](super) for an example, and for what a survey cannot find.
///
/// # What is asked
///
/// - for every route on the list: no credentials, a field that breaks the grammar, wrong ones, right ones; what answers
///   `404` or `405` to right ones is not there, and a finding
/// - for every route that is concealed: a path beside it that nobody has, which must be answered with the same status and
///   the same fields
/// - for every path: all methods that are not listed for it, one that does not exist among them, without credentials.
///   Where the path is public, they may be refused in any way, but must not succeed
/// - for every path that is not public: other spellings of it, with its methods and `GET`, and fields by which a client
///   says what it is not, such as `X-Forwarded-For: 127.0.0.1`, without credentials. What they are answered does not
///   matter, as long as it is no success
/// - below every prefix: a path that nobody has, with all methods
/// - for every path that is not public: its queries and one more parameter, such as `debug=1`, without credentials; and
///   preflights, which a layer for CORS around the application may answer, and no handler. What answers a path that nobody has
///   in the same way, with fields of CORS, is taken for such a layer; list `OPTIONS` of a path as public where the layer is around
///   that path alone
/// - every route that the application says it has and that is on no list, without credentials
/// - some paths that are often there and often forgotten, without credentials. What answers that it wants another method,
///   a body or an upgrade is there
///
/// It asks some dozens of times for each path. A throttle of the application counts these requests: each guarded route costs a
/// request that breaks the grammar, which counts for the client's address, and the wrong password counts once. With more than
/// about 40 guarded routes and a client's address (see [`each`](Self::each)), raise `FailureThrottle::line` in the test.
///
/// Right credentials reach the handlers, in the order of the list: a `DELETE` deletes, so list it last.
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
    /// One that logs in like this, and knows of no route yet.
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

    /// A route that needs credentials. `target` is a path that can be asked for, `/notes/1` and not `/notes/{id}`, with a
    /// query if it needs one; and something is there: a note 1, in the database of the test.
    #[must_use]
    pub fn guarded(self, method: &str, target: &str) -> Self {
        self.route(method, target, ExpectedAccess::Guarded)
    }

    /// A route that the credentials of the survey do not suffice for.
    #[must_use]
    pub fn forbidden(self, method: &str, target: &str) -> Self {
        self.route(method, target, ExpectedAccess::Forbidden)
    }

    /// A route that, without credentials, is not there.
    #[must_use]
    pub fn not_found(self, method: &str, target: &str) -> Self {
        self.route(method, target, ExpectedAccess::NotFound)
    }

    /// A route that everybody may use.
    #[must_use]
    pub fn public(self, method: &str, target: &str) -> Self {
        self.route(method, target, ExpectedAccess::Public)
    }

    /// A route, and who may use it.
    #[must_use]
    pub fn route(mut self, method: &str, target: &str, expected: ExpectedAccess) -> Self {
        let route = (method.to_owned(), target.to_owned(), expected);
        self.listed.push(route);
        self
    }

    /// All routes that the application has, from its own list: a method and a path each. In a path, `{id}` and `:id` stand for
    /// one segment, `{*rest}` and `*rest` for several.
    ///
    /// A route that is also [listed](Self::route) is asked for as it is listed; a listed path belongs to the route that a
    /// router would choose for it, so `/notes/new` does not stand for `/notes/{id}`. Every other is asked for once, without
    /// credentials; it has to be refused as a guarded one is, and the [report](SurveyReport::unlisted) names it. Called again, it
    /// adds to the routes.
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
    /// /// From which the router is made, and an OpenAPI document.
    /// const ROUTES: [(&str, &str); 3] = [("GET", "/notes"), ("GET", "/notes/{id}"), ("GET", "/export")];
    ///
    /// let auth = RequireAuth::new(Basic::new("files", OneAccount::new("ada", "lovelace")?)?)?;
    /// let guarded = Router::new().route("/notes", get(|| async {})).route("/notes/{id}", get(|| async {})).layer(auth);
    /// let app = guarded.route("/export", get(|| async { "everything" }));
    ///
    /// let survey = AccessSurvey::new(TestLogin::basic("ada", "lovelace")).guarded("GET", "/notes");
    /// assert!(survey.run::<Body, _, _>(&app).await?.is_closed(), "nobody has told it of `/export`");
    ///
    /// let report = survey.all_routes(ROUTES).run::<Body, _, _>(&app).await?;
    /// assert_eq!(report.unlisted(), ["GET /notes/{id}", "GET /export"]);
    /// let open = "GET /export, without credentials: 200: it is open, and not on the list";
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

    /// A field that the application knows, and that may open a route: sent to every path that is not public, beside those
    /// that every survey sends.
    #[must_use]
    pub fn with_field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A parameter of the query that the application knows, such as `preview=1`, and that may open a route: sent to every
    /// path that is not public, beside those that every survey sends.
    #[must_use]
    pub fn with_query(mut self, query: &str) -> Self {
        self.queries.push(query.to_owned());
        self
    }

    /// A path below which everything is guarded, whether it is there or not.
    #[must_use]
    pub fn guarded_below(mut self, prefix: &str) -> Self {
        self.below.push(prefix.to_owned());
        self
    }

    /// Does this to every request before it is signed: attaches the address of the client, for instance, or the fields
    /// that the application cannot do without.
    #[must_use]
    pub fn each(mut self, prepare: impl Fn(&mut Request<()>) + Send + Sync + 'static) -> Self {
        self.prepare.push(Box::new(prepare));
        self
    }

    /// Expects what a proxy answers: `407`, and its fields.
    #[must_use]
    pub const fn proxy(mut self) -> Self {
        self.role = ServerRole::Proxy;
        self
    }

    /// Asks `service` for everything, one request after the other.
    ///
    /// The body of a request is the default of its type `B`, empty for most; those of responses are not read. A service that
    /// takes bodies of several types, as axum's routers do, has to be told which: `survey.run::<axum::body::Body, _, _>(&app)`.
    /// A service that never answers is waited for, and the panic of one that panics goes on.
    ///
    /// # Errors
    ///
    /// Nothing is on the list that has to be guarded, so that there is nothing to prove; a route is there twice; a method, a
    /// target, a field or a query is none; a prefix has a query; or the application has no routes.
    pub async fn run<B, S, R>(&self, service: &S) -> Result<SurveyReport, ConfigError>
    where
        S: Service<Request<B>, Response = Response<R>> + Clone,
        B: Default,
    {
        let listed = self.read()?;
        let (owned, fields) = (self.owned()?, self.fields()?);
        let asking = RequestSender::new(service, self.role, &self.login, &self.prepare);
        let mut inquiry = SurveyRun::new(asking, &listed);
        inquiry.report.knows_all_routes = self.owned.is_some();
        inquiry.learn_cors().await;
        for route in &listed {
            inquiry.ask_all(route).await;
        }
        for route in listed.iter().filter(|it| it.is_hidden()) {
            inquiry.compare_with_nothing(route).await;
        }
        for path in guarded_paths(&listed) {
            inquiry.try_methods(path).await;
            inquiry.try_spellings(path).await;
            inquiry.try_pretences(path, &fields).await;
            inquiry.try_queries(path, &self.queries).await;
            inquiry.try_preflights(path).await;
        }
        for path in public_paths(&listed) {
            inquiry.try_methods_in_public(path).await;
        }
        for prefix in &self.below {
            inquiry.try_below(prefix).await;
        }
        if !owned.is_empty() {
            inquiry.ask_unlisted(&owned).await;
        }
        inquiry.try_common().await;
        Ok(inquiry.report)
    }

    fn owned(&self) -> Result<Vec<DeclaredRoute>, ConfigError> {
        let Some(routes) = &self.owned else {
            return Ok(Vec::new());
        };
        if routes.is_empty() {
            let text = "the application has no routes: leave them out";
            return Err(ConfigError::new(text));
        }
        let owned = routes
            .iter()
            .map(|(method, path)| DeclaredRoute::read(method, path));
        owned.collect()
    }

    fn fields(&self) -> Result<Vec<(HeaderName, HeaderValue)>, ConfigError> {
        for query in &self.queries {
            let is_one = format!("/?{query}").parse::<Uri>().is_ok() && !query.contains('#');
            if query.is_empty() || !is_one {
                return Err(ConfigError::new(format!("{query}: that is no query")));
            }
        }
        let fields = self.fields.iter().map(|(name, value)| {
            let field = name.parse().ok().zip(value.parse().ok());
            field.ok_or_else(|| ConfigError::new(format!("{name}: {value}: that is no field")))
        });
        fields.collect()
    }

    fn read(&self) -> Result<Vec<ListedRoute>, ConfigError> {
        let mut read = Vec::<ListedRoute>::new();
        for (method, target, expected) in &self.listed {
            let route = listed(method, target, *expected)?;
            if read.iter().any(|it| it.is(&route.method, route.path())) {
                let text = format!("{method} {target} is listed twice");
                return Err(ConfigError::new(text));
            }
            read.push(route);
        }
        for prefix in &self.below {
            let prefix = listed("GET", prefix, ExpectedAccess::Guarded)?;
            if prefix.target.query().is_some() {
                let text = format!("GET {}: a prefix has no query", prefix.target);
                return Err(ConfigError::new(text));
            }
        }
        if guarded_paths(&read).is_empty() && self.below.is_empty() {
            return Err(ConfigError::new("nothing is to be guarded: list what is"));
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
