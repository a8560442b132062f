//! A small client of Redis, which is written without the crate that the library uses.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Far above the time of every command, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// A connection to a Redis server.
#[derive(Debug)]
pub struct RedisConnection {
    stream: BufReader<TcpStream>,
}

/// A reply of a Redis server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A string, or a status such as `OK`.
    Text(String),
    /// A number.
    Number(i64),
    /// No value.
    Nil,
    /// An error, such as `OOM command not allowed ..`.
    Error(String),
    /// Several replies.
    List(Vec<Self>),
}

impl RedisConnection {
    /// Connects to the port of this machine.
    ///
    /// # Errors
    ///
    /// No server listens there.
    pub fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Waits for a reply for no longer than `limit`, in place of 20 s.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        let set = self.stream.get_ref().set_read_timeout(Some(limit));
        set.unwrap();
        self
    }

    /// Sends a command and returns the reply, which may be an error of the server.
    ///
    /// # Errors
    ///
    /// The connection is broken, or the server does not reply within 20 s.
    pub fn ask(&mut self, command: &[&str]) -> io::Result<Reply> {
        let mut bytes = format!("*{}\r\n", command.len());
        for part in command {
            bytes += &format!("${}\r\n{part}\r\n", part.len());
        }
        self.stream.get_mut().write_all(bytes.as_bytes())?;
        self.reply()
    }

    fn reply(&mut self) -> io::Result<Reply> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let line = line.strip_suffix("\r\n").ok_or_else(broken)?;
        let (kind, rest) = line.split_at_checked(1).ok_or_else(broken)?;
        let number = || rest.parse::<i64>().map_err(|_| broken());
        Ok(match kind {
            "+" => Reply::Text(rest.to_owned()),
            "-" => Reply::Error(rest.to_owned()),
            ":" => Reply::Number(number()?),
            "$" => self.bulk(number()?)?,
            "*" => Reply::List(
                (0..number()?)
                    .map(|_| self.reply())
                    .collect::<Result<_, _>>()?,
            ),
            _ => return Err(broken()),
        })
    }

    fn bulk(&mut self, length: i64) -> io::Result<Reply> {
        let Ok(length) = usize::try_from(length) else {
            return Ok(Reply::Nil);
        };
        let mut bytes = vec![0; length + 2];
        self.stream.read_exact(&mut bytes)?;
        bytes.truncate(length);
        Ok(Reply::Text(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Nil => f.write_str("(nil)"),
            Self::Error(error) => write!(f, "(error) {error}"),
            Self::List(parts) => parts.iter().try_for_each(|part| writeln!(f, "{part}")),
        }
    }
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "this is no reply of Redis")
}
