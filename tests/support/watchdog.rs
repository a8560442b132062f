//! Ends a test program that waits forever.

use std::io::{self, Write};
use std::process;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// Far above the time of every test, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Ends the test program with the name of the test, if the test still runs after 60 seconds.
///
/// Use it in a test that a fault could make wait forever, for example because a waker is not called or a loop does not
/// end. Without it such a fault shows as a run that never ends. It is no assertion about time: it ends the whole program,
/// because a thread that loops cannot be stopped.
#[must_use = "the watchdog watches until it is dropped"]
#[derive(Debug)]
pub struct Watchdog {
    /// The thread of the watchdog ends when this is dropped.
    _running: Sender<()>,
}

impl Watchdog {
    /// Watches the test until the end of the scope. `waits_for` says what the test waits for.
    pub fn start(waits_for: &'static str) -> Self {
        let (running, ended) = mpsc::channel();
        let test = thread::current().name().unwrap_or("a test").to_owned();
        thread::spawn(move || {
            if ended.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
                let seconds = LIMIT.as_secs();
                let message = format!("{test} waits for {seconds} s until {waits_for}\n");
                // The macros that print would write into the captured output of the test, which the program never shows.
                let _ = io::stderr().write_all(message.as_bytes());
                process::exit(101);
            }
        });
        Self { _running: running }
    }
}
