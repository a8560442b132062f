//! Reads accounts from an htpasswd file.

mod parse;

use std::path::Path;

use self::parse::parse;
use super::hash::{HashFormats, PasswordHash};
use super::hashed::{HashStore, HashedAccount, HashedAccounts, HashedPasswords};
use super::into_password_verifier::IntoPasswordVerifier;
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
/// no line end. As in Apache, blanks around a line are trimmed, and empty lines and lines that start with `#` are
/// skipped. A byte order mark in front of a line is skipped, too.
///
/// # Bad lines
///
/// A bad line never refuses the whole file, so a change of another line always takes effect. For example, an account
/// that you remove is refused after the next reload, although another line has a typing error.
///
/// - **A line with a readable name, but without a readable hash, breaks that account alone.** Each login to it costs a
///   hash and is refused, as with a wrong password. For example, `ada:!` locks the account of `ada`. The same happens
///   if `formats` does not read the hash, if a check of the hash would cost too much, and if the name appears twice.
///   (Apache and nginx use the first of two lines with one name. This function uses neither, because an operator who
///   adds a second line to change a password expects that the old password is refused.)
/// - **A line without a readable name is skipped.** It has no colon or no name, or the name has blanks around it, has
///   control characters in it, or is not UTF-8.
///
/// The [listener](ReloadingFile::on_reload) gets one warning for each such line, and
/// [`FileHealth::warnings`](crate::password::FileHealth::warnings) has them: up to 16, and then the number of the others. A
/// warning has the line number and quotes nothing of the line. For example: `line 3: missing colon between name and
/// hash: the line is skipped`.
///
/// A file whose hashes have different costs is loaded as well, with a warning: see [`HashedAccounts::mixed_costs`].
///
/// # A file that is cut in the middle of a write
///
/// Half of a file can look like a whole file with fewer accounts. The protection is in how the file is read: if it
/// changes while it is read, it is [read again](ReloadingFile). If a program stops in the middle of a write for longer
/// than that, then the accounts that it has not written yet are refused until it goes on. Programs that write a new
/// file and rename it to the old name do not have this problem.
///
/// # Errors
///
/// The file cannot be read, or it has no usable account. In the second case, the message has the first bad line. On a
/// reload, the last good accounts stay in effect ([`ReloadEvent::Kept`](crate::password::ReloadEvent::Kept)).
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
/// file.on_reload(|outcome| eprintln!("the password file: {outcome:?}")); // before `watch`, to hear of each read
/// file.watch(Duration::from_secs(5))?;
/// # #[cfg(feature = "basic")]
/// let auth = RequireAuth::new(Basic::new("files", HashedPasswords::new(file.clone())?)?)?;
/// assert!(file.health().is_good());
///
/// // The second line has no readable hash, so it breaks that account alone.
/// std::fs::write(&place, "ada:$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy\ngrace:!\n")?;
/// assert!(file.reload().is_loaded() && file.health().is_good());
/// let warning = file.health().warnings()[0].to_string();
/// assert!(warning.starts_with("line 2: locked"));
///
/// std::fs::write(&place, "grace:!\n")?;
/// assert!(!file.reload().is_loaded(), "no account can be used, so the last good accounts stay in effect");
/// assert!(htpasswd(place.with_extension("not-there"), HashFormats::new()).is_err());
/// # std::fs::remove_file(place)?;
/// # Ok(())
/// # }
/// ```
pub fn htpasswd(
    path: impl AsRef<Path>,
    formats: HashFormats,
) -> Result<ReloadingFile<HashedAccounts>, ConfigError> {
    ReloadingFile::open_parsed(path, move |file| parse(file, &formats))
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

/// A file becomes a [`HashedPasswords`] with a pool and a cache of its own.
impl IntoPasswordVerifier for ReloadingFile<HashedAccounts> {
    type Verifier = HashedPasswords<Self>;

    fn into_password_verifier(self) -> Result<HashedPasswords<Self>, ConfigError> {
        HashedPasswords::new(self)
    }
}
