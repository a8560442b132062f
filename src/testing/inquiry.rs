//! In which order is everything asked?

use http::{Method, Request, Response, Uri};
use tower_service::Service;

use super::ask::Asking;
use super::expected::{answered, fault, opened, told_apart, unchallenged};
use super::report::{Probed, Report, Route};
use super::survey::Listed;
use super::{Answer, Expected, Sent, probe};

/// One run of a survey.
pub(super) struct Inquiry<'a, S, B> {
    asking: Asking<'a, S, B>,
    listed: &'a [Listed],
    pub(super) report: Report,
}

impl<'a, S, B, R> Inquiry<'a, S, B>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: Default,
{
    pub(super) fn new(asking: Asking<'a, S, B>, listed: &'a [Listed]) -> Self {
        let report = Report::default();
        Self {
            asking,
            listed,
            report,
        }
    }

    /// A route on the list, with all that can be sent.
    pub(super) async fn ask_all(&mut self, route: &Listed) {
        let (method, target, expected) = (&route.method, &route.target, route.expected);
        let mut row = Route::new(method, target, expected);
        let mut challenges = Vec::new();
        for sent in Sent::ALL {
            // Nobody looks at the credentials of whom anybody may be.
            if expected == Expected::Public && sent != Sent::Nothing {
                break;
            }
            let answer = self.asking.ask(method, target, sent, &challenges).await;
            if sent == Sent::Nothing {
                challenges = answer.challenges().unwrap_or_default().to_vec();
            }
            let fault = fault(expected, sent, &answer, self.asking.unauthenticated());
            self.report.find(method, target, sent, &answer, fault);
            row.answers.push((sent, answer));
        }
        self.report.routes.push(row);
    }

    /// A route that is concealed has to look like a path beside it that nobody has, whatever strangers send.
    pub(super) async fn compare_with_nothing(&mut self, route: &Listed) {
        let (method, target) = (&route.method, &route.target);
        let nowhere = probe::beside(target.path());
        let name = format!(
            "{method} {}, and {nowhere}, which nobody has",
            target.path()
        );
        let mut probed = Probed::new(name);
        for sent in Sent::BAD {
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
    pub(super) async fn try_methods(&mut self, path: &Listed) {
        let unauthenticated = self.asking.unauthenticated();
        let fault = |answer: &Answer| fault(path.expected, Sent::Nothing, answer, unauthenticated);
        self.try_others(path, probe::methods(), fault).await;
    }

    /// Those of a path that is everybody's are nobody's affair, unless they succeed. `OPTIONS` tells what there is to ask
    /// for, and layers for CORS answer it everywhere.
    pub(super) async fn try_methods_in_public(&mut self, path: &Listed) {
        let methods = probe::methods().filter(|it| *it != Method::OPTIONS);
        self.try_others(path, methods, unlisted).await;
    }

    async fn try_others(
        &mut self,
        path: &Listed,
        methods: impl Iterator<Item = Method>,
        fault: impl Fn(&Answer) -> Option<String>,
    ) {
        let name = format!("other methods of {}", path.target.path());
        let targets = methods.map(|method| (method, path.target.clone()));
        self.try_all(name, targets, fault).await;
    }

    /// With every method that is guarded here, and `GET`: a route may take no other.
    pub(super) async fn try_spellings(&mut self, path: &Listed) {
        let name = format!("other spellings of {}", path.target.path());
        let methods = self.guarded_methods(path);
        let spellings = probe::spellings(path.target.path()).into_iter();
        let targets = spellings.flat_map(|it| methods.iter().map(move |m| (m.clone(), it.clone())));
        self.try_all(name, targets, opened).await;
    }

    fn guarded_methods(&self, path: &Listed) -> Vec<Method> {
        let here = self.listed.iter();
        let here = here.filter(|it| it.target.path() == path.target.path());
        let guarded = here.filter(|it| it.expected != Expected::Public && it.method != Method::GET);
        let guarded = guarded.map(|it| it.method.clone());
        std::iter::once(Method::GET).chain(guarded).collect()
    }

    /// What a client says of itself opens nothing.
    pub(super) async fn try_pretences(&mut self, path: &Listed) {
        let (method, target) = (&path.method, &path.target);
        let mut probed = Probed::new(format!(
            "{method} {}, with fields that pretend",
            target.path()
        ));
        for (name, value) in probe::PRETENCES {
            let answer = self.asking.ask_with(method, target, (name, value)).await;
            let fault = opened(&answer).map(|it| format!("{it} to who sends `{name}: {value}`"));
            self.report
                .find(method, target, Sent::Nothing, &answer, fault);
            probed.add(&answer);
        }
        self.report.probed.push(probed);
    }

    pub(super) async fn try_below(&mut self, prefix: &str) {
        let unauthenticated = self.asking.unauthenticated();
        let fault = |answer: &Answer| unchallenged(answer, unauthenticated);
        let name = format!("unknown paths below {prefix}");
        let paths = probe::below(prefix).into_iter();
        let targets = paths.flat_map(|it| probe::methods().map(move |m| (m, it.clone())));
        self.try_all(name, targets, fault).await;
    }

    pub(super) async fn try_common(&mut self) {
        let name = "paths that are often forgotten".to_owned();
        let paths = probe::common().filter(|path| !self.knows(path));
        let targets: Vec<_> = paths.map(|it| (Method::GET, it)).collect();
        let fault = |answer: &Answer| unlisted(answer).or_else(|| answered(answer));
        self.try_all(name, targets.into_iter(), fault).await;
    }

    /// All of them but those that are listed.
    async fn try_all(
        &mut self,
        name: String,
        targets: impl Iterator<Item = (Method, Uri)>,
        fault: impl Fn(&Answer) -> Option<String>,
    ) {
        let mut probed = Probed::new(name);
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
        fault: impl Fn(&Answer) -> Option<String>,
    ) -> Answer {
        let answer = self.asking.ask(method, target, Sent::Nothing, &[]).await;
        let fault = fault(&answer);
        self.report
            .find(method, target, Sent::Nothing, &answer, fault);
        answer
    }

    /// Whether the path is on the list, with whichever method: then all of them are asked for elsewhere.
    fn knows(&self, target: &Uri) -> bool {
        let mut listed = self.listed.iter();
        listed.any(|it| it.target.path() == target.path())
    }

    /// `HEAD` is `GET` without the content (RFC 9110 section 9.3.2): where one is everybody's, so is the other.
    fn lists(&self, method: &Method, target: &Uri) -> bool {
        let path = target.path();
        self.listed.iter().any(|it| {
            let follows = *method == Method::HEAD && it.expected == Expected::Public;
            it.is(method, path) || follows && it.is(&Method::GET, path)
        })
    }
}

/// What answers strangers is to be on the list.
fn unlisted(answer: &Answer) -> Option<String> {
    opened(answer).map(|it| format!("{it}, and not on the list"))
}
