//! A survey finds what is open, and says nothing of what is closed.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod apps;
mod closed;
mod granted;
mod listed;
mod open;
mod written;

use axum::Router;
use axum::body::Body;
use tower_challenge::testing::{AccessSurvey, SurveyReport};

/// Runs a survey of an axum application.
async fn report(survey: &AccessSurvey, app: &Router) -> SurveyReport {
    survey.run::<Body, _, _>(app).await.unwrap()
}

/// What was found, a line each.
fn findings(report: &SurveyReport) -> Vec<String> {
    report.findings().iter().map(ToString::to_string).collect()
}
