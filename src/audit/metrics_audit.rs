//! How are decisions counted?

use ::metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

use super::{Audit, AuditEvent, AuditNote};

/// Counts decisions through the `metrics` facade.
///
/// | name | kind | labels |
/// |---|---|---|
/// | `tower_challenge_decisions_total` | counter | `outcome`, `scheme`, `reason` |
/// | `tower_challenge_decision_seconds` | histogram | `outcome`, `scheme` |
/// | `tower_challenge_reloads_total` | counter | `what`, `result`: `loaded` or `kept` |
///
/// Every label comes from a closed set, so that no client makes series: `outcome` is one of
/// [a few words](super::AuditOutcome::as_str), `scheme` one of those that the layer offers, or `none`, and `reason` and
/// `what` are texts of the source code. There is no account among them, and no address.
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
/// // After the recorder was installed, which else does not hear what the numbers mean.
/// let metrics = MetricsAudit::new();
/// let auth = RequireAuth::new(Basic::new("files", OneAccount::new("Aladdin", "open sesame")?)?)?;
/// let auth = auth.audit(metrics);
/// // Whoever comes in counts as `outcome="admitted"`, and who is turned away as `outcome="refused"`.
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
    /// Describes the metrics to the recorder that is installed, if there is one already.
    #[must_use]
    pub fn new() -> Self {
        describe_counter!(DECISIONS, Unit::Count, "Decisions of the layer");
        describe_histogram!(SECONDS, Unit::Seconds, "How long a decision took");
        describe_counter!(RELOADS, Unit::Count, "Files that were read again");
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
        counter!(DECISIONS, "outcome" => outcome, "scheme" => scheme(), "reason" => reason)
            .increment(1);
        histogram!(SECONDS, "outcome" => outcome, "scheme" => scheme()).record(event.latency);
    }

    fn note(&self, note: &AuditNote<'_>) {
        let result = if note.fault().is_some() {
            "kept"
        } else {
            "loaded"
        };
        counter!(RELOADS, "what" => note.what(), "result" => result).increment(1);
    }
}
