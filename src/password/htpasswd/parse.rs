//! Parses the lines of an htpasswd file.

use std::collections::HashMap;

use crate::config_error::ConfigError;
use crate::password::hash::{HashFormats, PasswordHash};
use crate::password::hashed::{HashedAccount, HashedAccounts};
use crate::password::line_faults::{LineFaults, duplicate};
use crate::password::lines::{lines, read_name, read_text};
use crate::principal::Principal;
use crate::reloading::ParsedFile;

/// Parses a file. A bad line breaks one account or is skipped. The file is an error only if it has no usable account.
pub(super) fn parse(
    file: &[u8],
    formats: &HashFormats,
) -> Result<ParsedFile<HashedAccounts>, ConfigError> {
    let mut accounts = FileAccounts::default();
    for (number, line) in lines(file) {
        match HashedAccountLine::parse(line, formats) {
            Ok(line) => accounts.add(number, line),
            Err(fault) => accounts.faults.skip(number, fault),
        }
    }
    accounts.into_parsed()
}

/// A line that names an account.
struct HashedAccountLine<'a> {
    name: &'a str,
    hash: Result<PasswordHash, ConfigError>,
}

impl<'a> HashedAccountLine<'a> {
    /// Splits a line. The error is about a line that names no account.
    fn parse(line: &'a [u8], formats: &HashFormats) -> Result<Self, ConfigError> {
        let mut parts = line.split(|byte| *byte == b':');
        let (Some(name), Some(hash)) = (parts.next(), parts.next()) else {
            return Err(ConfigError::new("missing colon between name and hash"));
        };
        Ok(Self {
            name: read_name(name)?,
            hash: read_text(hash, "hash").and_then(|hash| formats.parse(hash)),
        })
    }
}

/// The accounts that have been read, and what is wrong with the lines.
#[derive(Default)]
struct FileAccounts<'a> {
    /// Each account has the number of its first line.
    by_name: HashMap<&'a str, (usize, HashedAccount)>,
    faults: LineFaults,
}

impl<'a> FileAccounts<'a> {
    /// Adds an account. It is broken if its hash is unreadable, and becomes broken if its name is there already.
    fn add(&mut self, number: usize, line: HashedAccountLine<'a>) {
        let before = self.by_name.get(line.name).map(|(first, _)| *first);
        let hash = before.map_or(line.hash, |first| Err(duplicate("name", first)));
        let hash = hash.map_err(|fault| self.faults.refuse(number, fault));
        let account = HashedAccount::with_hash(hash.ok(), Principal::new(line.name));
        self.by_name
            .insert(line.name, (before.unwrap_or(number), account));
    }

    fn into_parsed(self) -> Result<ParsedFile<HashedAccounts>, ConfigError> {
        let accounts = self.by_name.into_iter();
        let accounts = accounts.map(|(name, (_, account))| (name.to_owned(), account));
        let Ok(contents) = HashedAccounts::from_accounts(accounts) else {
            return Err(self.faults.into_error("the file has no usable account"));
        };
        let mut warnings = self.faults.into_warnings();
        warnings.extend(contents.mixed_costs().cloned());
        Ok(ParsedFile { contents, warnings })
    }
}
