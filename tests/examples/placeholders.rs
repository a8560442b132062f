//! Puts a fixed placeholder for each value that differs from run to run, such as a nonce.

use std::net::SocketAddr;

type IsPart = fn(char) -> bool;

/// The start of a value that differs in each run, the characters it consists of, and its placeholder. For example,
/// `nonce="d2s=", opaque=..` becomes `nonce="NONCE", opaque=..`.
const VALUES: &[(&str, IsPart, &str)] = &[
    ("nonce=\"", is_quoted, "NONCE"),
    ("dpop-nonce: ", is_text, "NONCE"),
    ("opaque=\"", is_quoted, "OPAQUE"),
    ("rspauth=\"", is_quoted, "RSPAUTH"),
    ("challenge=\"", is_quoted, "CHALLENGE"),
    ("registered: ", is_text, "KID"),
    ("\"kid\":\"", is_quoted, "KID"),
    ("kid=\"", is_quoted, "KID"),
    ("guest-", is_token, "NAME"),
    ("join=", is_token, "TOKEN"),
    ("sid=\"", is_quoted, "SID"),
    ("sid=", is_word, "SID"),
    ("ks1=", is_word, "KS1"),
    (", data=\"", is_quoted, "DATA"),
    ("session=", is_token, "SESSION"),
    ("cookies-", is_word, "PORT"),
    ("certificates-", is_word, "PORT"),
    ("latency_us=", is_word, "MICROSECONDS"),
    ("Expires=", is_text, "DATE"),
    ("last-modified: ", is_text, "DATE"),
    ("<LastModified>", is_text, "DATE"),
];

/// Replaces the values of one example, and its address by the usual one, at which it listens for a reader.
pub(crate) struct Placeholders {
    actual: String,
    usual: String,
    tokens: Vec<String>,
}

impl Placeholders {
    pub(crate) fn new(actual: SocketAddr, usual: &str) -> Self {
        Self {
            actual: actual.to_string(),
            usual: usual.to_owned(),
            tokens: Vec::new(),
        }
    }

    /// Returns `text` with placeholders, without `date` fields, and without spaces at the ends of lines.
    pub(crate) fn put_into(&mut self, text: &str) -> String {
        let text = self.without_length(text);
        let folder = format!("{}/", std::env::temp_dir().display());
        let text = text.replace(&folder, "").replace(&self.actual, &self.usual);
        let text = self.without_other_ports(&text);
        let mut text = self.without_tokens(&text);
        for (start, is_part, placeholder) in VALUES {
            text = replaced(&text, start, *is_part, placeholder);
        }
        let lines = text.lines().map(|line| without_time(line.trim_end()));
        let lines = lines.filter(|line| !line.to_ascii_lowercase().starts_with("date: "));
        lines.map(|line| line + "\n").collect()
    }

    /// The port in a body may have more digits than the usual one.
    fn without_length(&self, text: &str) -> String {
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        match body.contains(&self.actual) {
            true => replaced(text, "content-length: ", is_word, "LENGTH"),
            false => text.to_owned(),
        }
    }

    /// Clients, and an issuer for tests, have other ports of this machine, which the system chooses above 9999.
    fn without_other_ports(&self, text: &str) -> String {
        let host = "127.0.0.1:";
        let mut parts = text.split(host);
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
            let port = &part[..part.len() - rest.len()];
            let is_usual = self.usual.strip_prefix(host) == Some(port);
            whole += host;
            whole += if is_usual || port.len() < 5 {
                port
            } else {
                "PORT"
            };
            whole += rest;
        }
        whole
    }

    /// The first JSON Web Token, or opaque token of the issuer for tests, becomes `TOKEN_1`, the next one `TOKEN_2`, and so on.
    fn without_tokens(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        let next = |text: &str| {
            ["eyJ", "test-opaque-"]
                .into_iter()
                .filter_map(|start| text.find(start))
                .min()
        };
        while let Some(start) = next(&text) {
            let end = text[start..].find(|c| !is_token(c));
            let end = end.map_or(text.len(), |end| start + end);
            let token = text[start..end].to_owned();
            let known = self.tokens.iter().position(|known| *known == token);
            let place = known.unwrap_or(self.tokens.len());
            if known.is_none() {
                self.tokens.push(token);
            }
            text.replace_range(start..end, &format!("TOKEN_{}", place + 1));
        }
        text
    }
}

/// Replaces the values that follow `start`.
fn replaced(text: &str, start: &str, is_part: IsPart, placeholder: &str) -> String {
    let mut parts = text.split(start);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(is_part);
        whole += start;
        whole += if rest == part { "" } else { placeholder };
        whole += rest;
    }
    whole
}

/// A log line may start with a time, such as `2026-01-31T12:00:00.123456Z`.
fn without_time(line: &str) -> String {
    match line.split_once(' ') {
        Some((time, rest)) if is_time(time) => format!("TIME {}", rest.trim_start()),
        _ => line.to_owned(),
    }
}

fn is_time(word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || "-:.TZ".contains(c);
    word.len() >= 20 && word.ends_with('Z') && word.chars().all(is_part)
}

fn is_quoted(c: char) -> bool {
    c != '"'
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

fn is_text(c: char) -> bool {
    !"\r\n<;".contains(c)
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

#[test]
fn each_value_that_differs_gets_its_placeholder() {
    let mut placeholders = Placeholders::new(([127, 0, 0, 1], 4321).into(), "127.0.0.1:3000");
    let text = "date: now\r\n\
        www-authenticate: Digest nonce=\"a\", opaque=\"b\", qop=\"auth\"\r\n\
        authentication-info: rspauth=\"c\", cnonce=\"d\", nextnonce=\"e\"\r\n\
        2026-01-31T12:00:00.123456Z  INFO client=127.0.0.1:40077 latency_us=12 eyJh.b.c at 127.0.0.1:4321, eyJx, eyJh.b.c\n";
    let expected = "www-authenticate: Digest nonce=\"NONCE\", opaque=\"OPAQUE\", qop=\"auth\"\n\
        authentication-info: rspauth=\"RSPAUTH\", cnonce=\"NONCE\", nextnonce=\"NONCE\"\n\
        TIME INFO client=127.0.0.1:PORT latency_us=MICROSECONDS TOKEN_1 at 127.0.0.1:3000, TOKEN_2, TOKEN_1\n";
    assert_eq!(placeholders.put_into(text), expected);
}
