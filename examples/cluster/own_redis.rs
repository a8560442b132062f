//! A Redis server for the example alone.

use std::env;
use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::process::{self, Child, Command, Stdio};
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::sleep;

/// A Redis server that listens in a folder of its own, and stores nothing on the disk. It ends when this value is dropped,
/// and also if the example is killed.
pub(crate) struct OwnRedis {
    url: String,
    guard: Child,
}

/// Ends the server and removes its folder when the standard input ends, which is at the latest with the example.
const GUARD: &str = r#"
    folder=$1; shift
    "$@" </dev/null & server=$!
    cat >/dev/null
    kill "$server"; wait "$server"; rm -rf "$folder"
"#;

impl OwnRedis {
    /// Starts the server, and waits until it accepts connections.
    pub(crate) async fn start(program: &str) -> Result<Self, Box<dyn Error>> {
        require(program)?;
        let folder = env::temp_dir().join(format!("redis-of-the-example.{}", process::id()));
        fs::create_dir_all(&folder)?;
        let socket = folder.join("socket");
        let mut command = Command::new("sh");
        command.args(["-c", GUARD, "guard"]).arg(&folder);
        command.args([program, "--port", "0", "--unixsocket"]);
        command
            .arg(&socket)
            .args(["--save", "", "--dir"])
            .arg(&folder);
        let silent = command.stdout(Stdio::null()).stderr(Stdio::null());
        let guard = silent.stdin(Stdio::piped()).spawn()?;
        let own = Self {
            url: format!("redis+unix://{}", socket.display()),
            guard,
        };
        for _ in 0..500 {
            if UnixStream::connect(&socket).await.is_ok() {
                return Ok(own);
            }
            sleep(Duration::from_millis(10)).await;
        }
        Err(format!("{program} has not started within 5 s").into())
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// Fails with an explanation if there is no such program.
fn require(program: &str) -> Result<(), String> {
    let version = Command::new(program).arg("--version").output();
    match version {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(format!(
            "there is no {program}: install it (on Debian: apt-get install redis-server), or set REDIS_URL"
        )),
        Err(error) => Err(format!("{program} does not start: {error}")),
        Ok(_) => Ok(()),
    }
}
