//! Tests the survey of an application: it finds open routes, and has no findings for a closed application.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod apps;
mod closed;
mod exchanges;
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

/// Returns the findings of a report as text.
fn findings(report: &SurveyReport) -> Vec<String> {
    report.findings().iter().map(ToString::to_string).collect()
}
