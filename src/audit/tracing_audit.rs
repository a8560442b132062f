//! How do events reach `tracing`?

use ::tracing::field::{DisplayValue, display};
use ::tracing::{Level, event};

use super::{Audit, AuditEvent, AuditNote, AuditOutcome, EscapedText};

/// Tells `tracing` of every decision, under the target `tower_challenge`.
///
/// Fields and levels do not change within a major version:
///
/// | level | outcomes |
/// |---|---|
/// | `ERROR` | `unavailable` |
/// | `WARN` | `refused`, `malformed`, `too_slow`, `forbidden`, `insecure`, `throttled` |
/// | `INFO` | `admitted` |
/// | `DEBUG` | `passed`, `anonymous`, `challenged`, `continued`, `stale` |
///
/// | field | type | what |
/// |---|---|---|
/// | `message` | string | `authentication` |
/// | `outcome` | string | one word: [`AuditOutcome::as_str`] |
/// | `reason` | string | why, in words that the source code fixes |
/// | `client` | display | the address of the client, and [never of its proxy](crate::client::Client::bannable_address) |
/// | `scheme` | string | the one that the client named, if it is offered |
/// | `account` | display | whose account the credentials claim, unverified, as [`EscapedText`] |
/// | `principal` | display | who was authenticated, as [`EscapedText`] |
/// | `method`, `path` | display | of the request, without the query, as [`EscapedText`] |
/// | `status` | integer | of the refusal |
/// | `latency_us` | integer | from the arrival to the decision, in microseconds |
/// | `cause` | display | why nobody could tell, as [`EscapedText`] |
///
/// A field that there is nothing to say in is absent. A [note](AuditNote) is `INFO`, or `ERROR` if there is a fault, with the
/// message `reload`, and the fields `what` and `fault`.
///
/// # Example
///
/// ```
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// # #[cfg(feature = "basic")] {
/// use tower_challenge::RequireAuth;
/// use tower_challenge::audit::TracingAudit;
/// use tower_challenge::password::OneAccount;
/// use tower_challenge::scheme::Basic;
///
/// let auth = RequireAuth::new(Basic::new("files", OneAccount::new("Aladdin", "open sesame")?)?)?;
/// let auth = auth.audit(TracingAudit);
/// // Whoever comes in is told at `INFO`, and who is turned away at `WARN`, once a subscriber listens.
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingAudit;

/// The level of an event is a constant of its call site, so there is one site for each.
macro_rules! tell {
    ($level:ident, $told:expr) => {
        event!(
            target: "tower_challenge",
            Level::$level,
            outcome = $told.outcome.as_str(),
            reason = $told.text,
            client = $told.client.bannable_address().map(display),
            scheme = $told.scheme,
            account = $told.account_name().map(display),
            principal = $told.principal_name().map(display),
            method = display($told.method()),
            path = display($told.path()),
            status = $told.status.map(|it| it.as_u16()),
            latency_us = microseconds($told),
            cause = cause($told),
            "authentication"
        )
    };
}

impl Audit for TracingAudit {
    fn record(&self, told: &AuditEvent<'_>) {
        match told.outcome {
            AuditOutcome::Unavailable => tell!(ERROR, told),
            AuditOutcome::Refused
            | AuditOutcome::Malformed
            | AuditOutcome::TooSlow
            | AuditOutcome::Forbidden
            | AuditOutcome::Insecure
            | AuditOutcome::Throttled => tell!(WARN, told),
            AuditOutcome::Admitted => tell!(INFO, told),
            AuditOutcome::Passed
            | AuditOutcome::Anonymous
            | AuditOutcome::Challenged
            | AuditOutcome::Continued
            | AuditOutcome::Uncounted
            | AuditOutcome::Stale => tell!(DEBUG, told),
        }
    }

    fn note(&self, note: &AuditNote<'_>) {
        let what = note.what();
        match note.fault() {
            Some(fault) => {
                let text = fault.to_string();
                let fault = display(EscapedText(&text));
                event!(target: "tower_challenge", Level::ERROR, what, fault, "reload");
            }
            None => event!(target: "tower_challenge", Level::INFO, what, "reload"),
        }
    }
}

fn microseconds(told: &AuditEvent<'_>) -> u64 {
    u64::try_from(told.latency.as_micros()).unwrap_or(u64::MAX)
}

fn cause(told: &AuditEvent<'_>) -> Option<DisplayValue<String>> {
    let cause = told.cause?.to_string();
    Some(display(EscapedText(&cause).to_string()))
}
