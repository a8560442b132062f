//! Pastes the commands that the conformance server lists, and checks the answers. The commands of the other examples are
//! in the cookbook.

use crate::client::ask;
use crate::process::Running;
use crate::transcript::{run, tries};

#[test]
fn every_route_of_the_conformance_server_answers_what_its_page_says() {
    let server = Running::start("conformance");
    let page = ask(server.address, "GET /", &[]);
    let tries = tries(page.body());
    for one in &tries {
        let answer = run(one.command);
        one.check_status(&answer);
        let greeting = one.note.split(';').next().unwrap_or_default();
        let is_greeting = greeting.starts_with("hello ");
        assert!(!is_greeting || answer.contains(greeting), "{answer}");
    }
    println!("{} routes", tries.len());
    assert_eq!(
        tries.len(),
        3 + 5 + 1 + 2 + 11 * 3 + 2 + 5 + 2 + 3 + 6 + 9 + 5 + 2,
        "the page must list every route with one command"
    );
}
