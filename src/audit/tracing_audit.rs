//! Emits audit events with `tracing`.

use ::tracing::field::{DisplayValue, display};
use ::tracing::{Level, event};

use super::{Audit, AuditEvent, AuditOutcome, EscapedText, MaintenanceNote};

/// Emits every decision as an event of `tracing`, under the target `tower_challenge`.
///
/// Fields and levels do not change within a major version:
///
/// | level | outcomes |
/// |---|---|
/// | `ERROR` | `unavailable` |
/// | `WARN` | `refused`, `malformed`, `too_slow`, `forbidden`, `insecure`, `throttled` |
/// | `INFO` | `admitted` |
/// | `DEBUG` | `passed`, `anonymous`, `challenged`, `continued`, `uncounted`, `stale` |
///
/// | field | type | meaning |
/// |---|---|---|
/// | `message` | string | `authentication` |
/// | `outcome` | string | the decision in one word: [`AuditOutcome::as_str`] |
/// | `code` | string | the [stable code](AuditEvent::code) of the reason, if a refusal is one of this crate |
/// | `reason` | string | the reason of the decision, a constant text of the source code |
/// | `client` | display | the address of the client, [never of its proxy](crate::client::Client::bannable_address) |
/// | `scheme` | string | the scheme that the client named, if the layer offers it |
/// | `account` | display | the account that the credentials claim, not verified, as [`EscapedText`] |
/// | `principal` | display | the name of the authenticated identity, as [`EscapedText`] |
/// | `method`, `path` | display | the method and the path of the request, without the query, as [`EscapedText`] |
/// | `status` | integer | the status of the refusal |
/// | `latency_us` | integer | the time from the arrival of the request to the decision, in microseconds |
/// | `cause` | display | why the layer could not decide, as [`EscapedText`] |
///
/// A field without a value is absent. A [note](MaintenanceNote) is an event with the message `maintenance`, at the level
/// `INFO`, or `ERROR` if there is a fault. Its fields are `what` and `fault`.
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
/// // A subscriber of `tracing` then receives an admitted request at `INFO`, and a refused one at `WARN`.
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingAudit;

/// Emits an event. `tracing` needs the level of an event as a constant of its call site, so each level has its own
/// call.
macro_rules! emit {
    ($level:ident, $event:expr) => {
        event!(
            target: "tower_challenge",
            Level::$level,
            outcome = $event.outcome.as_str(),
            code = $event.code,
            reason = $event.text,
            client = $event.client.bannable_address().map(display),
            scheme = $event.scheme,
            account = $event.account_name().map(display),
            principal = $event.principal_name().map(display),
            method = display($event.method()),
            path = display($event.path()),
            status = $event.status.map(|status| status.as_u16()),
            latency_us = microseconds($event),
            cause = cause($event),
            "authentication"
        )
    };
}

impl Audit for TracingAudit {
    fn record(&self, event: &AuditEvent<'_>) {
        match event.outcome {
            AuditOutcome::Unavailable => emit!(ERROR, event),
            AuditOutcome::Refused
            | AuditOutcome::Malformed
            | AuditOutcome::TooSlow
            | AuditOutcome::Forbidden
            | AuditOutcome::Insecure
            | AuditOutcome::Throttled => emit!(WARN, event),
            AuditOutcome::Admitted => emit!(INFO, event),
            AuditOutcome::Passed
            | AuditOutcome::Anonymous
            | AuditOutcome::Challenged
            | AuditOutcome::Continued
            | AuditOutcome::Uncounted
            | AuditOutcome::Stale => emit!(DEBUG, event),
        }
    }

    fn note(&self, note: &MaintenanceNote<'_>) {
        let what = note.what();
        match note.fault() {
            Some(fault) => {
                let text = fault.to_string();
                let fault = display(EscapedText(&text));
                event!(target: "tower_challenge", Level::ERROR, what, fault, "maintenance");
            }
            None => event!(target: "tower_challenge", Level::INFO, what, "maintenance"),
        }
    }
}

fn microseconds(event: &AuditEvent<'_>) -> u64 {
    u64::try_from(event.latency.as_micros()).unwrap_or(u64::MAX)
}

fn cause(event: &AuditEvent<'_>) -> Option<DisplayValue<String>> {
    let cause = event.cause?.to_string();
    Some(display(EscapedText(&cause).to_string()))
}
