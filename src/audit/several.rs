//! Passes events to several audits, to an optional audit, and to a shared audit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{Audit, AuditEvent, MaintenanceNote};

/// Passes each event to the first audit and then to the second. The second receives it even if the first panics.
impl<A: Audit, B: Audit> Audit for (A, B) {
    fn record(&self, event: &AuditEvent<'_>) {
        catch_panic(|| self.0.record(event));
        self.1.record(event);
    }

    fn note(&self, note: &MaintenanceNote<'_>) {
        catch_panic(|| self.0.note(note));
        self.1.note(note);
    }
}

/// Passes events to the audit, if there is one. Use it for an audit that the configuration may leave out.
impl<A: Audit> Audit for Option<A> {
    fn record(&self, event: &AuditEvent<'_>) {
        if let Some(audit) = self {
            audit.record(event);
        }
    }

    fn note(&self, note: &MaintenanceNote<'_>) {
        if let Some(audit) = self {
            audit.note(note);
        }
    }
}

/// Shares one audit between several layers.
impl<A: Audit + ?Sized> Audit for Arc<A> {
    fn record(&self, event: &AuditEvent<'_>) {
        (**self).record(event);
    }

    fn note(&self, note: &MaintenanceNote<'_>) {
        (**self).note(note);
    }
}

/// Calls an audit, and ignores its panic. The panic hook has reported the panic already.
fn catch_panic(call: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(call));
}
