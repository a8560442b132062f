//! Starts and stops an example.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// A running example. It is killed when this value is dropped.
pub(crate) struct Running {
    child: Child,
    /// This keeps the pipe open, so that the example can print more.
    _stdout: BufReader<ChildStdout>,
    /// The text that the example printed up to its address.
    pub(crate) printed: String,
    pub(crate) address: SocketAddr,
}

impl Running {
    /// Starts `name` on a free port, and waits until it prints its address.
    pub(crate) fn start(name: &str) -> Self {
        let listen: &[&str] = match name {
            "conformance" | "showcase" => &["--listen", "127.0.0.1:0"],
            _ => &[],
        };
        Self::start_with(name, listen)
    }

    pub(crate) fn start_with(name: &str, arguments: &[&str]) -> Self {
        let mut child = command(name, arguments).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut printed = String::new();
        let address = loop {
            let start = printed.len();
            let read = stdout.read_line(&mut printed).unwrap();
            assert_ne!(read, 0, "{name} ended before it printed its address");
            let line = printed[start..].trim_end();
            if let Some(address) = line.strip_prefix("listening on http://") {
                break address.parse().unwrap();
            }
        };
        Self {
            child,
            _stdout: stdout,
            printed,
            address,
        }
    }

    /// Sends SIGTERM, as a process manager does, and waits until the process has ended.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        // This uses the `kill` of the shell, because a minimal Debian has no other.
        let kill = format!("kill -TERM {id}");
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command for an example, not started yet.
pub(crate) fn command(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary(name));
    command.args(arguments).env("PORT", "0");
    command
        .env("ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("SECRET_ACCESS_KEY", "secret");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Returns the path of an example. Cargo builds the examples in a directory beside the tests, but does not tell the
/// tests where.
fn binary(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    let binary = profile.join("examples").join(file);
    assert!(
        binary.is_file(),
        "{} is missing: `cargo build --all-features --examples` builds it",
        binary.display()
    );
    binary
}
