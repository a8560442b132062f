//! Measures how the server answers one user, and other users who log in for the first time, while 32 connections guess
//! her password.

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

/// The users `login0` to `login14` have the password `lovelace`, if the file has them.
const LOGINS: usize = 15;

/// How long a user tries to log in.
const PATIENCE: Duration = Duration::from_secs(10);

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

/// Runs two measurements of five seconds each, first with ada alone and then with ada among the guessers, and one of the
/// first logins of other users among the guessers. Prints them.
///
/// Each measurement has the number of requests of ada that were admitted, and the median response time of `open`, a
/// path that needs no password.
pub(crate) async fn flood(address: &str, open: &str) -> io::Result<()> {
    // After this request, the server's cache knows that her password is right.
    let ada = Ask::new("/", Some(("ada", "lovelace")));
    ada.send(&mut TcpStream::connect(address).await?).await?;
    let alone = run(address, open, 0).await;
    let among = run(address, open, GUESSERS).await;
    let logins = first_logins(address).await?;
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
    let first_try = logins.iter().filter(|login| login.tries == 1).count();
    let slowest = logins.iter().map(|login| login.took).max();
    println!(
        "first logins:      {first_try} of {LOGINS} at the first try, {} within {PATIENCE:?}, the slowest after {:?}",
        logins.len(),
        slowest.unwrap_or_default()
    );
    Ok(())
}

/// A user who was admitted.
struct FirstLogin {
    tries: u32,
    took: Duration,
}

/// Logs users in one after the other, while the guessers guess.
async fn first_logins(address: &str) -> io::Result<Vec<FirstLogin>> {
    let stop = Arc::new(AtomicBool::new(false));
    let guessers = (0..GUESSERS).map(|guesser| {
        let (address, stop) = (address.to_owned(), Arc::clone(&stop));
        tokio::spawn(async move { caller(&address, Some(guesser), &Seen::default(), &stop).await })
    });
    let guessers = guessers.collect::<Vec<_>>();
    sleep(Duration::from_secs(1)).await;
    let mut logins = Vec::new();
    for user in 0..LOGINS {
        logins.extend(first_login(address, &format!("login{user}")).await?);
    }
    stop.store(true, Ordering::Relaxed);
    for guesser in guessers {
        let _ = guesser.await;
    }
    Ok(logins)
}

/// Logs one user in, who tries again after a second.
async fn first_login(address: &str, user: &str) -> io::Result<Option<FirstLogin>> {
    let mut stream = TcpStream::connect(address).await?;
    let began = Instant::now();
    let mut tries = 0;
    while began.elapsed() < PATIENCE {
        tries += 1;
        let ask = Ask::new("/", Some((user, "lovelace")));
        if ask.send(&mut stream).await? == 200 {
            let took = began.elapsed();
            return Ok(Some(FirstLogin { tries, took }));
        }
        sleep(Duration::from_secs(1)).await;
    }
    Ok(None)
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
        seen.add(
            Ask::new("/", Some(("ada", &password)))
                .send(&mut stream)
                .await?,
        );
    }
    Ok(())
}

/// The bytes of one request.
struct Ask(String);

impl Ask {
    /// Asks for `path` with a name and a password, or without.
    fn new(path: &str, login: Option<(&str, &str)>) -> Self {
        let credentials = login.map(|(user, password)| {
            let credentials = STANDARD.encode(format!("{user}:{password}"));
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
