//! Reads accounts from an htdigest file.

mod parse;

use std::path::Path;

use self::parse::parse;
use super::accounts::DigestAccounts;
use super::algorithm::DigestAlgorithm;
use crate::config_error::ConfigError;
use crate::reloading::ReloadingFile;

/// Reads the accounts of `realm` from a file in the format of Apache's `htdigest`, `name:realm:HA1` in each line. The
/// file is read again when it changes: see [`ReloadingFile`].
///
/// `htdigest` writes MD5 hashes of 32 digits, which [`legacy_md5`](super::DigestBuilder::legacy_md5) has to allow. 64
/// digits are a SHA-256 hash; use [`htdigest_with`] for SHA-512-256. A name may have one line of each length.
/// Lines of other realms do not matter.
///
/// An attacker who can read the file can log in with its hashes, so keep it secret.
///
/// Text after a third colon is a comment. Blanks, line ends, comments and byte order marks are read as in
/// [`htpasswd`](crate::password::htpasswd), and so is a file that a program is writing.
///
/// # Bad lines
///
/// A bad line never refuses the whole file, so a change of another line always takes effect.
///
/// - **A line with a readable name, but without a readable HA1, breaks that account alone.** Each login to it is
///   refused, as with a wrong password. For example, `ada:files:!` locks the account of `ada`. The same happens if two
///   lines have the same name and an HA1 of the same length.
/// - **A line without a readable name is skipped.** For example, it has no colon, or the name has blanks around it.
///
/// The [listener](ReloadingFile::on_reload) gets one warning for each such line, and
/// [`FileHealth::warnings`](crate::password::FileHealth::warnings) has them: up to 16, and then the number of the others. A
/// warning has the line number, but no text from the line, because the line contains a secret.
///
/// # Errors
///
/// The file cannot be read, or it has no usable account of the realm. In the second case, the message has the first bad
/// line. On a reload, the last good accounts stay in effect
/// ([`ReloadEvent::Kept`](crate::password::ReloadEvent::Kept)).
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
///
/// std::fs::write(&place, "grace:files:!\nada:files:ec6a8bd4f8d5cb4d66d4bc16bfbf5a23\n")?;
/// let file = htdigest(&place, "files")?;
/// let warning = file.health().warnings()[0].to_string();
/// assert!(warning.starts_with("line 1: invalid HA1"));
/// assert!(file.lookup("grace").try_now().unwrap()?.is_none());
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
    ReloadingFile::open_parsed(path, move |file| parse(file, &realm, algorithm))
}
