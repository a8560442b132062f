//! How do several take note of the same?

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{Audit, AuditEvent, AuditNote};

/// Each of them is told, in this order. What one of them does, even panic, keeps nothing from the next.
impl<A: Audit, B: Audit> Audit for (A, B) {
    fn record(&self, event: &AuditEvent<'_>) {
        alone(|| self.0.record(event));
        self.1.record(event);
    }

    fn note(&self, note: &AuditNote<'_>) {
        alone(|| self.0.note(note));
        self.1.note(note);
    }
}

/// Nobody is told; for an audit that the configuration may leave out.
impl<A: Audit> Audit for Option<A> {
    fn record(&self, event: &AuditEvent<'_>) {
        if let Some(audit) = self {
            audit.record(event);
        }
    }

    fn note(&self, note: &AuditNote<'_>) {
        if let Some(audit) = self {
            audit.note(note);
        }
    }
}

/// One audit for several layers.
impl<A: Audit + ?Sized> Audit for Arc<A> {
    fn record(&self, event: &AuditEvent<'_>) {
        (**self).record(event);
    }

    fn note(&self, note: &AuditNote<'_>) {
        (**self).note(note);
    }
}

/// The panic was reported when it happened.
fn alone(tell: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(tell));
}
