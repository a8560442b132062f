//! Runs the commands that a page of the guide shows, and looks for the answers that it shows.

use std::fs;
use std::net::SocketAddr;

use crate::placeholders::Placeholders;
use crate::transcript::{pages, run};

/// A command of a page, and the lines below it.
#[derive(Default)]
struct Command {
    line: String,
    shown: Vec<String>,
}

/// The server that a page describes.
pub(crate) struct Server<'a> {
    pub(crate) address: SocketAddr,
    /// The address of the server on the page.
    pub(crate) usual: &'a str,
    /// Definitions that come before each command, such as `TOKEN=t0ken`.
    pub(crate) before: &'a str,
    /// Returns everything that the server has written.
    pub(crate) log: &'a dyn Fn() -> String,
}

/// Runs each curl command on a page of the guide. The answer, or the log of the server, must have the lines that the page
/// shows, in this order.
pub(crate) fn check_guide(name: &str, server: &Server<'_>) {
    let commands = commands(&guide(name));
    assert!(!commands.is_empty(), "{name} has no command");
    for command in &commands {
        command.check(name, server);
    }
}

/// The text of a page.
pub(crate) fn guide(name: &str) -> String {
    let path = pages().with_file_name(name).with_extension("md");
    fs::read_to_string(path).unwrap()
}

/// Tells whether a page shows a curl command in a block.
pub(crate) fn has_commands(page: &str) -> bool {
    !commands(page).is_empty()
}

/// The curl commands in all blocks of a page that are no code of Rust.
fn commands(page: &str) -> Vec<Command> {
    let fences = page.split("\n```").skip(1).step_by(2);
    let blocks = fences.filter_map(|fence| fence.split_once('\n'));
    let blocks = blocks.filter(|(kind, _)| ["text", "sh", "console"].contains(kind));
    let commands = blocks.flat_map(|(_, block)| commands_in(block));
    let commands = commands.filter(|command| command.line.contains("curl "));
    commands.collect()
}

/// The commands of a block. A line that begins with four spaces continues the line before it.
fn commands_in(block: &str) -> Vec<Command> {
    let block = block.replace("\\\n", "").replace("\n    ", " ");
    let mut commands: Vec<Command> = Vec::new();
    for line in block.lines() {
        let command = line.strip_prefix("$ ");
        let command = command.or_else(|| line.starts_with("curl ").then_some(line));
        match (command, commands.last_mut()) {
            (Some(command), _) => commands.push(Command {
                line: command.to_owned(),
                ..Command::default()
            }),
            (None, Some(command)) => command.shown.push(line.to_owned()),
            (None, None) => {}
        }
    }
    commands
}

impl Command {
    fn check(&self, name: &str, server: &Server<'_>) {
        let mut placeholders = Placeholders::new(server.address, server.usual);
        let before = (server.log)().len();
        let line = self.line.replace(server.usual, &server.address.to_string());
        let answer = run(&format!("{}\n{line}", server.before));
        let log = (server.log)().split_off(before);
        let actual = placeholders.put_into(&format!("{answer}\n{log}"));
        let mut rest = actual.lines();
        let shown = self.shown.iter().filter(|line| !line.is_empty());
        let mut count = 0;
        for shown in shown.map(|line| placeholders.put_into(line)) {
            let shown = shown.trim_end();
            assert!(
                rest.any(|line| is_shown_as(line, shown)),
                "{name}: `{line}` does not answer `{shown}`:\n{actual}"
            );
            count += 1;
        }
        assert_ne!(count, 0, "{name} shows no answer to `{line}`");
    }
}

/// Compares a line with one of a page, where `..` stands for any text.
///
/// A time until the next attempt may have passed in part, on a slow machine.
fn is_shown_as(line: &str, shown: &str) -> bool {
    let seconds = |line: &str| line.strip_prefix("retry-after: ")?.parse::<u32>().ok();
    if let (Some(left), Some(shown)) = (seconds(line), seconds(shown)) {
        return (shown - shown / 100..=shown).contains(&left);
    }
    let mut parts = shown.split("..");
    let start = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(start) else {
        return false;
    };
    for part in parts {
        let Some(place) = rest.find(part) else {
            return false;
        };
        // The last part may be empty: then the rest of the line is any text.
        rest = if part.is_empty() {
            ""
        } else {
            &rest[place + part.len()..]
        };
    }
    rest.is_empty()
}

#[test]
fn a_line_is_compared_with_its_shortened_form() {
    assert!(is_shown_as("a b c", "a b c"));
    assert!(is_shown_as("a b c", "a ..c"));
    assert!(is_shown_as("a b c", "a.."));
    assert!(is_shown_as("a b c", ".."));
    for other in ["a b", "a ..d", "b..", "a..b"] {
        assert!(!is_shown_as("a b c", other), "{other}");
    }
}
