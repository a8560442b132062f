//! Accounts from an htdigest file.

use std::collections::HashMap;
use std::path::Path;

use super::accounts::{DigestAccount, DigestAccounts};
use super::algorithm::DigestAlgorithm;
use crate::config_error::ConfigError;
use crate::password::lines::{is_name, lines};
use crate::principal::Principal;
use crate::reloading::ReloadingFile;

/// Reads the accounts of `realm` from a file as Apache's `htdigest` writes it, `name:realm:HA1` in each line, and reads it
/// again when it changes: see [`ReloadingFile`].
///
/// `htdigest` writes MD5, 32 digits, which has to be [asked for](super::DigestBuilder::legacy_md5). 64 digits are those of
/// SHA-256, or of what [`htdigest_with`] is told. A name may have a line of either length. Lines of other realms must be
/// well-formed, too. Whoever reads the file can log in with what stands in it.
///
/// # Errors
///
/// The file cannot be read, holds no account of the realm, or has a line that is none: other than three parts, no name,
/// spaces around it, a name and realm that had an HA1 of that length before, or an HA1 of another length. The text says which
/// line, and nothing that stands in it.
///
/// # Example
///
/// ```
/// use tower_challenge::password::Lookup;
/// use tower_challenge::scheme::Digest;
/// use tower_challenge::scheme::digest::{DigestAlgorithm, htdigest};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let place = std::env::temp_dir().join(format!("htdigest.{}", std::process::id()));
/// # std::fs::write(&place, "ada:files:ec6a8bd4f8d5cb4d66d4bc16bfbf5a23\n")?;
/// let file = htdigest(&place, "files")?;
/// assert!(file.lookup("ada").try_now().unwrap()?.is_some());
/// assert!(file.lookup("grace").try_now().unwrap()?.is_none());
/// let digest = Digest::builder("files", file).algorithms([DigestAlgorithm::Md5]).legacy_md5().build()?;
/// assert!(htdigest(&place, "other").is_err(), "nobody could log in");
/// # std::fs::remove_file(place)?;
/// # let _ = digest;
/// # Ok(())
/// # }
/// ```
pub fn htdigest(
    path: impl AsRef<Path>,
    realm: &str,
) -> Result<ReloadingFile<DigestAccounts>, ConfigError> {
    htdigest_with(path, realm, DigestAlgorithm::Sha256)
}

/// The same, where 64 digits are those of `algorithm`: SHA-512-256 and SHA-256 cannot be told apart by them.
///
/// # Errors
///
/// As for [`htdigest`].
pub fn htdigest_with(
    path: impl AsRef<Path>,
    realm: &str,
    algorithm: DigestAlgorithm,
) -> Result<ReloadingFile<DigestAccounts>, ConfigError> {
    let realm = realm.to_owned();
    ReloadingFile::open(path, move |text| parse(text, &realm, algorithm))
}

fn parse(text: &str, realm: &str, long: DigestAlgorithm) -> Result<DigestAccounts, ConfigError> {
    let mut places = HashMap::new();
    let mut accounts: HashMap<String, DigestAccount> = HashMap::new();
    for (number, line) in lines(text) {
        let fault = |what: String| ConfigError::new(format!("line {number}: {what}"));
        let [name, its_realm, ha1] = parts(line).ok_or_else(|| fault(WHAT.to_owned()))?;
        let algorithm = algorithm(ha1, long);
        let before = accounts.get(name).filter(|_| its_realm == realm).cloned();
        let account = before.unwrap_or_else(|| DigestAccount::new(its_realm, Principal::new(name)));
        let account = account.with_ha1(algorithm, ha1);
        let account = account.map_err(|error| fault(error.to_string()))?;
        if let Some(first) = places.insert((name, its_realm, algorithm), number) {
            return Err(fault(format!(
                "its name and realm stand in line {first}, too"
            )));
        }
        if its_realm == realm {
            accounts.insert(name.to_owned(), account);
        }
    }
    DigestAccounts::from_accounts(accounts)
}

const WHAT: &str = "it is not a name, a realm and an HA1 with colons between them";

fn parts(line: &str) -> Option<[&str; 3]> {
    let mut parts = line.split(':');
    let all = [parts.next()?, parts.next()?, parts.next()?];
    (parts.next().is_none() && is_name(all[0])).then_some(all)
}

/// By the number of digits; that of MD5 is what is missed where it fits none.
const fn algorithm(ha1: &str, long: DigestAlgorithm) -> DigestAlgorithm {
    if ha1.len() == 2 * DigestAlgorithm::Sha256.hash_len() {
        long
    } else {
        DigestAlgorithm::Md5
    }
}
