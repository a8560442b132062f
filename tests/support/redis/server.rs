//! A Redis server of a test.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use super::connection::{RedisConnection, Reply};
use super::program::redis_server;

/// A server stores nothing on the disk, and a replica gets the data at once.
const DATA_OPTIONS: [&str; 8] = [
    "--save",
    "",
    "--appendonly",
    "no",
    "--repl-diskless-sync",
    "yes",
    "--repl-diskless-sync-delay",
    "0",
];

/// A Redis server on this machine, which stores nothing on the disk. It is killed when this value is dropped, and also
/// if the test program ends without that.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    tls_port: Option<u16>,
    folder: PathBuf,
    kind: ServerKind,
    running: Option<RunningServer>,
}

#[derive(Clone, Debug)]
enum ServerKind {
    /// A server with more options.
    Data(Vec<String>),
    /// The same, with the files of its certificate and of its key.
    Tls([PathBuf; 2]),
    /// A Sentinel with this configuration.
    Sentinel(String),
}

#[derive(Debug)]
struct RunningServer {
    server: Child,
    /// A shell that kills the server when its standard input ends: at the latest with the test program.
    guard: Child,
}

impl RedisServer {
    /// Starts a server with an empty memory on a free port.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with more options, for example `["--appendonly", "yes"]`.
    #[must_use]
    pub fn start_with(options: &[&str]) -> Self {
        let options = options.iter().map(|&option| option.to_owned());
        Self::start_kind(&ServerKind::Data(options.collect()))
    }

    /// Starts a server that also listens for connections through TLS, with the certificate and the key in these files.
    #[must_use]
    pub fn start_with_tls(certificate: &Path, key: &Path) -> Self {
        let files = [certificate, key].map(Path::to_path_buf);
        Self::start_kind(&ServerKind::Tls(files))
    }

    fn start_kind(kind: &ServerKind) -> Self {
        // Another program may take the port before the server does. Then the server ends at once.
        for _ in 0..20 {
            let mut server = Self {
                port: free_port(),
                tls_port: matches!(kind, ServerKind::Tls(_)).then(free_port),
                folder: new_folder(),
                kind: kind.clone(),
                running: None,
            };
            if server.run() {
                return server;
            }
        }
        panic!("no Redis server starts as {kind:?}");
    }

    /// Starts a Sentinel that watches this server by the name `app`, and waits until it knows the replica. Its own vote
    /// suffices to replace the server after 2 s without a reply.
    #[must_use]
    pub fn start_sentinel(&self) -> Self {
        let sentinel = Self::start_kind(&ServerKind::Sentinel(format!(
            "sentinel monitor app 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds app 2000\n\
             sentinel failover-timeout app 10000\n",
            self.port
        )));
        sentinel.wait_until("the Sentinel knows the replica", || {
            let state = sentinel.info("master0");
            state.is_some_and(|state| state.contains("status=ok") && state.contains("slaves=1"))
        });
        sentinel
    }

    /// Starts a replica of this server, and waits until it has the same data.
    #[must_use]
    pub fn start_replica(&self) -> Self {
        let replica = Self::start_with(&["--replicaof", "127.0.0.1", &self.port.to_string()]);
        replica.wait_until("it is a replica", || {
            replica.info("master_link_status").as_deref() == Some("up")
        });
        replica
    }

    /// The port, which stays the same over restarts.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The address, as a client of the crate `redis` expects it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The address for connections through TLS.
    ///
    /// # Panics
    ///
    /// The server was started without TLS.
    #[must_use]
    pub fn tls_url(&self) -> String {
        let port = self.tls_port.expect("a server with TLS");
        format!("rediss://127.0.0.1:{port}")
    }

    /// Sends a command over a connection of its own. The reply may be an error of the server.
    #[must_use = "the reply may be an error"]
    pub fn ask(&self, command: &[&str]) -> Reply {
        let mut connection = RedisConnection::open(self.port).unwrap();
        connection.ask(command).unwrap()
    }

    /// Sends a command that must not fail.
    #[expect(
        clippy::must_use_candidate,
        reason = "the reply to most commands is only that they did not fail"
    )]
    pub fn command(&self, command: &[&str]) -> Reply {
        let reply = self.ask(command);
        assert!(!matches!(reply, Reply::Error(_)), "{command:?}: {reply}");
        reply
    }

    /// Returns the value of one field of `INFO`.
    #[must_use]
    pub fn info(&self, field: &str) -> Option<String> {
        let text = self.command(&["INFO", "all"]).to_string();
        let mut lines = text.lines();
        lines.find_map(|line| Some(line.strip_prefix(field)?.strip_prefix(':')?.to_owned()))
    }

    /// Returns how often clients have sent this command (in lower case) since the statistics were reset with
    /// `CONFIG RESETSTAT`. Commands within scripts count, too.
    #[must_use]
    pub fn calls(&self, command: &str) -> u64 {
        let field = self.info(&format!("cmdstat_{command}"));
        let calls = field.and_then(|field| {
            field
                .strip_prefix("calls=")?
                .split(',')
                .next()?
                .parse()
                .ok()
        });
        calls.unwrap_or(0)
    }

    /// Stops the process without ending it: clients can connect, and get no reply until [`resume`](Self::resume).
    pub fn stop(&self) {
        self.signal("STOP");
    }

    /// Lets a stopped process go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let running = self.running.as_ref().expect("the server was killed");
        send_signal(signal, running.server.id());
    }

    /// Kills the server. Clients cannot connect until [`restart`](Self::restart).
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Starts the killed server again, on the same port. Its memory is empty, unless it has an append-only file.
    ///
    /// # Panics
    ///
    /// It does not start within some seconds.
    pub fn restart(&mut self) {
        self.kill();
        // The port may still be in use by the end of an old connection.
        let has_started = (0..50).any(|_| {
            let has_started = self.run();
            if !has_started {
                thread::sleep(Duration::from_millis(100));
            }
            has_started
        });
        assert!(
            has_started,
            "the server does not start again:\n{}",
            self.log()
        );
    }

    /// Makes a replica an independent server.
    pub fn promote(&self) {
        self.command(&["REPLICAOF", "NO", "ONE"]);
    }

    /// Waits until `is_so`, for at most 20 s.
    ///
    /// # Panics
    ///
    /// It is not so after 20 s.
    pub fn wait_until(&self, what: &str, is_so: impl FnMut() -> bool) {
        assert!(wait(is_so), "not so after 20 s: {what}\n{}", self.log());
    }

    /// The log of the server.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Starts the process, and returns whether it answers.
    fn run(&mut self) -> bool {
        let mut command = Command::new(redis_server());
        if let ServerKind::Sentinel(configuration) = &self.kind {
            // A Sentinel writes into its file, and must get it as the first argument.
            let file = self.folder.join("sentinel.conf");
            fs::write(&file, configuration).unwrap();
            command.arg(file).arg("--sentinel");
        }
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"]);
        command
            .args(["--logfile", "log", "--dir"])
            .arg(&self.folder);
        match &self.kind {
            ServerKind::Sentinel(_) => {}
            ServerKind::Data(options) => {
                command.args(DATA_OPTIONS).args(options);
            }
            ServerKind::Tls([certificate, key]) => {
                command
                    .args(DATA_OPTIONS)
                    .args(["--tls-auth-clients", "no"]);
                let port = self.tls_port.unwrap_or_default().to_string();
                command.args(["--tls-port", &port, "--tls-cert-file"]);
                command.arg(certificate).arg("--tls-key-file").arg(key);
            }
        }
        let silent = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let server = silent.spawn().unwrap();
        let guard = Command::new("sh")
            .args(["-c", &format!("read _; kill -9 {}", server.id())])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let running = self.running.insert(RunningServer { server, guard });
        let (port, server) = (self.port, &mut running.server);
        let mut has_ended = false;
        wait(|| {
            has_ended = server.try_wait().unwrap().is_some();
            has_ended || is_ready(port, server.id())
        });
        !has_ended
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        // The process is gone, and its number may be that of another process soon: the guard must not kill that one.
        let _ = self.guard.kill();
        let _ = self.guard.wait();
    }
}

/// Whether the server with this process answers at the port, and no other.
fn is_ready(port: u16, process: u32) -> bool {
    let ask = || RedisConnection::open(port)?.ask(&["INFO", "server"]);
    let expected = format!("process_id:{process}");
    ask().is_ok_and(|reply| reply.to_string().lines().any(|line| line == expected))
}

/// Sends a signal with the `kill` of the shell, because a minimal Debian has no other.
fn send_signal(signal: &str, process: u32) {
    let kill = format!("kill -{signal} {process}");
    let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(sent.success(), "{kill}");
}

/// Waits for at most 20 s, and returns whether it is so.
fn wait(mut is_so: impl FnMut() -> bool) -> bool {
    (0..4000).any(|_| {
        let is_so = is_so();
        if !is_so {
            thread::sleep(Duration::from_millis(5));
        }
        is_so
    })
}

/// Finds a port that no program listens at, with another one 10,000 above for a cluster. Both are below the ports that
/// the system gives to clients, so that no client takes the port while a server restarts.
fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 2_700;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    // Test programs that run at the same time begin at different ports.
    let start = u16::try_from(process::id() * 37 % u32::from(COUNT)).unwrap();
    let next = || FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT;
    let mut ports = (0..COUNT).map(|_| next());
    ports
        .find(|&port| is_free(port) && is_free(port + 10_000))
        .expect("a free port")
}

fn new_folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("redis-of-a-test.{}.{count}", process::id());
    let folder = std::env::temp_dir().join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}
