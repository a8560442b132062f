//! Runs a survey: sends the requests, judges the answers, and fills the report.

use http::header::{HeaderName, HeaderValue};
use http::{Method, Request, Response, Uri};
use tower_service::Service;

use super::expected::{answered, difference, fault, opened, unchallenged};
use super::listed::{RouteDeclaration, SurveyedRoute};
use super::report::{ProbeReport, RouteReport, SurveyReport};
use super::request_sender::RequestSender;
use super::{AppAnswer, CredentialsSent, ExpectedAccess, probe};

/// The state of a running survey.
pub(super) struct SurveyRun<'a, S, B> {
    sender: RequestSender<'a, S, B>,
    listed: &'a [SurveyedRoute],
    /// The answers of a CORS layer around the application. Empty if there is no such layer.
    cors: Vec<AppAnswer>,
    pub(super) report: SurveyReport,
}

impl<'a, S, B, R> SurveyRun<'a, S, B>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: Default,
{
    pub(super) fn new(sender: RequestSender<'a, S, B>, listed: &'a [SurveyedRoute]) -> Self {
        let report = SurveyReport::default();
        Self {
            sender,
            listed,
            cors: Vec::new(),
            report,
        }
    }

    /// Sends a request with each kind of credentials to a route on the list.
    pub(super) async fn ask_all(&mut self, route: &SurveyedRoute) {
        let (method, target, expected) = (&route.method, &route.target, route.expected);
        let mut row = RouteReport::new(method, target, expected);
        let mut challenges = Vec::new();
        for sent in CredentialsSent::ALL {
            // A public route reads no credentials.
            if expected == ExpectedAccess::Public && sent != CredentialsSent::Nothing {
                break;
            }
            let answer = self.sender.ask(method, target, sent, &challenges).await;
            if sent == CredentialsSent::Nothing {
                challenges = answer.challenges().unwrap_or_default().to_vec();
            }
            let fault = fault(expected, sent, &answer, self.sender.unauthenticated());
            self.report
                .add_finding(method, target, sent, &answer, fault);
            row.answers.push((sent, answer));
        }
        self.report.routes.push(row);
    }

    /// Compares a concealed route with an unknown path beside it. Without right credentials, both must answer the same.
    pub(super) async fn compare_with_unknown_path(&mut self, route: &SurveyedRoute) {
        let (method, target) = (&route.method, &route.target);
        let (path, unknown) = (route.path(), probe::unknown_sibling(route.path()));
        let name = format!("{method} {path}, and the unknown path {unknown}");
        let mut probed = ProbeReport::new(name);
        for sent in CredentialsSent::BAD {
            let known_answer = self.sender.ask(method, target, sent, &[]).await;
            let unknown_answer = self.sender.ask(method, &unknown, sent, &[]).await;
            let fault = difference(&known_answer, &unknown_answer);
            self.report
                .add_finding(method, target, sent, &known_answer, fault);
            probed.add(&known_answer);
            probed.add(&unknown_answer);
        }
        self.report.probed.push(probed);
    }

    /// Tries the methods of a guarded path that are not listed. They must be refused like the listed ones.
    pub(super) async fn try_methods(&mut self, path: &SurveyedRoute) {
        let unauthenticated = self.sender.unauthenticated();
        let fault = |answer: &AppAnswer| {
            fault(
                path.expected,
                CredentialsSent::Nothing,
                answer,
                unauthenticated,
            )
        };
        self.try_others(path, probe::methods(), fault).await;
    }

    /// Tries the methods of a public path that are not listed. They must not succeed.
    ///
    /// `OPTIONS` is left out: it only tells which methods a path has, and CORS layers answer it for every path.
    pub(super) async fn try_methods_in_public(&mut self, path: &SurveyedRoute) {
        let methods = probe::methods().filter(|method| *method != Method::OPTIONS);
        self.try_others(path, methods, unlisted).await;
    }

    async fn try_others(
        &mut self,
        path: &SurveyedRoute,
        methods: impl Iterator<Item = Method>,
        fault: impl Fn(&AppAnswer) -> Option<String>,
    ) {
        let name = format!("other methods of {}", path.path());
        let targets = methods.map(|method| (method, path.target.clone()));
        self.try_all(name, targets, fault).await;
    }

    /// Tries other spellings of a path with each of its guarded methods, because its route may take no other, and with
    /// `GET`.
    pub(super) async fn try_spellings(&mut self, path: &SurveyedRoute) {
        let name = format!("other spellings of {}", path.path());
        let methods = self.guarded_methods(path);
        let spellings = probe::spellings(path.path()).into_iter();
        let targets = spellings
            .flat_map(|spelling| methods.iter().map(move |m| (m.clone(), spelling.clone())));
        self.try_all(name, targets, opened).await;
    }

    fn guarded_methods(&self, path: &SurveyedRoute) -> Vec<Method> {
        let here = self.listed.iter();
        let here = here.filter(|route| route.path() == path.path());
        let guarded = here.filter(|route| {
            route.expected != ExpectedAccess::Public && route.method != Method::GET
        });
        let guarded = guarded.map(|route| route.method.clone());
        std::iter::once(Method::GET).chain(guarded).collect()
    }

    /// Sends spoofed fields to a guarded path. They must not open it. `own` are the fields that the test has added.
    pub(super) async fn try_spoofed_fields(
        &mut self,
        path: &SurveyedRoute,
        own: &[(HeaderName, HeaderValue)],
    ) {
        let (method, target) = (&path.method, &path.target);
        let name = format!("{method} {}, with spoofed fields", path.path());
        let mut probed = ProbeReport::new(name);
        let spoofed = probe::SPOOFED_FIELDS.map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        for field in spoofed.iter().chain(own) {
            let fields = std::slice::from_ref(field);
            let answer = self.sender.ask_with(method, target, fields).await;
            let (name, value) = (&field.0, String::from_utf8_lossy(field.1.as_bytes()));
            let fault = opened(&answer)
                .map(|fault| format!("{fault} to a client that sends `{name}: {value}`"));
            self.report
                .add_finding(method, target, CredentialsSent::Nothing, &answer, fault);
            probed.add(&answer);
        }
        self.report.probed.push(probed);
    }

    /// Sends more query parameters to a guarded path. They must not open it. `own` are the parameters that the test has
    /// added.
    pub(super) async fn try_queries(&mut self, path: &SurveyedRoute, own: &[String]) {
        let (method, target) = (&path.method, &path.target);
        let name = format!("{method} {}, with other queries", target.path());
        let mut probed = ProbeReport::new(name);
        let own = own.iter().map(String::as_str);
        let targets = probe::QUERIES.into_iter().chain(own);
        for target in targets.filter_map(|query| probe::with_query(target, query)) {
            let answer = self.try_one(method, &target, opened).await;
            probed.add(&answer);
        }
        self.report.probed.push(probed);
    }

    /// Learns how a CORS layer around the application answers. Such a layer answers for unknown paths as well.
    pub(super) async fn learn_cors(&mut self) {
        let unknown = probe::unknown_path();
        let mut probed = ProbeReport::new(format!("preflights of the unknown path {unknown}"));
        let plain = self
            .sender
            .ask(&Method::OPTIONS, &unknown, CredentialsSent::Nothing, &[])
            .await;
        let preflight = self.sender.ask_preflight(&Method::GET, &unknown).await;
        for answer in [plain, preflight] {
            probed.add(&answer);
            self.cors
                .extend(Some(answer).filter(AppAnswer::grants_origins));
        }
        self.report.probed.push(probed);
    }

    /// Sends preflights to a guarded path. The layer must refuse them, or a CORS layer around the application must
    /// answer them. A handler must not answer them.
    pub(super) async fn try_preflights(&mut self, path: &SurveyedRoute) {
        let target = &path.target;
        let mut listed = self.listed.iter();
        let is_public = |route: &SurveyedRoute| route.expected == ExpectedAccess::Public;
        if listed.any(|route| is_public(route) && route.is(&Method::OPTIONS, target.path())) {
            return;
        }
        let mut probed = ProbeReport::new(format!("preflights of {}", target.path()));
        for method in self.guarded_methods(path) {
            let answer = self.sender.ask_preflight(&method, target).await;
            let unauthenticated = self.sender.unauthenticated();
            let refused = fault(
                path.expected,
                CredentialsSent::Nothing,
                &answer,
                unauthenticated,
            )
            .is_none();
            let answered = !refused && !self.is_of_cors(&answer);
            // `try_methods` may have found the same route with a plain `OPTIONS`.
            let is_reported = self.report.has_finding(&Method::OPTIONS, target);
            let fault = (answered && !is_reported).then(|| {
                format!("the route answers a preflight for {method} itself: its handler runs without credentials")
            });
            self.report.add_finding(
                &Method::OPTIONS,
                target,
                CredentialsSent::Nothing,
                &answer,
                fault,
            );
            probed.add(&answer);
        }
        self.report.probed.push(probed);
    }

    fn is_of_cors(&self, answer: &AppAnswer) -> bool {
        self.cors.iter().any(|cors| cors.grants_what(answer))
    }

    /// Sends a request to each route of the application that is not on the list. The route must refuse it, and the
    /// report names the route.
    pub(super) async fn ask_unlisted(&mut self, routes: &[RouteDeclaration]) {
        let unauthenticated = self.sender.unauthenticated();
        let mut probed =
            ProbeReport::new("routes of the application that are not on the list".to_owned());
        for route in routes {
            let mut listed = self.listed.iter();
            if listed.any(|entry| route.is_chosen_from(routes, &entry.method, entry.target.path()))
            {
                continue;
            }
            let fault = |answer: &AppAnswer| {
                let fault = unchallenged(answer, unauthenticated)?;
                Some(format!("{fault} (not on the list)"))
            };
            let answer = self.try_one(&route.method, &route.target, fault).await;
            probed.add(&answer);
            self.report.unlisted.push(route.to_string());
        }
        self.report.probed.push(probed);
    }

    /// Sends all methods to unknown paths below a prefix. The layer must refuse them.
    pub(super) async fn try_below(&mut self, prefix: &str) {
        let unauthenticated = self.sender.unauthenticated();
        let fault = |answer: &AppAnswer| unchallenged(answer, unauthenticated);
        let name = format!("unknown paths below {prefix}");
        let paths = probe::below(prefix).into_iter();
        let targets = paths.flat_map(|path| probe::methods().map(move |m| (m, path.clone())));
        self.try_all(name, targets, fault).await;
    }

    /// Sends a `GET` to the paths that are often forgotten. A path that is open, or that exists, is a finding.
    pub(super) async fn try_common(&mut self) {
        let name = "paths that are often forgotten".to_owned();
        let paths = probe::common().filter(|path| !self.knows(path));
        let targets: Vec<_> = paths.map(|path| (Method::GET, path)).collect();
        let fault = |answer: &AppAnswer| unlisted(answer).or_else(|| answered(answer));
        self.try_all(name, targets.into_iter(), fault).await;
    }

    /// Sends a request without credentials for each of `targets` that is not listed.
    async fn try_all(
        &mut self,
        name: String,
        targets: impl Iterator<Item = (Method, Uri)>,
        fault: impl Fn(&AppAnswer) -> Option<String>,
    ) {
        let mut probed = ProbeReport::new(name);
        for (method, target) in targets {
            if !self.lists(&method, &target) {
                let answer = self.try_one(&method, &target, &fault).await;
                probed.add(&answer);
            }
        }
        self.report.probed.push(probed);
    }

    async fn try_one(
        &mut self,
        method: &Method,
        target: &Uri,
        fault: impl Fn(&AppAnswer) -> Option<String>,
    ) -> AppAnswer {
        let answer = self
            .sender
            .ask(method, target, CredentialsSent::Nothing, &[])
            .await;
        let around = *method == Method::OPTIONS && self.is_of_cors(&answer);
        let fault = fault(&answer).filter(|_| !around);
        self.report
            .add_finding(method, target, CredentialsSent::Nothing, &answer, fault);
        answer
    }

    /// Returns whether the path is on the list with some method. `try_methods` then tries its other methods.
    fn knows(&self, target: &Uri) -> bool {
        let mut listed = self.listed.iter();
        listed.any(|route| route.path() == target.path())
    }

    /// Returns whether the method and the path are listed.
    ///
    /// `HEAD` is `GET` without the content (RFC 9110 section 9.3.2). So a public `GET` lists `HEAD`, too.
    fn lists(&self, method: &Method, target: &Uri) -> bool {
        let path = target.path();
        self.listed.iter().any(|route| {
            let follows = *method == Method::HEAD && route.expected == ExpectedAccess::Public;
            route.is(method, path) || follows && route.is(&Method::GET, path)
        })
    }
}

/// Returns the fault of an answer of a path that is open and not on the list.
fn unlisted(answer: &AppAnswer) -> Option<String> {
    opened(answer).map(|fault| format!("{fault} (not on the list)"))
}
