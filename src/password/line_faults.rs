//! Collects what is wrong with the lines of a file of accounts.

use std::fmt::Display;

use crate::config_error::ConfigError;

/// Collects the faults of the lines of a file of accounts, for the audit. It is bounded, however long the file is.
#[derive(Default)]
pub(crate) struct LineFaults {
    kept: Vec<LineFault>,
    /// The number of further faults, of which only the number is kept.
    more: usize,
}

/// A fault with the number of its line, and its effect.
struct LineFault {
    text: String,
    effect: &'static str,
}

/// How many faults are kept. A file of garbage has one in each line.
const MOST: usize = 16;

impl LineFaults {
    /// Adds the fault of a line that is skipped, because it names no account.
    pub(crate) fn skip(&mut self, line: usize, fault: impl Display) {
        self.add(line, fault, "the line is skipped");
    }

    /// Adds the fault of a line that names an account which cannot be used.
    pub(crate) fn refuse(&mut self, line: usize, fault: impl Display) {
        self.add(line, fault, "the account is refused");
    }

    /// Whether no line is bad.
    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    fn add(&mut self, line: usize, fault: impl Display, effect: &'static str) {
        if self.kept.len() == MOST {
            self.more += 1;
            return;
        }
        let text = format!("line {line}: {fault}");
        self.kept.push(LineFault { text, effect });
    }

    /// Returns a warning for each fault that is kept, and a last one with the number of the others.
    pub(crate) fn into_warnings(self) -> Vec<ConfigError> {
        let faults = self.kept.into_iter();
        let texts = faults.map(|fault| format!("{}: {}", fault.text, fault.effect));
        let more = format!("further bad lines: {}", self.more);
        let texts = texts.chain((self.more > 0).then_some(more));
        texts.map(ConfigError::new).collect()
    }

    /// The error for a file without an account that can be used. `problem` says so, and the first fault follows.
    pub(crate) fn into_error(self, problem: &'static str) -> ConfigError {
        let others = (self.kept.len() + self.more).saturating_sub(1);
        match self.kept.first().map(|fault| &fault.text) {
            None => ConfigError::new(problem),
            Some(first) if others == 0 => ConfigError::new(format!("{problem}: {first}")),
            Some(first) => {
                ConfigError::new(format!("{problem}: {first}; further bad lines: {others}"))
            }
        }
    }
}

/// The fault of a line with the name of an earlier line, for example `duplicate name`. `key` says what the two lines share.
pub(crate) fn duplicate(key: &str, first_line: usize) -> ConfigError {
    ConfigError::new(format!("duplicate {key}, first used in line {first_line}"))
}
