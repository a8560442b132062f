//! Reads accounts from lines of text: a file that is read again when it changes, or a text of the application.

use std::collections::HashMap;
use std::path::Path;

use super::accounts::{MutualAccount, MutualAccounts};
use super::secret::MutualSecret;
use super::space::MutualSpace;
use crate::config_error::ConfigError;
use crate::password::line_faults::{LineFaults, duplicate};
use crate::password::lines::{lines, read_name, read_text};
use crate::principal::Principal;
use crate::reloading::{ParsedFile, ReloadingFile};

/// Reads the accounts of a file with the lines of [`MutualSecret::to_line`]. The file is read again when it changes: see
/// [`ReloadingFile`].
///
/// A name may have several lines, one for each protection space. The scheme uses the one for its own space.
///
/// Empty lines and lines that begin with `#` are left out. A byte order mark at the start of the file and blanks around a line
/// do not matter.
///
/// # Bad lines
///
/// A bad line never refuses the whole file, so a change of another line always takes effect.
///
/// - **A line with a readable name, but without a readable secret, breaks that account alone.** Each login to it is refused,
///   as with a wrong password. The same happens if two lines have the same name and the same protection space.
/// - **A line without a readable name is skipped.** For example, it has no colon, or the name has blanks around it.
///
/// The [listener](ReloadingFile::on_reload) gets one warning for each such line, and
/// [`FileHealth::warnings`](crate::password::FileHealth::warnings) has them: up to 16, and then the number of the others. A
/// warning has the line number, but no text from the line, because the line contains a secret.
///
/// # Errors
///
/// The file cannot be read, or it has no usable account. In the second case, the message has the first bad line. On a reload,
/// the last good accounts stay in effect ([`ReloadEvent::Kept`](crate::password::ReloadEvent::Kept)).
///
/// # Example
///
/// ```
/// use tower_challenge::password::Lookup;
/// use tower_challenge::scheme::mutual::accounts_file;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let place = std::env::temp_dir().join(format!("mutual.{}", std::process::id()));
/// let ada = "ada:notes:iso-kam3-ec-p256-sha256:016fbf109d7a265e28c70adf47902171ca8c13984360c4569582dc639f78ac45f9:https://example.com";
/// std::fs::write(&place, format!("{ada}\ngrace:notes:!\n"))?;
/// let file = accounts_file(&place)?;
/// assert!(file.lookup("ada").try_now().unwrap()?.is_some());
/// assert!(file.lookup("grace").try_now().unwrap()?.is_none());
/// assert!(file.health().warnings()[0].to_string().starts_with("line 2: invalid line for Mutual"));
///
/// std::fs::write(&place, "grace:notes:!\n")?;
/// assert!(accounts_file(&place).is_err(), "the file has no usable account");
/// # std::fs::remove_file(place)?;
/// # Ok(())
/// # }
/// ```
pub fn accounts_file(path: impl AsRef<Path>) -> Result<ReloadingFile<MutualAccounts>, ConfigError> {
    ReloadingFile::open_parsed(path, |file| ReadAccounts::of(file).into_parsed())
}

impl MutualAccounts {
    /// Makes a table of lines, as [`MutualSecret::to_line`] writes them. It reads them as [`accounts_file`]
    /// does, but a bad line is an error: use this for a text that does not change while the server runs.
    ///
    /// # Errors
    ///
    /// A line is bad, or there is no account. The message has the number of the first bad line.
    pub fn from_lines(text: &str) -> Result<Self, ConfigError> {
        let read = ReadAccounts::of(text.as_bytes());
        match read.faults.is_empty() {
            true => Ok(read.into_parsed()?.contents),
            false => Err(read
                .faults
                .into_error("the accounts of Mutual have a bad line")),
        }
    }
}

/// The accounts that have been read, and what is wrong with the lines.
#[derive(Default)]
struct ReadAccounts<'a> {
    by_name: HashMap<&'a str, ReadAccount>,
    faults: LineFaults,
}

/// An account, with the lines of its secrets.
#[derive(Default)]
struct ReadAccount {
    /// `None` before the first line, and if the account is broken.
    account: Option<MutualAccount>,
    first_lines: Vec<(MutualSpace, usize)>,
    is_broken: bool,
}

impl<'a> ReadAccounts<'a> {
    fn of(file: &'a [u8]) -> Self {
        let mut accounts = Self::default();
        for (number, line) in lines(file) {
            match name_of(line) {
                Ok(name) => accounts.add(number, name, line),
                Err(fault) => accounts.faults.skip(number, fault),
            }
        }
        accounts
    }

    /// Adds a secret to an account. An unreadable one breaks the account, and so does a second one for the same space.
    fn add(&mut self, number: usize, name: &'a str, line: &[u8]) {
        let read = self.by_name.entry(name).or_default();
        let secret = read_text(line, "line").and_then(MutualSecret::parse_line);
        if let Err(fault) = secret.and_then(|(_, secret)| read.add(number, name, secret)) {
            read.is_broken = true;
            self.faults.refuse(number, fault);
        }
    }

    fn into_parsed(self) -> Result<ParsedFile<MutualAccounts>, ConfigError> {
        // A broken account is left out: to a client, an unknown name is the same as a wrong password, and costs the same.
        let accounts = self.by_name.into_iter();
        let accounts = accounts.filter(|(_, read)| !read.is_broken);
        let accounts = accounts.filter_map(|(name, read)| Some((name.to_owned(), read.account?)));
        match MutualAccounts::from_accounts(accounts) {
            Ok(contents) => Ok(ParsedFile {
                contents,
                warnings: self.faults.into_warnings(),
            }),
            Err(_) => Err(self
                .faults
                .into_error("there is no usable account of Mutual")),
        }
    }
}

impl ReadAccount {
    fn add(&mut self, number: usize, name: &str, secret: MutualSecret) -> Result<(), ConfigError> {
        let mut lines = self.first_lines.iter();
        if let Some((_, first)) = lines.find(|(space, _)| space == secret.space()) {
            return Err(duplicate("name and protection space", *first));
        }
        self.first_lines.push((secret.space().clone(), number));
        self.account = Some(match self.account.take() {
            Some(account) => account.with_secret(secret),
            None => MutualAccount::new(secret, Principal::new(name)),
        });
        Ok(())
    }
}

fn name_of(line: &[u8]) -> Result<&str, ConfigError> {
    let colon = line.iter().position(|byte| *byte == b':');
    let colon =
        colon.ok_or_else(|| ConfigError::new("expected `name:realm:algorithm:J:auth-scope`"))?;
    read_name(&line[..colon])
}
