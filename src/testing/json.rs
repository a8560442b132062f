//! Writes the report as JSON.

use super::report::{ProbeReport, RouteReport, SurveyFinding, SurveyReport};
use super::{AppAnswer, CredentialsSent};
use crate::text::json::string;

impl SurveyReport {
    /// Returns the report as JSON, for programs.
    ///
    /// It is an object with the keys `closed`, `requests`, `routes`, `probed`, `unlisted`, `unproved` and `findings`.
    #[must_use]
    pub fn to_json(&self) -> String {
        format!(
            "{{\n  \"closed\": {},\n  \"requests\": {},\n  \"routes\": {},\n  \"probed\": {},\n  \"unlisted\": {},\n  \"unproved\": {},\n  \"findings\": {}\n}}\n",
            self.is_closed(),
            self.requests(),
            array(self.routes().iter().map(route)),
            array(self.probed().iter().map(probed)),
            array(self.unlisted().iter().map(|route| string(route))),
            array(self.unproved().map(string)),
            array(self.findings().iter().map(finding)),
        )
    }
}

/// Writes an array with one value on each line, so that the difference between two reports is easy to read.
fn array(values: impl Iterator<Item = String>) -> String {
    let values = values
        .map(|value| format!("\n    {value}"))
        .collect::<Vec<_>>();
    match values.len() {
        0 => "[]".to_owned(),
        _ => format!("[{}\n  ]", values.join(",")),
    }
}

fn route(route: &RouteReport) -> String {
    let answers = CredentialsSent::ALL.map(|sent| {
        let answer = route.answer(sent).map(answer);
        format!(
            "{}: {}",
            string(sent.as_str()),
            answer.unwrap_or_else(|| "null".to_owned())
        )
    });
    format!(
        "{{\"method\": {}, \"path\": {}, \"expected\": {}, {}}}",
        string(route.method().as_str()),
        string(&route.target().to_string()),
        string(route.expected().as_str()),
        answers.join(", "),
    )
}

fn answer(answer: &AppAnswer) -> String {
    let status = answer.status().map(|status| status.as_u16().to_string());
    let challenges = answer.challenges().map(|challenges| {
        let schemes = challenges
            .iter()
            .map(|challenge| string(challenge.scheme().as_str()));
        format!("[{}]", schemes.collect::<Vec<_>>().join(", "))
    });
    let null = || "null".to_owned();
    format!(
        "{{\"status\": {}, \"challenges\": {}}}",
        status.unwrap_or_else(null),
        challenges.unwrap_or_else(null)
    )
}

fn probed(probed: &ProbeReport) -> String {
    let answers = probed.answers();
    let answers = answers.map(|(answer, times)| format!("{}: {times}", string(answer)));
    let answers = answers.collect::<Vec<_>>().join(", ");
    format!(
        "{{\"what\": {}, \"answers\": {{{answers}}}}}",
        string(probed.name())
    )
}

fn finding(finding: &SurveyFinding) -> String {
    format!(
        "{{\"method\": {}, \"path\": {}, \"sent\": {}, \"fault\": {}}}",
        string(finding.method().as_str()),
        string(&finding.target().to_string()),
        string(finding.sent().as_str()),
        string(&finding.fault()),
    )
}
