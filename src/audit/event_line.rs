//! Writes an audit event as one line of a log.

use std::fmt::{self, Display};

use super::date::Rfc3339Date;
use super::{AuditEvent, EscapedText};

/// Shows an event as one line, for people and for programs such as fail2ban.
///
/// ```text
/// 2024-07-03T09:46:40.000Z tower_challenge outcome=refused client=203.0.113.7 status=401 scheme=Basic
///     latency_us=1234 code=basic_wrong reason="the name or the password is wrong" method=GET path="/notes"
///     account="ada" principal=-
/// ```
///
/// (On one line; it is broken here for width.) The line has always these fields, in this order. A field without a value
/// is `-`; only `cause` is absent then.
///
/// The fields that only the server writes come first. The fields with text from the client follow them, as
/// [`EscapedText`] shows it. Escaped text holds no line break, no double quote and no equals sign, so a client cannot
/// imitate a field. A line has at most 2 KiB. There is no line break at its end.
///
/// | field | meaning |
/// |---|---|
/// | the time | the time of the decision in UTC, RFC 3339, to the millisecond |
/// | `tower_challenge` | always this word |
/// | `outcome` | the decision in one word: [`AuditOutcome::as_str`](super::AuditOutcome::as_str) |
/// | `client` | the address of the client, and [never of its proxy](crate::client::Client::bannable_address) |
/// | `status` | the status of the refusal |
/// | `scheme` | the scheme that the client named, or whose credentials are in another place; if the layer offers it |
/// | `latency_us` | the time from the arrival of the request to the decision, in microseconds |
/// | `code` | the [stable code](AuditEvent::code) of the reason, if a refusal is one of this crate |
/// | `reason` | the reason of the decision, a constant text of the source code |
/// | `method`, `path` | the method and the path of the request, without the query |
/// | `account` | the account that the credentials claim, not verified |
/// | `principal` | the name of the authenticated identity |
/// | `cause` | why the layer could not decide; present only if it could not |
#[derive(Clone, Copy, Debug)]
pub struct EventLine<'a>(&'a AuditEvent<'a>);

impl AuditEvent<'_> {
    /// Shows the event as one line.
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
        let status = event.status.map(|status| status.as_u16());
        write!(f, " status={}", OrDash(status))?;
        write!(f, " scheme={}", OrDash(event.scheme.map(EscapedText)))?;
        write!(f, " latency_us={}", event.latency.as_micros())?;
        write!(f, " code={}", OrDash(event.code))?;
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

/// Shows an escaped text in double quotes.
pub(super) struct QuotedValue<'a>(pub(super) EscapedText<'a>);

impl Display for QuotedValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// Shows a value, or `-` if there is none.
pub(super) struct OrDash<T>(pub(super) Option<T>);

impl<T: Display> Display for OrDash<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("-"),
        }
    }
}
