//! Sends requests to an example: bytes over TCP, or through curl.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tower_challenge::header::Challenge;

/// The credentials of `ada:lovelace`.
pub(crate) const ADA: &str = "Authorization: Basic YWRhOmxvdmVsYWNl";

/// The response of an example, as text.
#[derive(Debug)]
pub(crate) struct Answer(String);

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        let status = self.0.split(' ').nth(1).unwrap_or_default();
        status.parse().unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// Returns the values of a field, one for each field line.
    pub(crate) fn lines(&self, field: &str) -> Vec<&str> {
        let head = self.0.split("\r\n\r\n").next().unwrap_or_default();
        let fields = head.lines().filter_map(|line| line.split_once(": "));
        let lines = fields.filter(|(name, _)| name.eq_ignore_ascii_case(field));
        lines.map(|(_, value)| value).collect()
    }

    /// Returns the whole response, byte for byte, without its `Date` field.
    pub(crate) fn without_date(&self) -> String {
        let lines = self.0.split_inclusive("\r\n");
        lines.filter(|line| !line.starts_with("date: ")).collect()
    }

    pub(crate) fn body(&self) -> &str {
        let body = self.0.split_once("\r\n\r\n");
        body.map_or("", |(_, body)| body)
    }
}

/// Sends one HTTP/1.1 request with these fields.
pub(crate) fn ask(address: SocketAddr, request_line: &str, fields: &[&str]) -> Answer {
    let mut head = format!("{request_line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for field in fields {
        write!(head, "{field}\r\n").unwrap();
    }
    head.push_str("\r\n");
    let mut stream = TcpStream::connect(address).unwrap();
    let timeout = Duration::from_secs(30);
    stream.set_read_timeout(Some(timeout)).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    Answer(answer)
}

/// Computes the credentials that answer a Digest challenge with SHA-256 (RFC 7616 section 3.4.1).
pub(crate) fn digest(
    challenge: &str,
    (user, password): (&str, &str),
    (method, uri): (&str, &str),
    count: u32,
) -> String {
    let challenge = Challenge::parse(challenge.as_bytes()).unwrap();
    let param = |name| challenge.param(name).unwrap().to_str().unwrap();
    let (realm, nonce) = (param("realm"), param("nonce"));
    assert_eq!(param("algorithm"), "SHA-256");
    let secret = hash(&format!("{user}:{realm}:{password}"));
    let covered = hash(&format!("{method}:{uri}"));
    let response = hash(&format!(
        "{secret}:{nonce}:{count:08x}:cnonce:auth:{covered}"
    ));
    format!(
        "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
         algorithm=SHA-256, qop=auth, nc={count:08x}, cnonce=\"cnonce\", response=\"{response}\""
    )
}

fn hash(text: &str) -> String {
    let bytes = Sha256::digest(text);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
