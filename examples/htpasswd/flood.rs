//! 32 connections that guess, and one that knows.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

const GUESSERS: u64 = 32;

/// How often each status came.
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

/// Counts what ada gets in five seconds alone, and in five seconds among guessers.
pub(crate) async fn flood(address: &str) -> io::Result<()> {
    // Her password is known from here on.
    ask(&mut TcpStream::connect(address).await?, "lovelace").await?;
    let alone = Arc::new(Seen::default());
    run(address, 0, &alone, &alone).await;
    let (among, guesses) = (Arc::new(Seen::default()), Arc::new(Seen::default()));
    run(address, GUESSERS, &among, &guesses).await;
    let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
    println!("ada alone:         {} admitted", count(&alone.admitted));
    println!("ada in the flood:  {} admitted", count(&among.admitted));
    let (refused, beyond) = (count(&guesses.refused), count(&guesses.unavailable));
    println!("the flood:         {refused} refused, {beyond} unavailable");
    Ok(())
}

async fn run(address: &str, guessers: u64, ada: &Arc<Seen>, guesses: &Arc<Seen>) {
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = vec![tokio::spawn(caller(
        address.to_owned(),
        None,
        Arc::clone(ada),
        Arc::clone(&stop),
    ))];
    for i in 0..guessers {
        let (seen, stop) = (Arc::clone(guesses), Arc::clone(&stop));
        tasks.push(tokio::spawn(caller(
            address.to_owned(),
            Some(i),
            seen,
            stop,
        )));
    }
    sleep(Duration::from_secs(5)).await;
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        if let Ok(Err(error)) = task.await {
            eprintln!("a connection ended: {error}");
        }
    }
}

/// One connection: the right password again and again, or a guess after the other.
async fn caller(
    address: String,
    guesser: Option<u64>,
    seen: Arc<Seen>,
    stop: Arc<AtomicBool>,
) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let mut guess = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        let password = match guesser {
            None => "lovelace".to_owned(),
            Some(guesser) => format!("guess {guesser} {guess}"),
        };
        guess += 1;
        seen.add(ask(&mut stream, &password).await?);
    }
    Ok(())
}

/// The status of one request on a connection that is kept.
async fn ask(stream: &mut TcpStream, password: &str) -> io::Result<u16> {
    let credentials = STANDARD.encode(format!("ada:{password}"));
    let request =
        format!("GET / HTTP/1.1\r\nHost: flood\r\nAuthorization: Basic {credentials}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let (mut answer, mut part) = (Vec::new(), [0; 1024]);
    // The head, and as much of a body as it says.
    loop {
        let read = stream.read(&mut part).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        answer.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&answer).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length = length.and_then(|it| it.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
                return status.ok_or_else(|| io::ErrorKind::InvalidData.into());
            }
        }
    }
}
