//! Accounts from an htpasswd file.

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

/// Reads a file as Apache's `htpasswd` writes it, `name:hash` in each line, and reads it again when it changes: see
/// [`ReloadingFile`]. Hashes are read in the forms that `formats` knows, which are bcrypt, SHA-crypt and PHC strings, and
/// others only on request: `htpasswd` without options writes `$apr1$`.
///
/// What stands behind a second colon is a remark, as other servers have it. Lines may end with CRLF, the last one with
/// nothing; empty lines and those that start with `#` are skipped; a byte order mark is, too.
///
/// A file whose hashes differ in what they cost is loaded, and says so: [`HashedAccounts::mixed_costs`].
///
/// # Errors
///
/// The file cannot be read, holds no account, or has a line that is none: no colon, no name, spaces around the name, a
/// name that was there before, or a hash that `formats` cannot read. The text says which line, and nothing that stands in
/// it.
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
    // Duplicates are found here, so that both lines can be named.
    let mut places = HashMap::new();
    let mut accounts = Vec::new();
    for (number, line) in lines(text) {
        let fault = |what: String| ConfigError::new(format!("line {number}: {what}"));
        let (name, account) = entry(line, formats).map_err(|error| fault(error.to_string()))?;
        if let Some(first) = places.insert(name, number) {
            return Err(fault(format!("its name stands in line {first}, too")));
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
        .ok_or_else(|| ConfigError::new("there is no colon in it"))?;
    if !is_name(name) {
        return Err(ConfigError::new("there is no name in it that can be sent"));
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
