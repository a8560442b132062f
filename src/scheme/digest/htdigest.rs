//! Reads accounts from an htdigest file.

use std::collections::HashMap;
use std::path::Path;

use super::accounts::{DigestAccount, DigestAccounts};
use super::algorithm::DigestAlgorithm;
use crate::config_error::ConfigError;
use crate::password::lines::{is_name, lines};
use crate::principal::Principal;
use crate::reloading::ReloadingFile;

/// Reads the accounts of `realm` from a file in the format of Apache's `htdigest`, `name:realm:HA1` in each line. The
/// file is read again when it changes: see [`ReloadingFile`].
///
/// `htdigest` writes MD5 hashes of 32 digits, which [`legacy_md5`](super::DigestBuilder::legacy_md5) has to allow. 64
/// digits are a SHA-256 hash; use [`htdigest_with`] for SHA-512-256. A name may have one line of each length. Lines of
/// other realms must be well-formed, too.
///
/// An attacker who can read the file can log in with its hashes, so keep it secret.
///
/// # Errors
///
/// The file cannot be read, has no account of the realm, or has a malformed line. A line is malformed if:
///
/// - It does not have three parts with colons between them.
/// - The name is empty or has spaces around it.
/// - An earlier line has the same name and realm, and an HA1 of the same length.
/// - The HA1 does not have 32 or 64 hexadecimal digits.
///
/// The error has the number of the line, but no text from it, because the line contains a secret.
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
/// assert!(htdigest(&place, "other").is_err(), "the file has no account of this realm");
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

/// Does the same as [`htdigest`], and reads hashes of 64 digits as those of `algorithm`. SHA-512-256 and SHA-256 hashes
/// have the same length, so the file does not tell them apart.
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

fn parse(
    text: &str,
    realm: &str,
    long_algorithm: DigestAlgorithm,
) -> Result<DigestAccounts, ConfigError> {
    let mut first_lines = HashMap::new();
    let mut accounts: HashMap<String, DigestAccount> = HashMap::new();
    for (number, line) in lines(text) {
        let fault = |what: String| ConfigError::new(format!("line {number}: {what}"));
        let [name, line_realm, ha1] = parts(line).ok_or_else(|| fault(EXPECTED.to_owned()))?;
        let algorithm = algorithm(ha1, long_algorithm);
        let before = accounts.get(name).filter(|_| line_realm == realm).cloned();
        let account =
            before.unwrap_or_else(|| DigestAccount::new(line_realm, Principal::new(name)));
        let account = account.with_ha1(algorithm, ha1);
        let account = account.map_err(|error| fault(error.to_string()))?;
        if let Some(first) = first_lines.insert((name, line_realm, algorithm), number) {
            return Err(fault(format!(
                "duplicate of line {first}: the same name and realm"
            )));
        }
        if line_realm == realm {
            accounts.insert(name.to_owned(), account);
        }
    }
    DigestAccounts::from_accounts(accounts)
}

const EXPECTED: &str = "expected `name:realm:HA1`";

fn parts(line: &str) -> Option<[&str; 3]> {
    let mut parts = line.split(':');
    let all = [parts.next()?, parts.next()?, parts.next()?];
    (parts.next().is_none() && is_name(all[0])).then_some(all)
}

/// Tells the algorithm by the number of digits. For any other length the answer is MD5, and the error then says how
/// many digits MD5 needs.
const fn algorithm(ha1: &str, long_algorithm: DigestAlgorithm) -> DigestAlgorithm {
    if ha1.len() == 2 * DigestAlgorithm::Sha256.hash_len() {
        long_algorithm
    } else {
        DigestAlgorithm::Md5
    }
}
