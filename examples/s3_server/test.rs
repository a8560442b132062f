//! Runs the commands that the server prints.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "../../tests/examples/placeholders.rs"]
mod placeholders;
#[path = "../../tests/examples/process.rs"]
#[expect(dead_code, reason = "the tests of the other examples need the rest")]
mod process;
#[path = "../../tests/examples/transcript.rs"]
mod transcript;

use std::{env, fs};

use self::process::Running;
use self::transcript::check_page;

#[test]
fn every_command_answers_as_the_cookbook_says() {
    let root = env::temp_dir().join(format!("s3_server.{}", std::process::id()));
    let arguments = ["--root", root.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    let server = Running::start_with("s3_server", &arguments);
    check_page("s3_server", &server);
    fs::remove_dir_all(root).unwrap();
}
