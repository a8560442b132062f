//! What does one look at a file find?

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::config_error::ConfigError;

/// A file, read to its end while it stood still.
pub(super) struct FileContents {
    pub(super) octets: Zeroizing<Vec<u8>>,
    /// By which it is known again. Times, lengths and inodes can be the same for other contents.
    pub(super) digest: blake3::Hash,
}

/// The longest file that is read.
const MAX_LENGTH: u64 = 64 << 20;

/// How often a file may change while it is read.
const TRIES: usize = 3;

impl FileContents {
    /// Reads the file, which was `known` when it was last seen.
    pub(super) fn read(path: &Path, known: Option<blake3::Hash>) -> Result<Self, ConfigError> {
        let contents = (0..TRIES).find_map(|_| settled(path, known).transpose());
        let contents =
            contents.unwrap_or_else(|| Err(io::Error::other("it changed while it was read")));
        contents.map_err(|error| ConfigError::new(format!("{}: {error}", path.display())))
    }
}

/// What is new is read twice: within one tick of the clock that stamps files, one can be written anew and look the same.
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
    let octets = read(path)?;
    Ok(octets.map(|octets| FileContents {
        digest: blake3::hash(&octets),
        octets,
    }))
}

/// `None` if it changed in the meantime.
fn read(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    // Before it is opened, which for a pipe would wait for whoever writes.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("that is no file"));
    }
    let mut file = File::open(path)?;
    let before = file.metadata()?;
    let capacity = before.len().min(MAX_LENGTH);
    let mut octets = Zeroizing::new(Vec::new());
    octets.reserve(usize::try_from(capacity).unwrap_or(0) + 1);
    // One more than there should be, to see whether there is one.
    (&mut file).take(MAX_LENGTH + 1).read_to_end(&mut octets)?;
    if octets.len() as u64 > MAX_LENGTH {
        return Err(io::Error::other("it is longer than 64 MiB"));
    }
    let stood_still = stamp(&before) == stamp(&file.metadata()?);
    let whole = before.len() == octets.len() as u64;
    Ok((stood_still && whole).then_some(octets))
}

/// What changes when anything about an open file does. The time of the last change of its status is in it, which no
/// program can set.
#[cfg(unix)]
fn stamp(metadata: &Metadata) -> impl PartialEq + use<> {
    use std::os::unix::fs::MetadataExt;
    (
        metadata.len(),
        (metadata.mtime(), metadata.mtime_nsec()),
        (metadata.ctime(), metadata.ctime_nsec()),
    )
}

/// Elsewhere there is no such time.
#[cfg(not(unix))]
fn stamp(metadata: &Metadata) -> impl PartialEq + use<> {
    (metadata.len(), metadata.modified().ok())
}
