//! Holds the results of a survey.

use std::collections::BTreeMap;
use std::fmt;

use http::{Method, Uri};

use super::{AppAnswer, CredentialsSent, ExpectedAccess};

/// Shows what an application answered to a survey, and which answers are wrong.
///
/// `Display` writes it as Markdown. The report names methods, paths, statuses and schemes. It holds no credentials, and
/// no text that differs from one run to the next. So you can keep it under version control and review its changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurveyReport {
    pub(super) routes: Vec<RouteReport>,
    pub(super) probed: Vec<ProbeReport>,
    pub(super) findings: Vec<SurveyFinding>,
    pub(super) unlisted: Vec<String>,
    pub(super) knows_all_routes: bool,
}

/// A route on the list, and its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteReport {
    method: Method,
    target: Uri,
    expected: ExpectedAccess,
    pub(super) answers: Vec<(CredentialsSent, AppAnswer)>,
}

/// A group of requests beside those for the listed routes, and how often each answer came.
///
/// For example, the group `other methods of /notes` has the answer `401 Basic` eight times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeReport {
    name: String,
    answers: BTreeMap<String, usize>,
}

/// A wrong answer: the request, the answer, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyFinding {
    method: Method,
    target: Uri,
    sent: CredentialsSent,
    answer: String,
    fault: String,
}

impl SurveyReport {
    /// Returns whether the survey has no findings. This says nothing about requests that the survey did not send: see
    /// [`unproved`](Self::unproved).
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns the wrong answers, in the order in which they came.
    #[must_use]
    pub fn findings(&self) -> &[SurveyFinding] {
        &self.findings
    }

    /// Returns the routes on the list, with their answers.
    #[must_use]
    pub fn routes(&self) -> &[RouteReport] {
        &self.routes
    }

    /// Returns the groups of other requests, with their answers.
    #[must_use]
    pub fn probed(&self) -> &[ProbeReport] {
        &self.probed
    }

    /// Returns the routes of the application that are not on the list of the survey, in the form `GET /notes/{id}`.
    ///
    /// The survey sent one request without credentials to each of them. If the route did not refuse it, that is a
    /// finding. The result is also empty if the survey does not know [all routes](super::AccessSurvey::all_routes).
    #[must_use]
    pub fn unlisted(&self) -> &[String] {
        &self.unlisted
    }

    /// Returns the limits of the survey as sentences: what it does not prove even without findings. The report shows
    /// them.
    pub fn unproved(&self) -> impl Iterator<Item = &'static str> {
        let routes =
            "Routes that are not on the list may be open: the survey does not know all routes.";
        let unknown_routes = (!self.knows_all_routes).then_some(routes);
        let always = [
            "Other fields and queries may open a route: the survey finds only those that it sends.",
            "Right credentials may open other routes: the survey sends them only to the routes on the list.",
        ];
        unknown_routes.into_iter().chain(always)
    }

    /// Returns how many requests the survey sent.
    #[must_use]
    pub fn requests(&self) -> usize {
        let listed = self.routes.iter().map(|route| route.answers.len());
        let probed = self.probed.iter().map(ProbeReport::requests);
        listed.chain(probed).sum()
    }

    /// Fails a test unless the application is closed.
    ///
    /// # Panics
    ///
    /// The report has a finding. The message of the panic is the report.
    #[track_caller]
    pub fn assert_closed(&self) {
        assert!(self.is_closed(), "the application is not closed\n\n{self}");
    }

    /// Returns whether there is a finding for this method and target already.
    pub(super) fn has_finding(&self, method: &Method, target: &Uri) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|finding| finding.method == *method && finding.target == *target)
    }

    /// Adds a finding if there is a `fault`.
    pub(super) fn add_finding(
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

    /// Returns the method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the target as it is listed.
    #[must_use]
    pub const fn target(&self) -> &Uri {
        &self.target
    }

    /// Returns the access that the route should allow.
    #[must_use]
    pub const fn expected(&self) -> ExpectedAccess {
        self.expected
    }

    /// Returns the answer to the request with these credentials, or `None` if the survey did not send it.
    #[must_use]
    pub fn answer(&self, sent: CredentialsSent) -> Option<&AppAnswer> {
        let mut answers = self.answers.iter();
        answers
            .find(|(kind, _)| *kind == sent)
            .map(|(_, answer)| answer)
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

    /// Returns the name of the group, such as `other methods of /notes`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns each answer, and how often it came.
    pub fn answers(&self) -> impl Iterator<Item = (&str, usize)> {
        let answers = self.answers.iter();
        answers.map(|(answer, times)| (answer.as_str(), *times))
    }

    fn requests(&self) -> usize {
        self.answers.values().sum()
    }
}

impl SurveyFinding {
    /// Returns the method of the request.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the target of the request.
    #[must_use]
    pub const fn target(&self) -> &Uri {
        &self.target
    }

    /// Returns the credentials that the request carried.
    #[must_use]
    pub const fn sent(&self) -> CredentialsSent {
        self.sent
    }

    /// Returns the answer and what is wrong with it, such as `200: the route is open`.
    #[must_use]
    pub fn fault(&self) -> String {
        format!("{}: {}", self.answer, self.fault)
    }
}

impl fmt::Display for SurveyFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = match self.sent {
            CredentialsSent::Nothing => "without credentials",
            CredentialsSent::Malformed => "with a malformed credentials field",
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
