//! Starts and stops an example.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;
use std::{env, process};

/// A running example. It is killed when this value is dropped.
pub(crate) struct Running {
    child: Child,
    /// Everything that the example has written.
    output: Output,
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
        let output = Output::new();
        let mut command = command(name, arguments);
        let command = command.stdout(output.writer()).stderr(output.writer());
        let mut child = command.spawn().unwrap();
        let (printed, address) = loop {
            let ended = child.try_wait().unwrap().is_some();
            let printed = output.since(0);
            if let Some(address) = address_in(&printed) {
                break (printed, address);
            }
            assert!(
                !ended,
                "{name} ended before it printed its address: {printed}"
            );
            thread::sleep(Duration::from_millis(2));
        };
        Self {
            child,
            output,
            printed,
            address,
        }
    }

    /// How many bytes the example has written to standard output and standard error.
    pub(crate) fn written(&self) -> u64 {
        self.output.length()
    }

    /// Returns the text that the example has written after its first `start` bytes.
    pub(crate) fn written_since(&self, start: u64) -> String {
        self.output.since(start)
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

/// Finds the line with the address, which is complete when its line break is there.
fn address_in(printed: &str) -> Option<SocketAddr> {
    let mut lines = printed.split_inclusive('\n');
    let address = lines.find_map(|line| {
        let url = line.strip_prefix("listening on http")?;
        url.strip_prefix('s').unwrap_or(url).strip_prefix("://")
    })?;
    Some(address.strip_suffix('\n')?.parse().unwrap())
}

/// A temporary file that takes both outputs of an example. It never blocks the example, as a full pipe would, and
/// a line is there as soon as the example has written it.
struct Output {
    file: File,
    path: PathBuf,
}

impl Output {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("example-output.{}.{count}", process::id());
        let path = env::temp_dir().join(name);
        let mut options = File::options();
        let file = options.read(true).append(true).create_new(true);
        let file = file.open(&path).unwrap();
        Self { file, path }
    }

    fn writer(&self) -> Stdio {
        self.file.try_clone().unwrap().into()
    }

    fn length(&self) -> u64 {
        self.file.metadata().unwrap().len()
    }

    fn since(&self, start: u64) -> String {
        let length = usize::try_from(self.length() - start).unwrap();
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The command for an example, not started yet.
pub(crate) fn command(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary(name));
    command.args(arguments).env("PORT", "0");
    // Another package of the workspace may switch on the colors of logs.
    command.env("NO_COLOR", "1");
    command
        .env("ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("SECRET_ACCESS_KEY", "secret");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The folder of all examples. Cargo builds them in a folder beside the tests, but does not tell the tests where.
pub(crate) fn folder() -> PathBuf {
    let test = env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    profile.join("examples")
}

fn binary(name: &str) -> PathBuf {
    let binary = folder().join(format!("{name}{}", env::consts::EXE_SUFFIX));
    assert!(
        binary.is_file(),
        "{} is missing: `cargo build --all-features --examples` builds it",
        binary.display()
    );
    binary
}
