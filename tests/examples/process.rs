//! How an example is started, and stopped.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// An example that runs. It ends with this value.
pub(crate) struct Running {
    child: Child,
    /// Kept, so that the example can go on printing.
    _stdout: BufReader<ChildStdout>,
    /// What it printed up to its address.
    pub(crate) printed: String,
    pub(crate) address: SocketAddr,
}

impl Running {
    /// Starts `name` on a free port, and waits until it says which.
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
            assert_ne!(read, 0, "{name} ended before it was ready");
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

    /// Tells it to stop, as a process manager does, and waits until it has.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        // The shell's own: Debian's smallest system has no other.
        let kill = format!("kill -TERM {id}");
        let told = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An example that is not started yet.
pub(crate) fn command(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary(name));
    command.args(arguments).env("PORT", "0");
    command
        .env("ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("SECRET_ACCESS_KEY", "secret");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Cargo builds the examples beside the tests, and tells the tests nothing of it.
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
