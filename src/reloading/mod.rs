//! A file that is parsed into memory, and read again when it changes.

mod event;
mod parsed;
mod read;
mod watched;

pub use self::event::{FileHealth, ReloadEvent};
pub(crate) use self::parsed::ParsedFile;

use std::path::Path;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use self::parsed::text;
use self::watched::{ReloadListener, WatchedFile, guard, tell};
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::lookup::Lookup;
use crate::now_or_later::NowOrLater;
use crate::unavailable::Unavailable;

/// Keeps the parsed contents of a file in memory, and reads the file again when it changes. A clone shares the
/// contents.
///
/// The file is read to its end and parsed as a whole before the new contents take effect. If the file cannot be read,
/// or if the parser refuses it, then the last good contents stay in effect. [`health`](Self::health) and the listener of
/// [`on_reload`](Self::on_reload) say what is wrong. Readers do not wait while a reload reads and parses the file.
///
/// A program may be writing the file at the same time. So new contents are read twice, with a pause of 10 milliseconds,
/// and used only if both are the same and neither the length nor the times of the file changed meanwhile. Otherwise the
/// file is read again after a longer pause, up to five times. This is the protection from a file that is cut in the
/// middle of a write. A file is not protected if a program stops in the middle of a write for longer: let the program
/// write a new file and rename it to the old name.
///
/// The file is not watched by default. Call [`watch`](Self::watch) to start a thread that looks for changes, or call
/// [`reload`](Self::reload) or [`spawn_reload`](Self::spawn_reload) yourself, for example on a signal.
///
/// # Example
///
/// ```
/// use tower_challenge::ConfigError;
/// use tower_challenge::password::{ReloadEvent, ReloadingFile};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let place = std::env::temp_dir().join(format!("numbers.{}", std::process::id()));
/// let sum = |text: &str| {
///     let numbers = text.lines().map(|line| line.parse::<i64>());
///     numbers.sum::<Result<i64, _>>().map_err(|error| ConfigError::new(error.to_string()))
/// };
/// assert!(ReloadingFile::open(&place, sum).is_err(), "the file must exist");
///
/// std::fs::write(&place, "20\n22\n")?;
/// let file = ReloadingFile::open(&place, sum)?;
/// assert_eq!(file.with(|sum| *sum), 42);
///
/// std::fs::write(&place, "20\nmany\n")?;
/// assert!(matches!(file.reload(), ReloadEvent::Kept(_)));
/// assert_eq!(file.with(|sum| *sum), 42, "the last good contents stay");
/// assert!(!file.health().is_good());
///
/// std::fs::write(&place, "43\n")?;
/// assert!(matches!(file.reload(), ReloadEvent::Loaded));
/// assert_eq!(file.with(|sum| *sum), 43);
/// # std::fs::remove_file(place)?;
/// # Ok(())
/// # }
/// ```
pub struct ReloadingFile<T>(Arc<WatchedFile<T>>);

impl<T: Send + Sync + 'static> ReloadingFile<T> {
    /// Reads the file at `path` and parses it with `parse`. The file must be UTF-8 and have at most 64 MiB.
    ///
    /// # Errors
    ///
    /// - The file does not exist or cannot be read, is not a regular file, or is longer than 64 MiB.
    /// - The file changed during each of five attempts to read it, which take about 300 milliseconds.
    /// - The file is not UTF-8. The message has the number of the first such line, for example `line 3: not valid
    ///   UTF-8`.
    /// - `parse` refuses the file.
    ///
    /// The message begins with the path.
    pub fn open<F>(path: impl AsRef<Path>, parse: F) -> Result<Self, ConfigError>
    where
        F: Fn(&str) -> Result<T, ConfigError> + Send + Sync + 'static,
    {
        Self::open_with_warnings(path, parse, |_| None)
    }

    /// Reads the file as [`open`](Self::open) does, and checks the parsed contents with `warning`.
    ///
    /// `warning` returns a warning about contents that can be used, or `None`. The [listener](Self::on_reload) receives
    /// the warning, and it is part of the [health](Self::health). For example, [`htpasswd`](crate::password::htpasswd)
    /// warns of hashes with different costs.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub fn open_with_warnings<F, R>(
        path: impl AsRef<Path>,
        parse: F,
        warning: R,
    ) -> Result<Self, ConfigError>
    where
        F: Fn(&str) -> Result<T, ConfigError> + Send + Sync + 'static,
        R: Fn(&T) -> Option<ConfigError> + Send + Sync + 'static,
    {
        Self::open_parsed(path, move |file| {
            let contents = parse(text(file)?)?;
            let warnings = warning(&contents).into_iter().collect();
            Ok(ParsedFile { contents, warnings })
        })
    }

    /// Reads the file as [`open`](Self::open) does, but `parse` gets the bytes, which need not be UTF-8.
    pub(crate) fn open_parsed<F>(path: impl AsRef<Path>, parse: F) -> Result<Self, ConfigError>
    where
        F: Fn(&[u8]) -> Result<ParsedFile<T>, ConfigError> + Send + Sync + 'static,
    {
        let file = WatchedFile::open(path.as_ref().to_owned(), Box::new(parse))?;
        Ok(Self(Arc::new(file)))
    }

    /// Reads the file now, and parses it if it has changed. The call blocks until that is done, for 10 milliseconds or
    /// more if the file has changed, and about a second for 100,000 accounts. Readers are not blocked. In `async` code,
    /// call [`spawn_reload`](Self::spawn_reload): otherwise the requests on the same thread wait.
    ///
    /// If new contents have several [warnings](FileHealth::warnings), the result has the first.
    pub fn reload(&self) -> ReloadEvent {
        self.0.reload()
    }

    /// Starts a thread that does the same as [`reload`](Self::reload), and returns at once. The
    /// [listener](Self::on_reload) receives the result. Call it in a signal handler or a request of an operator.
    ///
    /// # Errors
    ///
    /// The operating system could not start a thread.
    ///
    /// # Example
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use tower_challenge::password::{ReloadEvent, ReloadingFile};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let place = std::env::temp_dir().join(format!("words.{}", std::process::id()));
    /// std::fs::write(&place, "ada")?;
    /// let file = ReloadingFile::open(&place, |text| Ok(text.to_owned()))?;
    /// let (send, events) = mpsc::channel();
    /// file.on_reload(move |event| drop(send.send(event.clone())));
    ///
    /// std::fs::write(&place, "grace")?;
    /// file.spawn_reload()?;
    /// assert_eq!(events.recv()?, ReloadEvent::Loaded);
    /// assert_eq!(file.with(String::clone), "grace");
    ///
    /// std::fs::remove_file(place)?;
    /// file.spawn_reload()?;
    /// assert!(!events.recv()?.is_loaded(), "the last good contents stay");
    /// # Ok(())
    /// # }
    /// ```
    pub fn spawn_reload(&self) -> Result<(), ConfigError> {
        let file = Arc::clone(&self.0);
        start("file reload", move || drop(file.reload()))
    }

    /// Sets the listener that is called with the result of a reload.
    ///
    /// The listener is called when the file has changed, when it cannot be used for another reason than before, and
    /// when it can be used again. Use it to log the event, or to pass it to an [audit](crate::audit#files-of-accounts).
    ///
    /// If there are warnings about the contents in memory, `on_reload` calls the listener with each of them
    /// ([`ReloadEvent::LoadedWith`]) before it returns. Later calls are made on the thread that read the file. There is
    /// one listener; a later call replaces it. A panic of the listener is caught, and the file is still watched.
    pub fn on_reload(&self, listener: impl Fn(&ReloadEvent) + Send + Sync + 'static) {
        let listener: ReloadListener = Arc::new(listener);
        self.0.last().listener = Some(Arc::clone(&listener));
        for warning in self.health().warnings {
            tell(&listener, &ReloadEvent::LoadedWith(warning));
        }
    }

    /// Starts a thread that reads the file after every `interval`, for example every 5 seconds. The thread ends when
    /// the last clone of this value is dropped.
    ///
    /// # Errors
    ///
    /// `interval` is zero, or the operating system could not start a thread.
    pub fn watch(&self, interval: Duration) -> Result<(), ConfigError> {
        if interval.is_zero() {
            return Err(ConfigError::new(
                "the interval for watching a file must not be zero",
            ));
        }
        let file = Arc::downgrade(&self.0);
        start("file watcher", move || watch(&file, interval))
    }

    /// Whether the contents in memory are those of the file, and if not, why.
    #[must_use]
    pub fn health(&self) -> FileHealth {
        guard(&self.0.health).clone()
    }

    /// Calls `f` with the contents in memory and returns its result.
    ///
    /// `f` holds no lock, so it may take long and may call [`reload`](Self::reload). It sees the same contents to its
    /// end, even if the file is reloaded meanwhile.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        let current = Arc::clone(&self.0.current());
        f(&current)
    }
}

fn start(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), ConfigError> {
    let thread = thread::Builder::new().name(name.to_owned());
    thread.spawn(run).map(drop).map_err(|error| {
        ConfigError::new(format!(
            "cannot start the thread that watches a file: {error}"
        ))
    })
}

fn watch<T>(file: &Weak<WatchedFile<T>>, interval: Duration) {
    loop {
        thread::sleep(interval);
        let Some(file) = file.upgrade() else {
            return;
        };
        let _ = file.reload();
    }
}

/// Looks up keys in the contents in memory, for a file whose contents are a table.
impl<K: ?Sized, T: Lookup<K>> Lookup<K> for ReloadingFile<T> {
    type Record = T::Record;

    fn lookup(&self, key: &K) -> NowOrLater<Result<Option<T::Record>, Unavailable>> {
        self.with(|table| table.lookup(key))
    }
}

clones! { impl[T] ReloadingFile[T] { 0 } }

shows! { impl[T] ReloadingFile[T] as self { path: self.0.path, health: *guard(&self.0.health) } }
