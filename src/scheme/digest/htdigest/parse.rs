//! Parses the lines of an htdigest file.

use std::collections::HashMap;

use crate::config_error::ConfigError;
use crate::password::line_faults::{LineFaults, duplicate};
use crate::password::lines::{lines, read_name, read_text};
use crate::principal::Principal;
use crate::reloading::ParsedFile;
use crate::scheme::digest::accounts::{DigestAccount, DigestAccounts};
use crate::scheme::digest::algorithm::DigestAlgorithm;
use crate::scheme::digest::proof::Ha1;

/// Parses a file. A bad line breaks one account or is skipped. The file is an error only if it has no usable account of
/// `realm`.
pub(super) fn parse(
    file: &[u8],
    realm: &str,
    long_algorithm: DigestAlgorithm,
) -> Result<ParsedFile<DigestAccounts>, ConfigError> {
    let mut accounts = RealmAccounts::default();
    for (number, line) in lines(file) {
        match DigestAccountLine::parse(line, realm, long_algorithm) {
            Ok(Some(line)) => accounts.add(number, realm, line),
            Ok(None) => {}
            Err(fault) => accounts.faults.skip(number, fault),
        }
    }
    accounts.into_parsed()
}

/// A line that names an account of the realm.
struct DigestAccountLine<'a> {
    name: &'a str,
    /// The HA1, with its digits.
    ha1: Result<(DigestAlgorithm, &'a str), ConfigError>,
}

impl<'a> DigestAccountLine<'a> {
    /// Splits a line. Returns `None` for a line of another realm, of which the HA1 does not matter.
    fn parse(
        line: &'a [u8],
        realm: &str,
        long_algorithm: DigestAlgorithm,
    ) -> Result<Option<Self>, ConfigError> {
        let mut parts = line.split(|byte| *byte == b':');
        let (name, line_realm, ha1) = (parts.next(), parts.next(), parts.next());
        match (name, line_realm) {
            (Some(name), Some(line_realm)) if line_realm == realm.as_bytes() => Ok(Some(Self {
                name: read_name(name)?,
                ha1: read_ha1(ha1.unwrap_or_default(), long_algorithm),
            })),
            _ if ha1.is_some() => Ok(None),
            _ => Err(ConfigError::new("expected `name:realm:HA1`")),
        }
    }
}

fn read_ha1(
    ha1: &[u8],
    long_algorithm: DigestAlgorithm,
) -> Result<(DigestAlgorithm, &str), ConfigError> {
    let ha1 = read_text(ha1, "HA1")?;
    let algorithm = match ha1.len() == 2 * DigestAlgorithm::Sha256.hash_len() {
        true => long_algorithm,
        false => DigestAlgorithm::Md5,
    };
    let is_valid = Ha1::from_hex(algorithm, ha1).is_some();
    is_valid.then_some((algorithm, ha1)).ok_or_else(|| {
        ConfigError::new("invalid HA1: it needs 32 hexadecimal digits for MD5, or 64 for SHA-256 and SHA-512-256")
    })
}

/// The accounts of the realm that have been read, and what is wrong with the lines.
#[derive(Default)]
struct RealmAccounts<'a> {
    by_name: HashMap<&'a str, ReadAccount>,
    faults: LineFaults,
}

/// An account, with the lines of its hashes.
struct ReadAccount {
    /// `None` if the account is broken.
    account: Option<DigestAccount>,
    first_lines: Vec<(DigestAlgorithm, usize)>,
}

impl<'a> RealmAccounts<'a> {
    /// Adds a hash to an account. An unreadable one breaks the account, and so does a second one of the same length.
    fn add(&mut self, number: usize, realm: &str, line: DigestAccountLine<'a>) {
        let new = || ReadAccount {
            account: Some(DigestAccount::new(realm, Principal::new(line.name))),
            first_lines: Vec::new(),
        };
        let read = self.by_name.entry(line.name).or_insert_with(new);
        let added = line.ha1.and_then(|ha1| read.with(number, ha1));
        read.account = added
            .map_err(|fault| self.faults.refuse(number, fault))
            .ok()
            .flatten();
    }

    fn into_parsed(self) -> Result<ParsedFile<DigestAccounts>, ConfigError> {
        // A broken account is left out: to a client, an unknown name is the same as a wrong password, and costs the same.
        let accounts = self.by_name.into_iter();
        let accounts = accounts.filter_map(|(name, read)| Some((name.to_owned(), read.account?)));
        match DigestAccounts::from_accounts(accounts) {
            Ok(contents) => Ok(ParsedFile {
                contents,
                warnings: self.faults.into_warnings(),
            }),
            Err(_) => Err(self
                .faults
                .into_error("the file has no usable account of the realm")),
        }
    }
}

impl ReadAccount {
    /// The account with one more hash, or `None` if it is broken already.
    fn with(
        &mut self,
        number: usize,
        (algorithm, digits): (DigestAlgorithm, &str),
    ) -> Result<Option<DigestAccount>, ConfigError> {
        let mut lines = self.first_lines.iter();
        if let Some((_, first)) = lines.find(|(known, _)| *known == algorithm) {
            return Err(duplicate("name", *first));
        }
        self.first_lines.push((algorithm, number));
        let account = self.account.take();
        account
            .map(|account| account.with_ha1(algorithm, digits))
            .transpose()
    }
}
