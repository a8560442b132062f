//! Reads a file that another program may be writing at the same time.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;

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
const TRIES: usize = 3;

impl FileContents {
    /// Reads the file. `known` is the digest of its contents at the last look.
    pub(super) fn read(path: &Path, known: Option<blake3::Hash>) -> Result<Self, ConfigError> {
        let contents = (0..TRIES).find_map(|_| settled(path, known).transpose());
        let contents =
            contents.unwrap_or_else(|| Err(io::Error::other("the file changed while it was read")));
        contents.map_err(|error| ConfigError::new(format!("{}: {error}", path.display())))
    }
}

/// Reads the file, and reads new contents a second time. Returns `None` if the file changed in the meantime.
///
/// The second read is necessary because file times have a resolution: a program can write a file twice within one tick,
/// and the file then has the same time with other contents.
fn settled(path: &Path, known: Option<blake3::Hash>) -> io::Result<Option<FileContents>> {
    let Some(first) = contents(path)? else {
        return Ok(None);
    };
    if known == Some(first.digest) {
        return Ok(Some(first));
    }
    let second = contents(path)?;
    Ok(second.filter(|second| second.digest == first.digest))
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
