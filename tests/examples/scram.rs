//! Runs the client of the example `scram` as its server prints it.

use crate::process::{Running, command};

#[test]
fn the_client_answers_what_the_server_prints() {
    let server = Running::start("scram");
    let lines = || server.printed.lines().map(str::trim);
    let mut run = 0;
    for (line, expected) in lines().zip(lines().skip(1)) {
        let Some((_, arguments)) = line.split_once(" -- ") else {
            continue;
        };
        let arguments = arguments.split(' ').collect::<Vec<_>>();
        let output = command("scram", &arguments).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let (expected, _) = expected.split_once(':').unwrap();
        assert!(printed.starts_with(expected), "{line}: {printed}");
        run += 1;
    }
    assert_eq!(run, 5, "the server prints five commands of the client");
}
