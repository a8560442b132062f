//! In which order is everything asked?

use http::header::{HeaderName, HeaderValue};
use http::{Method, Request, Response, Uri};
use tower_service::Service;

use super::expected::{answered, fault, opened, told_apart, unchallenged};
use super::listed::{DeclaredRoute, ListedRoute};
use super::report::{ProbeReport, RouteReport, SurveyReport};
use super::request_sender::RequestSender;
use super::{AppAnswer, CredentialsSent, ExpectedAccess, probe};

/// One run of a survey.
pub(super) struct SurveyRun<'a, S, B> {
    asking: RequestSender<'a, S, B>,
    listed: &'a [ListedRoute],
    /// How a layer for CORS around the application answers, if there is one.
    cors: Vec<AppAnswer>,
    pub(super) report: SurveyReport,
}

impl<'a, S, B, R> SurveyRun<'a, S, B>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: Default,
{
    pub(super) fn new(asking: RequestSender<'a, S, B>, listed: &'a [ListedRoute]) -> Self {
        let report = SurveyReport::default();
        Self {
            asking,
            listed,
            cors: Vec::new(),
            report,
        }
    }

    /// A route on the list, with all that can be sent.
    pub(super) async fn ask_all(&mut self, route: &ListedRoute) {
        let (method, target, expected) = (&route.method, &route.target, route.expected);
        let mut row = RouteReport::new(method, target, expected);
        let mut challenges = Vec::new();
        for sent in CredentialsSent::ALL {
            // Nobody looks at the credentials of whom anybody may be.
            if expected == ExpectedAccess::Public && sent != CredentialsSent::Nothing {
                break;
            }
            let answer = self.asking.ask(method, target, sent, &challenges).await;
            if sent == CredentialsSent::Nothing {
                challenges = answer.challenges().unwrap_or_default().to_vec();
            }
            let fault = fault(expected, sent, &answer, self.asking.unauthenticated());
            self.report.find(method, target, sent, &answer, fault);
            row.answers.push((sent, answer));
        }
        self.report.routes.push(row);
    }

    /// A route that is concealed has to look like a path beside it that nobody has, whatever strangers send.
    pub(super) async fn compare_with_nothing(&mut self, route: &ListedRoute) {
        let (method, target) = (&route.method, &route.target);
        let (path, nowhere) = (route.path(), probe::beside(route.path()));
        let name = format!("{method} {path}, and {nowhere}, which nobody has");
        let mut probed = ProbeReport::new(name);
        for sent in CredentialsSent::BAD {
            let there = self.asking.ask(method, target, sent, &[]).await;
            let away = self.asking.ask(method, &nowhere, sent, &[]).await;
            let fault = told_apart(&there, &away);
            self.report.find(method, target, sent, &there, fault);
            probed.add(&there);
            probed.add(&away);
        }
        self.report.probed.push(probed);
    }

    /// Methods that are not on the list must be answered as those that are.
    pub(super) async fn try_methods(&mut self, path: &ListedRoute) {
        let unauthenticated = self.asking.unauthenticated();
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

    /// Those of a path that is everybody's are nobody's affair, unless they succeed. `OPTIONS` tells what there is to ask
    /// for, and layers for CORS answer it everywhere.
    pub(super) async fn try_methods_in_public(&mut self, path: &ListedRoute) {
        let methods = probe::methods().filter(|it| *it != Method::OPTIONS);
        self.try_others(path, methods, unlisted).await;
    }

    async fn try_others(
        &mut self,
        path: &ListedRoute,
        methods: impl Iterator<Item = Method>,
        fault: impl Fn(&AppAnswer) -> Option<String>,
    ) {
        let name = format!("other methods of {}", path.path());
        let targets = methods.map(|method| (method, path.target.clone()));
        self.try_all(name, targets, fault).await;
    }

    /// With every method that is guarded here, and `GET`: a route may take no other.
    pub(super) async fn try_spellings(&mut self, path: &ListedRoute) {
        let name = format!("other spellings of {}", path.path());
        let methods = self.guarded_methods(path);
        let spellings = probe::spellings(path.path()).into_iter();
        let targets = spellings.flat_map(|it| methods.iter().map(move |m| (m.clone(), it.clone())));
        self.try_all(name, targets, opened).await;
    }

    fn guarded_methods(&self, path: &ListedRoute) -> Vec<Method> {
        let here = self.listed.iter();
        let here = here.filter(|it| it.path() == path.path());
        let guarded =
            here.filter(|it| it.expected != ExpectedAccess::Public && it.method != Method::GET);
        let guarded = guarded.map(|it| it.method.clone());
        std::iter::once(Method::GET).chain(guarded).collect()
    }

    /// What a client says of itself opens nothing. `own` are the fields that the application knows.
    pub(super) async fn try_pretences(
        &mut self,
        path: &ListedRoute,
        own: &[(HeaderName, HeaderValue)],
    ) {
        let (method, target) = (&path.method, &path.target);
        let name = format!("{method} {}, with fields that pretend", path.path());
        let mut probed = ProbeReport::new(name);
        let pretences = probe::PRETENCES.map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        for field in pretences.iter().chain(own) {
            let fields = std::slice::from_ref(field);
            let answer = self.asking.ask_with(method, target, fields).await;
            let (name, value) = (&field.0, String::from_utf8_lossy(field.1.as_bytes()));
            let fault = opened(&answer).map(|it| format!("{it} to who sends `{name}: {value}`"));
            self.report
                .find(method, target, CredentialsSent::Nothing, &answer, fault);
            probed.add(&answer);
        }
        self.report.probed.push(probed);
    }

    /// Nor does a parameter of the query. `own` are those that the application knows.
    pub(super) async fn try_queries(&mut self, path: &ListedRoute, own: &[String]) {
        let (method, target) = (&path.method, &path.target);
        let name = format!("{method} {}, with other queries", target.path());
        let mut probed = ProbeReport::new(name);
        let own = own.iter().map(String::as_str);
        let targets = probe::QUERIES.into_iter().chain(own);
        for target in targets.filter_map(|it| probe::with_query(target, it)) {
            let answer = self.try_one(method, &target, opened).await;
            probed.add(&answer);
        }
        self.report.probed.push(probed);
    }

    /// What a path that no application has answers: a layer for CORS that is around everything answers there as well.
    pub(super) async fn learn_cors(&mut self) {
        let nowhere = probe::nowhere();
        let mut probed = ProbeReport::new(format!("preflights of {nowhere}, which nobody has"));
        let plain = self
            .asking
            .ask(&Method::OPTIONS, &nowhere, CredentialsSent::Nothing, &[])
            .await;
        let marked = self.asking.ask_preflight(&Method::GET, &nowhere).await;
        for answer in [plain, marked] {
            probed.add(&answer);
            self.cors
                .extend(Some(answer).filter(AppAnswer::grants_origins));
        }
        self.report.probed.push(probed);
    }

    /// A preflight is refused, or answered around the application: no handler answers it.
    pub(super) async fn try_preflights(&mut self, path: &ListedRoute) {
        let target = &path.target;
        let mut listed = self.listed.iter();
        let is_public = |it: &ListedRoute| it.expected == ExpectedAccess::Public;
        if listed.any(|it| is_public(it) && it.is(&Method::OPTIONS, target.path())) {
            return;
        }
        let mut probed = ProbeReport::new(format!("preflights of {}", target.path()));
        for method in self.guarded_methods(path) {
            let answer = self.asking.ask_preflight(&method, target).await;
            let unauthenticated = self.asking.unauthenticated();
            let refused = fault(
                path.expected,
                CredentialsSent::Nothing,
                &answer,
                unauthenticated,
            )
            .is_none();
            let answered = !refused && !self.is_of_cors(&answer);
            let is_told = self.report.finds(&Method::OPTIONS, target);
            let fault = (answered && !is_told).then(|| {
                format!("the route answers a preflight for {method} itself: its handler runs for strangers")
            });
            self.report.find(
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
        self.cors.iter().any(|it| it.grants_what(answer))
    }

    /// The application's own routes. Those that are not on the list have to be guarded, and are told.
    pub(super) async fn ask_unlisted(&mut self, routes: &[DeclaredRoute]) {
        let unauthenticated = self.asking.unauthenticated();
        let mut probed =
            ProbeReport::new("routes of the application that are not listed".to_owned());
        for route in routes {
            let mut listed = self.listed.iter();
            if listed.any(|it| route.is_chosen_from(routes, &it.method, it.target.path())) {
                continue;
            }
            let fault = |answer: &AppAnswer| {
                let fault = unchallenged(answer, unauthenticated)?;
                Some(format!("{fault}, and not on the list"))
            };
            let answer = self.try_one(&route.method, &route.target, fault).await;
            probed.add(&answer);
            self.report.unlisted.push(route.to_string());
        }
        self.report.probed.push(probed);
    }

    pub(super) async fn try_below(&mut self, prefix: &str) {
        let unauthenticated = self.asking.unauthenticated();
        let fault = |answer: &AppAnswer| unchallenged(answer, unauthenticated);
        let name = format!("unknown paths below {prefix}");
        let paths = probe::below(prefix).into_iter();
        let targets = paths.flat_map(|it| probe::methods().map(move |m| (m, it.clone())));
        self.try_all(name, targets, fault).await;
    }

    pub(super) async fn try_common(&mut self) {
        let name = "paths that are often forgotten".to_owned();
        let paths = probe::common().filter(|path| !self.knows(path));
        let targets: Vec<_> = paths.map(|it| (Method::GET, it)).collect();
        let fault = |answer: &AppAnswer| unlisted(answer).or_else(|| answered(answer));
        self.try_all(name, targets.into_iter(), fault).await;
    }

    /// All of them but those that are listed.
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
            .asking
            .ask(method, target, CredentialsSent::Nothing, &[])
            .await;
        let around = *method == Method::OPTIONS && self.is_of_cors(&answer);
        let fault = fault(&answer).filter(|_| !around);
        self.report
            .find(method, target, CredentialsSent::Nothing, &answer, fault);
        answer
    }

    /// Whether the path is on the list, with whichever method: then all of them are asked for elsewhere.
    fn knows(&self, target: &Uri) -> bool {
        let mut listed = self.listed.iter();
        listed.any(|it| it.path() == target.path())
    }

    /// `HEAD` is `GET` without the content (RFC 9110 section 9.3.2): where one is everybody's, so is the other.
    fn lists(&self, method: &Method, target: &Uri) -> bool {
        let path = target.path();
        self.listed.iter().any(|it| {
            let follows = *method == Method::HEAD && it.expected == ExpectedAccess::Public;
            it.is(method, path) || follows && it.is(&Method::GET, path)
        })
    }
}

/// What answers strangers is to be on the list.
fn unlisted(answer: &AppAnswer) -> Option<String> {
    opened(answer).map(|it| format!("{it}, and not on the list"))
}
