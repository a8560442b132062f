//! Tests the log file of the example `audit_log`.

use std::{env, fs, process};

use crate::client::{ADA, ask};
use crate::process::Running;

#[test]
fn audit_log_writes_a_line_for_every_decision() {
    let path = env::temp_dir().join(format!("tower-challenge-example.{}.log", process::id()));
    let example = Running::start_with("audit_log", &[path.to_str().unwrap()]);
    // `ada" client=6.6.6.6:x`
    let forged = "Authorization: Basic YWRhIiBjbGllbnQ9Ni42LjYuNjp4";
    for (line, fields, status) in [
        ("GET /?access_token=C4NARY", [ADA].as_slice(), 200),
        ("GET /", &[], 401),
        ("GET /", &[forged, "X-Forwarded-For: 6.6.6.6"], 401),
        ("GET /", &["Authorization: Basic !"], 400),
    ] {
        assert_eq!(ask(example.address, line, fields).status(), status);
    }
    let written = fs::read_to_string(&path).unwrap();
    fs::remove_file(path).unwrap();
    let outcomes = ["admitted", "challenged", "refused", "malformed"];
    assert_eq!(written.lines().count(), outcomes.len(), "{written}");
    for (line, outcome) in written.lines().zip(outcomes) {
        let start = format!("Z tower_challenge outcome={outcome} client=127.0.0.1 ");
        assert!(line.contains(&start), "{line}");
    }
    assert!(
        written.contains(r#"account="ada\" client\u{3d}6.6.6.6""#),
        "{written}"
    );
    for hidden in ["C4NARY", "lovelace", "YWRh"] {
        assert!(!written.contains(hidden), "{written}");
    }
}
