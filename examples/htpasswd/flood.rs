//! Measures how the server answers one user while 32 connections guess her password.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

const GUESSERS: u64 = 32;

/// Counts the responses by their status.
#[derive(Default)]
struct Seen {
    admitted: AtomicU64,
    refused: AtomicU64,
    unavailable: AtomicU64,
}

impl Seen {
    fn add(&self, status: u16) {
        let count = match status {
            200 => &self.admitted,
            401 => &self.refused,
            _ => &self.unavailable,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Runs two measurements of five seconds each, first with ada alone and then with ada among the guessers, and prints
/// them.
///
/// Each measurement has the number of requests of ada that were admitted, and the median response time of `open`, a
/// path that needs no password.
pub(crate) async fn flood(address: &str, open: &str) -> io::Result<()> {
    // After this request, the server's cache knows that her password is right.
    let ada = Ask::new("/", Some("lovelace"));
    ada.send(&mut TcpStream::connect(address).await?).await?;
    let alone = run(address, open, 0).await;
    let among = run(address, open, GUESSERS).await;
    let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
    println!("ada alone:         {} admitted", count(&alone.ada.admitted));
    println!("ada in the flood:  {} admitted", count(&among.ada.admitted));
    println!("{open} alone:        {:?}", alone.median);
    println!("{open} in the flood: {:?}", among.median);
    let (refused, beyond) = (&among.guesses.refused, &among.guesses.unavailable);
    println!(
        "the flood:         {} refused, {} unavailable",
        count(refused),
        count(beyond)
    );
    Ok(())
}

/// The result of one measurement of five seconds.
struct Run {
    ada: Arc<Seen>,
    guesses: Arc<Seen>,
    median: Duration,
}

async fn run(address: &str, open: &str, guessers: u64) -> Run {
    let stop = Arc::new(AtomicBool::new(false));
    let (ada, guesses) = (Arc::new(Seen::default()), Arc::new(Seen::default()));
    let connect = |guesser, seen: &Arc<Seen>| {
        let (address, seen, stop) = (address.to_owned(), Arc::clone(seen), Arc::clone(&stop));
        tokio::spawn(async move { caller(&address, guesser, &seen, &stop).await })
    };
    let mut tasks = vec![connect(None, &ada)];
    tasks.extend((0..guessers).map(|guesser| connect(Some(guesser), &guesses)));
    let (to, path, ended) = (address.to_owned(), open.to_owned(), Arc::clone(&stop));
    let visitor = tokio::spawn(async move { visitor(&to, &path, &ended).await });
    sleep(Duration::from_secs(5)).await;
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        if let Ok(Err(error)) = task.await {
            eprintln!("a connection ended: {error}");
        }
    }
    let median = match visitor.await {
        Ok(Ok(median)) => median,
        _ => Duration::MAX,
    };
    Run {
        ada,
        guesses,
        median,
    }
}

/// Requests the path `open` at most a hundred times a second on one connection. Returns the median response time.
async fn visitor(address: &str, open: &str, stop: &AtomicBool) -> io::Result<Duration> {
    let mut stream = TcpStream::connect(address).await?;
    let mut waits = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let asked = Instant::now();
        Ask::new(open, None).send(&mut stream).await?;
        waits.push(asked.elapsed());
        sleep(Duration::from_millis(10)).await;
    }
    waits.sort_unstable();
    Ok(waits[waits.len() / 2])
}

/// Sends requests on one connection until `stop`: always the right password, or, for a `guesser`, a new guess each
/// time.
async fn caller(
    address: &str,
    guesser: Option<u64>,
    seen: &Seen,
    stop: &AtomicBool,
) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let mut guess = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        let password = match guesser {
            None => "lovelace".to_owned(),
            Some(guesser) => format!("guess {guesser} {guess}"),
        };
        guess += 1;
        seen.add(Ask::new("/", Some(&password)).send(&mut stream).await?);
    }
    Ok(())
}

/// The bytes of one request.
struct Ask(String);

impl Ask {
    fn new(path: &str, password: Option<&str>) -> Self {
        let credentials = password.map(|password| {
            let credentials = STANDARD.encode(format!("ada:{password}"));
            format!("Authorization: Basic {credentials}\r\n")
        });
        let credentials = credentials.unwrap_or_default();
        Self(format!(
            "GET {path} HTTP/1.1\r\nHost: flood\r\n{credentials}\r\n"
        ))
    }

    /// Sends the request and returns the status of the response. The connection stays open.
    async fn send(&self, stream: &mut TcpStream) -> io::Result<u16> {
        stream.write_all(self.0.as_bytes()).await?;
        let (mut answer, mut part) = (Vec::new(), [0; 1024]);
        loop {
            let read = stream.read(&mut part).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            answer.extend_from_slice(&part[..read]);
            if let Some(status) = whole(&answer) {
                return status.ok_or_else(|| io::ErrorKind::InvalidData.into());
            }
        }
    }
}

/// Returns the status if the response is complete, with as many bytes of the body as `content-length` says.
fn whole(answer: &[u8]) -> Option<Option<u16>> {
    let text = String::from_utf8_lossy(answer).to_lowercase();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|value| value.parse().ok()).unwrap_or(0);
    let status = || head.split(' ').nth(1).and_then(|code| code.parse().ok());
    (body.len() >= length).then(status)
}
