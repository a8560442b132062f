//! Writes a note as one line of a log.

use std::fmt::{self, Display};
use std::time::SystemTime;

use super::date::Rfc3339Date;
use super::event_line::{OrDash, QuotedValue};
use super::{EscapedText, MaintenanceNote};

/// Shows a note as one line: the time, the word `tower_challenge`, what the note is about, and the fault.
///
/// It has no `outcome`, so no program takes it for the line of an event.
pub(super) struct NoteLine<'a> {
    pub(super) note: &'a MaintenanceNote<'a>,
    pub(super) time: SystemTime,
}

impl Display for NoteLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = self.note.fault().map(ToString::to_string);
        let fault = fault
            .as_deref()
            .map(|fault| QuotedValue(EscapedText(fault)));
        write!(
            f,
            "{} tower_challenge note={} fault={}",
            Rfc3339Date(self.time),
            QuotedValue(EscapedText(self.note.what())),
            OrDash(fault)
        )
    }
}
