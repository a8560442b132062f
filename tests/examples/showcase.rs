//! Tests how the showcase chooses its port.

use std::net::TcpListener;

use crate::client::{ADA, ask};
use crate::process::{Running, command};

#[test]
fn the_showcase_reports_that_the_given_port_is_in_use() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().to_string();
    let output = command("showcase", &["--listen", &taken]).output().unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.starts_with(&format!("{taken} is in use")),
        "{message}"
    );
}

#[test]
fn the_showcase_chooses_a_free_port_by_itself() {
    // The default port may be free or in use. At least one of the two processes has to choose another port.
    let (first, second) = (
        Running::start_with("showcase", &[]),
        Running::start_with("showcase", &[]),
    );
    assert_ne!(first.address, second.address);
    for showcase in [first, second] {
        assert_eq!(ask(showcase.address, "GET /basic", &[ADA]).status(), 200);
    }
}
