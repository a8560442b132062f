//! Pastes the commands that the examples print, and checks the printed answers.

use crate::client::{ask, curl};
use crate::process::Running;

const EXAMPLES: [&str; 16] = [
    "audit_log",
    "axum_basic",
    "axum_bearer",
    "axum_digest",
    "axum_per_route",
    "axum_several_schemes",
    "database_users",
    "digest_auth_int",
    "htpasswd",
    "hyper_basic",
    "jwt_jwks",
    "login_redirect",
    "openapi",
    "problem_json",
    "proxy",
    "showcase",
];

#[test]
fn every_curl_command_answers_what_is_printed_below_it() {
    for name in EXAMPLES {
        let example = Running::start(name);
        let run = try_all(&example.printed);
        println!("{name}: {run} commands");
        assert!(run >= 4, "{name} prints fewer than four commands");
    }
}

#[test]
fn every_route_of_the_conformance_server_answers_what_its_page_says() {
    let server = Running::start("conformance");
    let page = ask(server.address, "GET /", &[]);
    let run = try_all(page.body());
    println!("{run} routes");
    assert_eq!(
        run,
        3 + 3 + 2 + 11 * 3 + 2 + 2 + 6 + 9,
        "the page must list every route with one command"
    );
}

/// Runs each line that is a curl command, and compares its status with the next line. Returns the number of commands.
fn try_all(printed: &str) -> usize {
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
