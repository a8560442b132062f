//! Writes the report as Markdown.

use super::report::{ProbeReport, RouteReport, SurveyReport};
use super::{AppAnswer, CredentialsSent};
use crate::derives::writes;

impl SurveyReport {
    /// Returns the report as Markdown, for people.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = String::from("# Access survey\n\n");
        let count = |number: usize, what: &str| match number {
            1 => format!("1 {what}"),
            _ => format!("{number} {what}s"),
        };
        let requests = count(self.requests(), "request");
        let findings = match self.findings().len() {
            0 => "no findings".to_owned(),
            number => count(number, "finding"),
        };
        text += &format!("{requests}, {findings}.\n\n");
        for finding in self.findings() {
            text += &format!("- {}\n", escaped(&finding.to_string()));
        }
        if !self.is_closed() {
            text += "\n";
        }
        text += "| method | path | expected | none | malformed | wrong | right |\n";
        text += "|---|---|---|---|---|---|---|\n";
        self.routes().iter().for_each(|route| text += &row(route));
        text +=
            "\nOther requests, without right credentials:\n\n| requests | answers |\n|---|---|\n";
        self.probed()
            .iter()
            .for_each(|probe| text += &probed(probe));
        if !self.unlisted().is_empty() {
            text += "\nRoutes of the application that are not on the list:\n\n";
            let routes = self.unlisted().iter();
            routes.for_each(|route| text += &format!("- {}\n", escaped(route)));
        }
        text += "\nThe survey does not prove this:\n\n";
        self.unproved()
            .for_each(|sentence| text += &format!("- {sentence}\n"));
        text
    }
}

writes! { impl[] SurveyReport[] as self => &self.to_markdown() }

fn row(route: &RouteReport) -> String {
    let answers = CredentialsSent::ALL.map(|sent| {
        let answer = route.answer(sent).map(AppAnswer::to_string);
        answer.unwrap_or_else(|| "-".to_owned())
    });
    let target = escaped(&route.target().to_string());
    let (method, expected) = (route.method(), route.expected().as_str());
    format!(
        "| {} | {target} | {expected} | {} |\n",
        escaped(method.as_str()),
        answers.join(" | ")
    )
}

fn probed(probed: &ProbeReport) -> String {
    let answers = probed
        .answers()
        .map(|(answer, times)| format!("{times} × {answer}"));
    let answers = answers.collect::<Vec<_>>().join("; ");
    format!("| {} | {answers} |\n", escaped(probed.name()))
}

/// Escapes the characters that would end a cell of the table or begin markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if matches!(c, '|' | '\\' | '`' | '*' | '_' | '<' | '[') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
