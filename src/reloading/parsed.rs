//! Parses the contents of a file.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::read::FileContents;
use crate::config_error::ConfigError;

/// The parsed contents of a file, and warnings for an operator about them.
pub(crate) struct ParsedFile<T> {
    pub(crate) contents: T,
    pub(crate) warnings: Vec<ConfigError>,
}

pub(super) type ParseFile<T> = dyn Fn(&[u8]) -> Result<ParsedFile<T>, ConfigError> + Send + Sync;

/// Parses the file. The error begins with the path.
pub(super) fn parse_contents<T>(
    path: &Path,
    contents: &FileContents,
    parse: &ParseFile<T>,
) -> Result<ParsedFile<T>, ConfigError> {
    // The parser may be code of the application. Its panic is an error, and must not end the thread that watches.
    let parsed = catch_unwind(AssertUnwindSafe(|| parse(&contents.bytes)));
    let parsed =
        parsed.unwrap_or_else(|_| Err(ConfigError::new("the parser of the file panicked")));
    parsed.map_err(|error| ConfigError::new(format!("{}: {error}", path.display())))
}

/// The whole file as text.
///
/// # Errors
///
/// The file is not UTF-8. The error has the number of the first line that is not.
pub(super) fn text(file: &[u8]) -> Result<&str, ConfigError> {
    std::str::from_utf8(file).map_err(|error| {
        let before = &file[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        ConfigError::new(format!("line {line}: not valid UTF-8"))
    })
}
