//! Pastes the commands that the examples print, and checks the printed answers.

use crate::client::ask;
use crate::pasted::try_all;
use crate::process::Running;

const EXAMPLES: [&str; 15] = [
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
        3 + 4 + 11 * 3 + 2 + 2 + 6 + 9,
        "the page must list every route with one command"
    );
}
