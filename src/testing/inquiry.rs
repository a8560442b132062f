//! In which order is everything asked?

use http::{Method, Request, Response, Uri};
use tower_service::Service;

use super::ask::Asking;
use super::expected::{fault, opened, unchallenged};
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

    /// Methods that are not on the list must be answered as those that are.
    pub(super) async fn try_methods(&mut self, path: &Listed) {
        let unauthenticated = self.asking.unauthenticated();
        let mut probed = Probed::new(format!("other methods of {}", path.target.path()));
        for method in probe::methods() {
            if self.lists(&method, &path.target) {
                continue;
            }
            let fault =
                |answer: &Answer| fault(path.expected, Sent::Nothing, answer, unauthenticated);
            let answer = self.try_one(&method, &path.target, fault).await;
            probed.add(&answer);
        }
        self.report.probed.push(probed);
    }

    pub(super) async fn try_spellings(&mut self, path: &Listed) {
        let name = format!("other spellings of {}", path.target.path());
        let spellings = probe::spellings(path.target.path());
        self.try_paths(name, spellings, opened).await;
    }

    pub(super) async fn try_below(&mut self, prefix: &str) {
        let unauthenticated = self.asking.unauthenticated();
        let fault = |answer: &Answer| unchallenged(answer, unauthenticated);
        let name = format!("unknown paths below {prefix}");
        self.try_paths(name, probe::below(prefix), fault).await;
    }

    pub(super) async fn try_common(&mut self) {
        let fault = |answer: &Answer| opened(answer).map(|it| format!("{it}, and not on the list"));
        let name = "paths that are often forgotten".to_owned();
        self.try_paths(name, probe::common().collect(), fault).await;
    }

    /// `GET`s of paths, but for those that are listed.
    async fn try_paths(
        &mut self,
        name: String,
        paths: Vec<Uri>,
        fault: impl Fn(&Answer) -> Option<String>,
    ) {
        let mut probed = Probed::new(name);
        for path in paths {
            if !self.lists(&Method::GET, &path) {
                let answer = self.try_one(&Method::GET, &path, &fault).await;
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

    fn lists(&self, method: &Method, target: &Uri) -> bool {
        self.listed.iter().any(|it| it.is(method, target.path()))
    }
}
