//! Finds the program of the Redis server.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Returns the path of a Redis server: the program that the variable `REDIS_SERVER` names, or `redis-server` of the
/// `PATH`. If there is none, it unpacks the packages of Debian into the target folder, once for all tests.
///
/// # Panics
///
/// There is no Redis server, and this is not Debian.
pub fn redis_server() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| named().or_else(installed).unwrap_or_else(unpacked))
}

fn named() -> Option<PathBuf> {
    env::var_os("REDIS_SERVER").map(PathBuf::from)
}

fn installed() -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    let mut programs = env::split_paths(&folders).map(|folder| folder.join("redis-server"));
    programs.find(|program| program.is_file())
}

fn unpacked() -> PathBuf {
    // Cargo builds a test into a folder of the profile, which is in the target folder.
    let test = env::current_exe().unwrap();
    let folder = test.ancestors().nth(3).unwrap().join("redis");
    let script = include_str!("unpack");
    let output = Command::new("sh")
        .args(["-c", script, "unpack"])
        .arg(&folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "install redis-server: it cannot be unpacked from the packages of Debian: {said}"
    );
    folder.join("redis-server")
}
