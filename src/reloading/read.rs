//! Reads a file that another program may be writing at the same time.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::config_error::ConfigError;

/// The contents of a file that did not change while it was read.
pub(super) struct FileContents {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// Tells whether the contents have changed. Times, lengths and inodes cannot: they can be the same for other
    /// contents.
    pub(super) digest: blake3::Hash,
}

/// The length of the longest file that is read, in bytes.
const MAX_LENGTH: u64 = 64 << 20;

/// How often a file is read before it is an error that it changes all the time.
const TRIES: u32 = 5;

/// The first pause between two reads of a file that may be changing. Each further pause is twice as long.
const PAUSE: Duration = Duration::from_millis(10);

impl FileContents {
    /// Reads the file. `known` is the digest of its contents at the last look.
    pub(super) fn read(path: &Path, known: Option<blake3::Hash>) -> Result<Self, ConfigError> {
        let contents = settled(known, || contents(path), thread::sleep);
        contents.map_err(|error| ConfigError::new(format!("{}: {error}", path.display())))
    }
}

/// Reads until two reads in a row have the same contents. `read` returns `None` if the file changed while it was read.
///
/// The second read is necessary for two reasons. A program that writes a file in pieces may pause between them. And file
/// times have a resolution: a program can write a file twice within one tick, and the file then has the same time with
/// other contents. Contents that are known are not read again.
fn settled(
    known: Option<blake3::Hash>,
    mut read: impl FnMut() -> io::Result<Option<FileContents>>,
    mut pause: impl FnMut(Duration),
) -> io::Result<FileContents> {
    let mut before = None;
    for number in 0..=TRIES {
        let now = read()?;
        let expected = before.or(known);
        before = now.as_ref().map(|contents| contents.digest);
        match now {
            Some(contents) if expected == Some(contents.digest) => return Ok(contents),
            _ if number < TRIES => pause(PAUSE * 2_u32.pow(number)),
            _ => {}
        }
    }
    Err(io::Error::other("the file changed while it was read"))
}

fn contents(path: &Path) -> io::Result<Option<FileContents>> {
    let bytes = read(path)?;
    Ok(bytes.map(|bytes| FileContents {
        digest: blake3::hash(&bytes),
        bytes,
    }))
}

/// Reads the file once. Returns `None` if it changed in the meantime.
fn read(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    // Checked before the file is opened: to open a named pipe would block until another program writes to it.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut file = File::open(path)?;
    let before = file.metadata()?;
    let capacity = before.len().min(MAX_LENGTH);
    // The capacity is reserved at once: a vector that grows leaves copies of the hashes behind, which are not wiped.
    let mut bytes = Zeroizing::new(Vec::new());
    bytes.reserve(usize::try_from(capacity).unwrap_or(0) + 1);
    // Reads up to one byte more than allowed, to find out whether the file is longer.
    (&mut file).take(MAX_LENGTH + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_LENGTH {
        return Err(io::Error::other("the file is longer than 64 MiB"));
    }
    let is_unchanged = stamp(&before) == stamp(&file.metadata()?);
    let is_whole = before.len() == bytes.len() as u64;
    Ok((is_unchanged && is_whole).then_some(bytes))
}

/// The length and the times of a file, which differ after a change. The time of the last status change (`ctime`) is
/// among them, because no program can set it.
#[cfg(unix)]
fn stamp(metadata: &Metadata) -> impl PartialEq + use<> {
    use std::os::unix::fs::MetadataExt;
    (
        metadata.len(),
        (metadata.mtime(), metadata.mtime_nsec()),
        (metadata.ctime(), metadata.ctime_nsec()),
    )
}

/// The length and the modification time. Other systems have no `ctime` in the sense of Unix.
#[cfg(not(unix))]
fn stamp(metadata: &Metadata) -> impl PartialEq + use<> {
    (metadata.len(), metadata.modified().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A read of this text, or of a file that changed while it was read.
    type Step = Option<&'static str>;

    /// Calls `settled` with reads that give these texts one after the other. Returns its result, and the pauses.
    fn after(known: &str, steps: &[Step]) -> (Option<String>, Vec<Duration>) {
        let mut steps = steps.iter();
        let mut pauses = Vec::new();
        let read = || {
            let text = steps.next().copied().unwrap_or_default();
            Ok(text.map(|text| FileContents {
                digest: blake3::hash(text.as_bytes()),
                bytes: Zeroizing::new(text.into()),
            }))
        };
        let known = Some(blake3::hash(known.as_bytes()));
        let found = settled(known, read, |pause| pauses.push(pause));
        let text = |found: FileContents| String::from_utf8(found.bytes.to_vec()).unwrap();
        (found.ok().map(text), pauses)
    }

    #[test]
    fn a142_a_file_that_is_cut_in_the_middle_of_a_write_is_read_again() {
        let whole = || Some("ada grace".to_owned());
        for steps in [
            &[Some("ada"), Some("ada grace"), Some("ada grace")][..],
            &[Some(""), Some("ada"), Some("ada grace"), Some("ada grace")],
            &[None, Some("ada grace"), Some("ada grace")],
            &[Some("ada"), None, Some("ada grace"), Some("ada grace")],
            &[
                Some("ada grace"),
                None,
                Some("ada grace"),
                Some("ada grace"),
            ],
        ] {
            let (found, pauses) = after("old", steps);
            assert_eq!(
                (found, pauses.len()),
                (whole(), steps.len() - 1),
                "{steps:?}"
            );
        }
    }

    #[test]
    fn a142_a_file_that_changes_all_the_time_is_an_error_after_about_300_milliseconds() {
        for steps in [
            &[None; 9][..],
            &["1", "2", "3", "4", "5", "6", "7"].map(Some),
        ] {
            let (found, pauses) = after("old", steps);
            assert_eq!(found, None);
            assert_eq!(pauses.iter().sum::<Duration>(), Duration::from_millis(310));
        }
    }

    #[test]
    fn contents_that_are_known_are_read_once_without_a_pause() {
        let (found, pauses) = after("old", &[Some("old")]);
        assert_eq!((found.as_deref(), pauses), (Some("old"), vec![]));
    }
}
