//! How does an event look on one line?

use std::fmt::{self, Display};

use super::date::Rfc3339Date;
use super::{AuditEvent, EscapedText};

/// An event as one line, for files that people read, and programs such as fail2ban.
///
/// ```text
/// 2024-07-03T09:46:40.000Z tower_challenge outcome=refused client=203.0.113.7 status=401 scheme=Basic
///     latency_us=1234 reason="the name or the password is wrong" method=GET path="/notes" account="ada" principal=-
/// ```
///
/// (On one line; it is broken here for width.) The fields are always these, in this order; one that there is nothing to
/// say in is `-`. What nobody but the server writes comes first. Then comes what the client has written, as [`EscapedText`]
/// shows it: it holds neither a line break nor a double quote of its own, nor an equals sign, so it can imitate no field.
/// A line has at most 2 KiB. There is no line break at its end.
///
/// | field | what |
/// |---|---|
/// | the time | in UTC, RFC 3339, to the millisecond |
/// | `tower_challenge` | always this word |
/// | `outcome` | one word: [`AuditOutcome::as_str`](super::AuditOutcome::as_str) |
/// | `client` | the address of the client, and [never of its proxy](crate::client::Client::bannable_address) |
/// | `status` | of the refusal |
/// | `scheme` | the one that the client named, if it is offered |
/// | `latency_us` | from the arrival to the decision, in microseconds |
/// | `reason` | why, in words that the source code fixes |
/// | `method`, `path` | of the request, without the query |
/// | `account` | whose account the credentials claim, unverified |
/// | `principal` | who was authenticated |
/// | `cause` | only where nobody could tell: why |
#[derive(Clone, Copy, Debug)]
pub struct EventLine<'a>(&'a AuditEvent<'a>);

impl AuditEvent<'_> {
    /// The event as one line.
    #[must_use]
    pub const fn line(&self) -> EventLine<'_> {
        EventLine(self)
    }
}

impl Display for EventLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event = self.0;
        write!(
            f,
            "{} tower_challenge outcome={}",
            Rfc3339Date(event.time),
            event.outcome
        )?;
        write!(f, " client={}", OrDash(event.client.bannable_address()))?;
        write!(f, " status={}", OrDash(event.status.map(|it| it.as_u16())))?;
        write!(f, " scheme={}", OrDash(event.scheme.map(EscapedText)))?;
        write!(f, " latency_us={}", event.latency.as_micros())?;
        write!(f, " reason={:?}", EscapedText(event.text))?;
        write!(f, " method={} path={:?}", event.method(), event.path())?;
        write!(
            f,
            " account={}",
            OrDash(event.account_name().map(QuotedValue))
        )?;
        write!(
            f,
            " principal={}",
            OrDash(event.principal_name().map(QuotedValue))
        )?;
        match event.cause {
            Some(cause) => write!(f, " cause={:?}", EscapedText(&cause.to_string())),
            None => Ok(()),
        }
    }
}

struct QuotedValue<'a>(EscapedText<'a>);

impl Display for QuotedValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

struct OrDash<T>(Option<T>);

impl<T: Display> Display for OrDash<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("-"),
        }
    }
}
