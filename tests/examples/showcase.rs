//! The showcase, and the port that it is given.

use std::net::TcpListener;

use crate::client::{ADA, ask};
use crate::process::{Running, command};

#[test]
fn showcase_says_that_the_port_it_was_told_to_use_is_taken() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().to_string();
    let output = command("showcase", &["--listen", &taken]).output().unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.starts_with(&format!("{taken} is taken")),
        "{message}"
    );
}

#[test]
fn showcase_finds_a_port_by_itself() {
    // Whoever has the usual port, one of the two has another.
    let (one, other) = (
        Running::start_with("showcase", &[]),
        Running::start_with("showcase", &[]),
    );
    assert_ne!(one.address, other.address);
    for showcase in [one, other] {
        assert_eq!(ask(showcase.address, "GET /basic", &[ADA]).status(), 200);
    }
}
