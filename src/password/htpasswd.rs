//! Reads accounts from an htpasswd file.

use std::collections::HashMap;
use std::path::Path;

use super::hash::{HashFormats, PasswordHash};
use super::hashed::{HashStore, HashedAccount, HashedAccounts};
use super::lines::{is_name, lines};
use crate::config_error::ConfigError;
use crate::now_or_later::NowOrLater;
use crate::principal::Principal;
use crate::reloading::ReloadingFile;
use crate::unavailable::Unavailable;

/// Reads accounts from a file of Apache's `htpasswd` tool, which has `name:hash` in each line.
///
/// The result is a [`ReloadingFile`]: call [`watch`](ReloadingFile::watch) on it, and it reads the file again after
/// every change.
///
/// `formats` decides which hash formats are read. These are bcrypt, SHA-crypt and PHC strings, and weak legacy formats
/// only if `formats` allows them. For example, `htpasswd` without options writes `$apr1$`, which needs
/// [`HashFormats::legacy_apr1`]; `htpasswd -B` writes bcrypt.
///
/// Text after a second colon is a comment, as in other servers. Lines may end with LF or CRLF, and the last line needs
/// no line end. Empty lines, lines that start with `#`, and a byte order mark at the start of the file are skipped.
///
/// A file whose hashes have different costs is loaded. Its listener and its health then have a warning: see
/// [`HashedAccounts::mixed_costs`].
///
/// # Errors
///
/// - The file cannot be read, or holds no account.
/// - A line has no colon, no name, or a name with spaces around it or control characters in it.
/// - A name appears twice.
/// - `formats` does not read a hash.
///
/// The message about a bad line has the line number and quotes nothing of the line. For example, it ends with `line 3:
/// missing colon between name and hash`.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::RequireAuth;
/// use tower_challenge::password::hash::HashFormats;
/// use tower_challenge::password::{HashedPasswords, htpasswd};
/// use tower_challenge::scheme::Basic;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let place = std::env::temp_dir().join(format!("htpasswd.{}", std::process::id()));
/// # std::fs::write(&place, "ada:$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy\n")?;
/// let file = htpasswd(&place, HashFormats::new())?;
/// file.watch(Duration::from_secs(5))?;
/// file.on_reload(|outcome| eprintln!("the password file: {outcome:?}"));
/// # #[cfg(feature = "basic")]
/// let auth = RequireAuth::new(Basic::new("files", HashedPasswords::new(file.clone())?)?)?;
/// assert!(file.health().is_good());
/// assert!(htpasswd(place.with_extension("not-there"), HashFormats::new()).is_err());
/// # std::fs::remove_file(place)?;
/// # Ok(())
/// # }
/// ```
pub fn htpasswd(
    path: impl AsRef<Path>,
    formats: HashFormats,
) -> Result<ReloadingFile<HashedAccounts>, ConfigError> {
    let parse = move |text: &str| parse(text, &formats);
    ReloadingFile::open_with_remarks(path, parse, |accounts: &HashedAccounts| {
        accounts.mixed_costs().cloned()
    })
}

fn parse(text: &str, formats: &HashFormats) -> Result<HashedAccounts, ConfigError> {
    // `HashedAccounts` finds duplicates too, but does not know the line numbers.
    let mut first_lines = HashMap::new();
    let mut accounts = Vec::new();
    for (number, line) in lines(text) {
        let fault = |text: String| ConfigError::new(format!("line {number}: {text}"));
        let (name, account) = entry(line, formats).map_err(|error| fault(error.to_string()))?;
        if let Some(first) = first_lines.insert(name, number) {
            return Err(fault(format!("duplicate name, first used in line {first}")));
        }
        accounts.push((name.to_owned(), account));
    }
    HashedAccounts::from_accounts(accounts)
}

fn entry<'a>(
    line: &'a str,
    formats: &HashFormats,
) -> Result<(&'a str, HashedAccount), ConfigError> {
    let (name, rest) = line
        .split_once(':')
        .ok_or_else(|| ConfigError::new("missing colon between name and hash"))?;
    if !is_name(name) {
        return Err(ConfigError::new(
            "invalid name: it must not be empty, and must have no spaces around it and no control characters in it",
        ));
    }
    let hash = rest.split(':').next().unwrap_or_default();
    let account = HashedAccount::new(formats.parse(hash)?, Principal::new(name));
    Ok((name, account))
}

impl HashStore for ReloadingFile<HashedAccounts> {
    type Identity = Principal;

    #[inline]
    fn find(&self, user: &str) -> NowOrLater<Result<Option<HashedAccount>, Unavailable>> {
        NowOrLater::now(Ok(self.with(|accounts| accounts.account(user).cloned())))
    }

    fn decoy(&self) -> PasswordHash {
        self.with(HashStore::decoy)
    }
}
