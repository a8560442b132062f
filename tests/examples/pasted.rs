//! Runs the curl commands that an example prints.

use std::process::Command;

/// Runs each line that is a curl command, and compares its status with the next line. Returns the number of commands.
pub(crate) fn try_all(printed: &str) -> usize {
    let lines = || printed.lines().map(str::trim);
    let pairs = lines().zip(lines().skip(1));
    let pairs = pairs.filter(|(command, _)| command.starts_with("curl "));
    pairs
        .map(|(command, answer)| try_one(command, answer))
        .count()
}

fn try_one(command: &str, answer: &str) {
    let (expected, _) = answer
        .split_once(':')
        .expect("an answer is a status, a colon and a text");
    let status = curl(command).to_string();
    let mut expected = expected.split(" or ");
    assert!(
        expected.any(|one| one == status),
        "`{command}` returned {status}, but the example prints `{answer}`"
    );
}

/// Runs a curl command as if a user had pasted it, and returns the last status.
pub(crate) fn curl(pasted: &str) -> u16 {
    let line = format!("{pasted} -sS --max-time 30 -w '\\n%{{http_code}}'");
    let mut shell = Command::new("sh");
    let shell = shell.args(["-c", &line]).env_remove("http_proxy");
    let output = shell.env_remove("all_proxy").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let problem = String::from_utf8_lossy(&output.stderr);
    assert_eq!(problem, "", "{line} (curl has to be installed)");
    text.lines().last().unwrap().parse().unwrap()
}
