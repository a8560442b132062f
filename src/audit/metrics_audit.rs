//! Counts decisions with the `metrics` facade.

use ::metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

use super::{Audit, AuditEvent, MaintenanceNote};

/// Counts decisions, and measures how long they take, with the `metrics` facade.
///
/// | name | kind | labels |
/// |---|---|---|
/// | `tower_challenge_decisions_total` | counter | `outcome`, `scheme`, `code`, `reason` |
/// | `tower_challenge_decision_seconds` | histogram | `outcome`, `scheme` |
/// | `tower_challenge_reloads_total` | counter | `what`, `result`: `loaded` or `kept` |
///
/// The histogram is in seconds. `result` is `kept` if a file could not be read again and the old contents stay in use.
///
/// Every label comes from a closed set, so that a client cannot create time series: `outcome` is one of
/// [a few words](super::AuditOutcome::as_str). `scheme` is one of those that the layer offers, or `none`. `code` is the
/// [stable code](AuditEvent::code) of the reason, or `none`. `reason` and `what` are texts of the source code. No label holds an account or an address.
///
/// # Example
///
/// ```
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// # #[cfg(feature = "basic")] {
/// use tower_challenge::RequireAuth;
/// use tower_challenge::audit::MetricsAudit;
/// use tower_challenge::password::OneAccount;
/// use tower_challenge::scheme::Basic;
///
/// // Install the recorder first: `new` describes the metrics to the recorder that is installed.
/// let metrics = MetricsAudit::new();
/// let auth = RequireAuth::new(Basic::new("files", OneAccount::new("Aladdin", "open sesame")?)?)?;
/// let auth = auth.audit(metrics);
/// // A request with valid credentials counts as `outcome="admitted"`, one with wrong credentials as
/// // `outcome="refused"`.
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MetricsAudit(());

const DECISIONS: &str = "tower_challenge_decisions_total";
const SECONDS: &str = "tower_challenge_decision_seconds";
const RELOADS: &str = "tower_challenge_reloads_total";

impl MetricsAudit {
    /// Describes the metrics to the recorder that is installed. Without a recorder, it describes them to none.
    #[must_use]
    pub fn new() -> Self {
        describe_counter!(DECISIONS, Unit::Count, "Decisions of the layer");
        describe_histogram!(SECONDS, Unit::Seconds, "How long a decision took");
        describe_counter!(RELOADS, Unit::Count, "Files that the server read again");
        Self(())
    }
}

impl Default for MetricsAudit {
    fn default() -> Self {
        Self::new()
    }
}

impl Audit for MetricsAudit {
    fn record(&self, event: &AuditEvent<'_>) {
        let outcome = event.outcome.as_str();
        let scheme = || event.scheme.unwrap_or("none").to_owned();
        let reason = event.text;
        let code = event.code.unwrap_or("none");
        counter!(DECISIONS, "outcome" => outcome, "scheme" => scheme(), "code" => code, "reason" => reason)
            .increment(1);
        histogram!(SECONDS, "outcome" => outcome, "scheme" => scheme()).record(event.latency);
    }

    fn note(&self, note: &MaintenanceNote<'_>) {
        let result = if note.fault().is_some() {
            "kept"
        } else {
            "loaded"
        };
        counter!(RELOADS, "what" => note.what(), "result" => result).increment(1);
    }
}
