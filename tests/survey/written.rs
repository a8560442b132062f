//! Tests that the report of an application is the same, byte for byte, in every run.

use axum::Router;
use axum::routing::get;
use serde_json::Value;

use crate::apps::{closed, survey};
use crate::report;

const CLOSED_MARKDOWN: &str = include_str!("closed.md");
const CLOSED_JSON: &str = include_str!("closed.json");
const OPEN_MARKDOWN: &str = include_str!("open.md");
const OPEN_JSON: &str = include_str!("open.json");

fn open() -> Router {
    closed().route("/left|open", get(|| async { "in" }))
}

/// After a change of the report, print the values that are compared here to make the expected files anew.
#[tokio::test]
async fn a_report_is_the_same_in_every_run() {
    let survey = survey();
    for _ in 0..2 {
        let report = report(&survey, &closed()).await;
        assert_eq!(report.to_markdown(), CLOSED_MARKDOWN, "{report}");
        assert_eq!(report.to_json(), CLOSED_JSON, "{}", report.to_json());
    }
    let survey = survey.guarded("GET", "/left|open").public("GET", "/");
    let report = report(&survey, &open()).await;
    assert_eq!(report.to_markdown(), OPEN_MARKDOWN, "{report}");
    assert_eq!(report.to_json(), OPEN_JSON, "{}", report.to_json());
}

#[test]
fn the_json_report_is_valid_and_agrees_with_the_markdown_report() {
    let closed: Value = serde_json::from_str(CLOSED_JSON).unwrap();
    assert_eq!(closed["closed"], true);
    assert_eq!(closed["findings"], Value::Array(Vec::new()));
    let open: Value = serde_json::from_str(OPEN_JSON).unwrap();
    assert_eq!(open["closed"], false);
    assert_eq!(open["routes"].as_array().unwrap().len(), 6);
    assert_eq!(open["routes"][0]["none"]["status"], 401);
    assert_eq!(open["routes"][0]["none"]["challenges"][2], "Basic");
    let found = open["findings"].as_array().unwrap();
    assert_eq!(found[0]["path"], "/left|open");
    assert_eq!(found[0]["fault"], "200: the route is open");
    for (json, markdown) in [(&closed, CLOSED_MARKDOWN), (&open, OPEN_MARKDOWN)] {
        let requests = format!("{} requests", json["requests"]);
        assert!(markdown.contains(&requests), "{markdown}");
    }
}
