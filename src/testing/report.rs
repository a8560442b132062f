//! What came of a survey?

use std::collections::BTreeMap;
use std::fmt;

use http::{Method, Uri};

use super::{AppAnswer, CredentialsSent, ExpectedAccess};

/// What an application answered, and what is wrong with that. `Display` is Markdown.
///
/// It names methods, paths, statuses and schemes: no credentials, and nothing that differs from one run to the next. So
/// it can be kept under version control, and a change of it reviewed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurveyReport {
    pub(super) routes: Vec<RouteReport>,
    pub(super) probed: Vec<ProbeReport>,
    pub(super) findings: Vec<SurveyFinding>,
    pub(super) unlisted: Vec<String>,
    pub(super) knows_all_routes: bool,
}

/// A route on the list, and what it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteReport {
    method: Method,
    target: Uri,
    expected: ExpectedAccess,
    pub(super) answers: Vec<(CredentialsSent, AppAnswer)>,
}

/// What was asked for without being on the list, and how often each answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeReport {
    name: String,
    answers: BTreeMap<String, usize>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyFinding {
    method: Method,
    target: Uri,
    sent: CredentialsSent,
    answer: String,
    fault: String,
}

impl SurveyReport {
    /// Whether every answer was the one that it should be. It says nothing of what was not asked for: see
    /// [`unproved`](Self::unproved).
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.findings.is_empty()
    }

    /// What is not as it should be, in the order in which it was found.
    #[must_use]
    pub fn findings(&self) -> &[SurveyFinding] {
        &self.findings
    }

    /// The routes on the list.
    #[must_use]
    pub fn routes(&self) -> &[RouteReport] {
        &self.routes
    }

    /// What else was asked for.
    #[must_use]
    pub fn probed(&self) -> &[ProbeReport] {
        &self.probed
    }

    /// The routes of the application that the survey was not told who may use, as `GET /notes/{id}`. Each was asked for
    /// once, without credentials, and is a finding unless it was refused.
    ///
    /// Empty, too, where the survey was not told [all routes](super::AccessSurvey::all_routes).
    #[must_use]
    pub fn unlisted(&self) -> &[String] {
        &self.unlisted
    }

    /// What a survey without findings does not prove, a sentence each. They are a part of the report.
    pub fn unproved(&self) -> impl Iterator<Item = &'static str> {
        let routes = "A route that is on no list may be open: the survey was not told all routes of the application.";
        let told = (!self.knows_all_routes).then_some(routes);
        let always = [
            "A field or a query that opens a route was found only if it is one of those that were sent.",
            "What right credentials may do was asked for the routes on the list alone.",
        ];
        told.into_iter().chain(always)
    }

    /// How many requests were sent.
    #[must_use]
    pub fn requests(&self) -> usize {
        let listed = self.routes.iter().map(|it| it.answers.len());
        let probed = self.probed.iter().map(ProbeReport::requests);
        listed.chain(probed).sum()
    }

    /// Fails a test unless the application is closed.
    ///
    /// # Panics
    ///
    /// Something is not as it should be. The message is the report.
    #[track_caller]
    pub fn assert_closed(&self) {
        assert!(self.is_closed(), "the application is not closed\n\n{self}");
    }

    /// Whether something was found there before.
    pub(super) fn finds(&self, method: &Method, target: &Uri) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|it| it.method == *method && it.target == *target)
    }

    pub(super) fn find(
        &mut self,
        method: &Method,
        target: &Uri,
        sent: CredentialsSent,
        answer: &AppAnswer,
        fault: Option<String>,
    ) {
        self.findings.extend(fault.map(|fault| SurveyFinding {
            method: method.clone(),
            target: target.clone(),
            sent,
            answer: answer.to_string(),
            fault,
        }));
    }
}

impl RouteReport {
    pub(super) fn new(method: &Method, target: &Uri, expected: ExpectedAccess) -> Self {
        Self {
            method: method.clone(),
            target: target.clone(),
            expected,
            answers: Vec::new(),
        }
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The target, as it was listed.
    #[must_use]
    pub const fn target(&self) -> &Uri {
        &self.target
    }

    /// Who may use it.
    #[must_use]
    pub const fn expected(&self) -> ExpectedAccess {
        self.expected
    }

    /// What came of `sent`, if it was.
    #[must_use]
    pub fn answer(&self, sent: CredentialsSent) -> Option<&AppAnswer> {
        let mut answers = self.answers.iter();
        answers.find(|it| it.0 == sent).map(|it| &it.1)
    }
}

impl ProbeReport {
    pub(super) const fn new(name: String) -> Self {
        Self {
            name,
            answers: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, answer: &AppAnswer) {
        *self.answers.entry(answer.to_string()).or_default() += 1;
    }

    /// What was asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Each answer, and how often it came.
    pub fn answers(&self) -> impl Iterator<Item = (&str, usize)> {
        let answers = self.answers.iter();
        answers.map(|(answer, times)| (answer.as_str(), *times))
    }

    fn requests(&self) -> usize {
        self.answers.values().sum()
    }
}

impl SurveyFinding {
    /// The method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The target.
    #[must_use]
    pub const fn target(&self) -> &Uri {
        &self.target
    }

    /// What was sent.
    #[must_use]
    pub const fn sent(&self) -> CredentialsSent {
        self.sent
    }

    /// What is wrong, with the answer in front.
    #[must_use]
    pub fn fault(&self) -> String {
        format!("{}: {}", self.answer, self.fault)
    }
}

impl fmt::Display for SurveyFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = match self.sent {
            CredentialsSent::Nothing => "without credentials",
            CredentialsSent::Malformed => "with a field that cannot be read",
            CredentialsSent::Wrong => "with wrong credentials",
            CredentialsSent::Right => "with right credentials",
        };
        write!(
            f,
            "{} {}, {sent}: {}",
            self.method,
            self.target,
            self.fault()
        )
    }
}
