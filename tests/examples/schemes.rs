//! Checks that each example admits right credentials and refuses others.

use crate::client::{ADA, ask, digest};
use crate::process::Running;

#[test]
fn basic_examples_admit_right_credentials_and_refuse_wrong_ones() {
    let routes = [
        ("axum_basic", "/"),
        ("axum_several_schemes", "/"),
        ("axum_per_route", "/notes"),
        ("database_users", "/"),
        ("htpasswd", "/"),
        ("hyper_basic", "/"),
        ("problem_json", "/notes"),
        ("showcase", "/basic"),
        ("showcase", "/all"),
    ];
    for (name, path) in routes {
        let example = Running::start(name);
        let get = |fields: &[&str]| ask(example.address, &format!("GET {path}"), fields);
        assert_eq!(get(&[ADA]).status(), 200, "{name}");
        assert_eq!(
            get(&["Authorization: Basic YWRhOmJhYmJhZ2U="]).status(),
            401
        );
        let refusal = get(&[]);
        assert_eq!(refusal.status(), 401, "{name}");
        assert!(!refusal.lines("www-authenticate").is_empty(), "{name}");
    }
}

#[test]
fn bearer_examples_admit_right_credentials_and_refuse_wrong_ones() {
    let routes = [
        ("axum_bearer", "/builds", "n3w"),
        ("axum_several_schemes", "/", "t0ken"),
        ("showcase", "/bearer", "r3ad"),
        ("conformance", "/bearer", "good-token_1.2~3+4/5=="),
    ];
    for (name, path, token) in routes {
        let example = Running::start(name);
        let get = |token: &str| {
            let field = format!("Authorization: Bearer {token}");
            ask(example.address, &format!("GET {path}"), &[&field])
        };
        assert_eq!(get(token).status(), 200, "{name}");
        let refusal = get("stolen");
        assert_eq!(refusal.status(), 401, "{name}");
        let challenge = refusal.lines("www-authenticate")[0];
        assert!(
            challenge.ends_with("error=\"invalid_token\""),
            "{challenge}"
        );
    }
}

#[test]
fn digest_examples_admit_right_credentials_and_refuse_wrong_ones() {
    let ada = ("ada", "lovelace");
    let routes = [
        ("axum_digest", "/", ada),
        ("showcase", "/digest", ada),
        (
            "conformance",
            "/digest/sha-256",
            ("mufasa", "Circle of Life"),
        ),
    ];
    for (name, path, (user, password)) in routes {
        let example = Running::start(name);
        let get = format!("GET {path}");
        let log_in = |password| {
            let refusal = ask(example.address, &get, &[]);
            assert_eq!(refusal.status(), 401, "{name}");
            let challenge = refusal.lines("www-authenticate")[0];
            let line = digest(challenge, (user, password), ("GET", path), 1);
            let line = format!("Authorization: {line}");
            ask(example.address, &get, &[&line]).status()
        };
        assert_eq!(log_in(password), 200, "{name}");
        assert_eq!(log_in("wrong"), 401, "{name}");
    }
}

#[test]
fn a_client_that_sends_two_right_credentials_fields_gets_400() {
    let server = Running::start("showcase");
    let answer = ask(server.address, "GET /basic", &[ADA, ADA]);
    assert_eq!(answer.status(), 400);
}
