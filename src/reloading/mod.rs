//! A file that is parsed into memory, and read again when it changes.

mod read;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, Weak};
use std::thread;
use std::time::Duration;

use self::read::FileContents;
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::lookup::Lookup;
use crate::now_or_later::NowOrLater;
use crate::unavailable::Unavailable;

/// Keeps the parsed contents of a file in memory, and reads the file again when it changes. A clone shares the
/// contents.
///
/// The file is read to its end and parsed as a whole before the new contents take effect. If the file cannot be read,
/// if the parser refuses it, or if it changes while it is read, then the last good contents stay in effect.
/// [`health`](Self::health) and the listener of [`on_reload`](Self::on_reload) say what is wrong. Readers do not wait
/// while a reload reads and parses the file.
///
/// The file is not watched by default. Call [`watch`](Self::watch) to start a thread that looks for changes, or call
/// [`reload`](Self::reload) yourself, for example on a signal.
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

struct WatchedFile<T> {
    path: PathBuf,
    parse: Box<ParseFile<T>>,
    /// Returns a warning about contents that can be used, if there is one.
    remark: Box<TableRemark<T>>,
    /// A reload locks it for writing only to exchange two pointers, so readers hardly wait.
    current: RwLock<Arc<T>>,
    /// A reload locks it from start to end, so that there is one reload at a time.
    last: Mutex<LastRead>,
    health: Mutex<FileHealth>,
}

type ParseFile<T> = dyn Fn(&str) -> Result<T, ConfigError> + Send + Sync;

type ReloadListener = Arc<dyn Fn(&ReloadEvent) + Send + Sync>;

type TableRemark<T> = dyn Fn(&T) -> Option<ConfigError> + Send + Sync;

/// The result of the last look at the file.
struct LastRead {
    digest: Option<blake3::Hash>,
    /// Why the contents with this digest cannot be used, if they cannot.
    fault: Option<ConfigError>,
    listener: Option<ReloadListener>,
}

/// The result of a reload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum ReloadEvent {
    /// The file has not changed.
    Unchanged,
    /// The file has changed, and its new contents are in effect.
    Loaded,
    /// The new contents are in effect, and the operator should read this warning. For example, a table of accounts
    /// [mixes hashes of different costs](crate::password::HashedAccounts::mixed_costs).
    LoadedWith(ConfigError),
    /// The file cannot be used, for this reason. The last good contents stay in effect.
    Kept(ConfigError),
}

impl ReloadEvent {
    /// The text for the operator, if there is one: why the file [cannot be used](Self::Kept), or the
    /// [warning](Self::LoadedWith) about contents that are used. [`is_loaded`](Self::is_loaded) tells the two apart.
    #[must_use]
    pub const fn fault(&self) -> Option<&ConfigError> {
        match self {
            Self::Unchanged | Self::Loaded => None,
            Self::LoadedWith(fault) | Self::Kept(fault) => Some(fault),
        }
    }

    /// Whether new contents are in effect.
    #[must_use]
    pub const fn is_loaded(&self) -> bool {
        matches!(self, Self::Loaded | Self::LoadedWith(_))
    }
}

/// Tells whether the contents in memory are those of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileHealth {
    loads: u64,
    fault: Option<ConfigError>,
    remark: Option<ConfigError>,
}

impl FileHealth {
    /// Whether the last look at the file found contents that can be used.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.fault.is_none()
    }

    /// Why the file could not be used at the last look. `None` if it could.
    #[must_use]
    pub const fn fault(&self) -> Option<&ConfigError> {
        self.fault.as_ref()
    }

    /// A warning about the contents in memory, which are used all the same. See [`ReloadEvent::LoadedWith`].
    #[must_use]
    pub const fn remark(&self) -> Option<&ConfigError> {
        self.remark.as_ref()
    }

    /// How often the file has been loaded, including the first time.
    #[must_use]
    pub const fn loads(&self) -> u64 {
        self.loads
    }
}

impl<T: Send + Sync + 'static> ReloadingFile<T> {
    /// Reads the file at `path` and parses it with `parse`. The file must be UTF-8 and have at most 64 MiB.
    ///
    /// # Errors
    ///
    /// The file does not exist or cannot be read, it is not a regular file, it is longer than 64 MiB, it is not UTF-8,
    /// or `parse` refuses it. The message begins with the path.
    pub fn open<F>(path: impl AsRef<Path>, parse: F) -> Result<Self, ConfigError>
    where
        F: Fn(&str) -> Result<T, ConfigError> + Send + Sync + 'static,
    {
        Self::open_with_remarks(path, parse, |_| None)
    }

    /// Reads the file as [`open`](Self::open) does, and checks the parsed contents with `remark`.
    ///
    /// `remark` returns a warning about contents that can be used, or `None`. The [listener](Self::on_reload) receives
    /// the warning, and it is part of the [health](Self::health). For example, [`htpasswd`](crate::password::htpasswd)
    /// warns of hashes with different costs.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub fn open_with_remarks<F, R>(
        path: impl AsRef<Path>,
        parse: F,
        remark: R,
    ) -> Result<Self, ConfigError>
    where
        F: Fn(&str) -> Result<T, ConfigError> + Send + Sync + 'static,
        R: Fn(&T) -> Option<ConfigError> + Send + Sync + 'static,
    {
        let path = path.as_ref().to_owned();
        let contents = FileContents::read(&path, None)?;
        let first = parse_contents(&path, &contents, &parse)?;
        Ok(Self(Arc::new(WatchedFile {
            path,
            parse: Box::new(parse),
            health: Mutex::new(FileHealth {
                loads: 1,
                fault: None,
                remark: remark(&first),
            }),
            remark: Box::new(remark),
            current: RwLock::new(Arc::new(first)),
            last: Mutex::new(LastRead {
                digest: Some(contents.digest),
                fault: None,
                listener: None,
            }),
        })))
    }

    /// Reads the file now, and parses it if it has changed. The call blocks until that is done; readers are not
    /// blocked.
    pub fn reload(&self) -> ReloadEvent {
        self.0.reload()
    }

    /// Sets the listener that is called with the result of a reload.
    ///
    /// The listener is called when the file has changed, when it cannot be used for another reason than before, and
    /// when it can be used again. Use it to log the event, or to pass it to an [audit](crate::audit#files-of-accounts).
    ///
    /// If there is a warning about the contents in memory, `on_reload` calls the listener with it
    /// ([`ReloadEvent::LoadedWith`]) before it returns. Later calls are made on the thread that read the file. There is
    /// one listener; a later call replaces it. A panic of the listener is caught, and the file is still watched.
    pub fn on_reload(&self, listener: impl Fn(&ReloadEvent) + Send + Sync + 'static) {
        let listener: ReloadListener = Arc::new(listener);
        self.0.last().listener = Some(Arc::clone(&listener));
        if let Some(remark) = self.health().remark {
            tell(&listener, &ReloadEvent::LoadedWith(remark));
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
        let thread = thread::Builder::new().name("password file".to_owned());
        let started = thread.spawn(move || watch(&file, interval));
        started.map(drop).map_err(|error| {
            ConfigError::new(format!(
                "cannot start the thread that watches a file: {error}"
            ))
        })
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

fn watch<T>(file: &Weak<WatchedFile<T>>, interval: Duration) {
    loop {
        thread::sleep(interval);
        let Some(file) = file.upgrade() else {
            return;
        };
        let _ = file.reload();
    }
}

/// Calls the listener. A panic of the listener must not end the thread that watches the file.
fn tell(listener: &ReloadListener, outcome: &ReloadEvent) {
    let _ = catch_unwind(AssertUnwindSafe(|| listener(outcome)));
}

fn parse_contents<T>(
    path: &Path,
    contents: &FileContents,
    parse: &ParseFile<T>,
) -> Result<T, ConfigError> {
    let text = std::str::from_utf8(&contents.bytes);
    let text = text.map_err(|_| ConfigError::new("the file is not valid UTF-8"));
    // The parser may be code of the application. Its panic is an error, and must not end the thread that watches.
    let parsed = text.and_then(|text| {
        let panicked = |_| Err(ConfigError::new("the parser of the file panicked"));
        catch_unwind(AssertUnwindSafe(|| parse(text))).unwrap_or_else(panicked)
    });
    parsed.map_err(|error| ConfigError::new(format!("{}: {error}", path.display())))
}

impl<T> WatchedFile<T> {
    fn reload(&self) -> ReloadEvent {
        let mut last = self.last();
        let outcome = self.look(&mut last);
        let listener = last.listener.clone();
        let is_news = self.report(&outcome);
        drop(last);
        if let Some(listener) = listener.filter(|_| is_news) {
            tell(&listener, &outcome);
        }
        outcome
    }

    fn look(&self, last: &mut LastRead) -> ReloadEvent {
        let contents = match FileContents::read(&self.path, last.digest) {
            Ok(contents) => contents,
            Err(fault) => return ReloadEvent::Kept(fault),
        };
        if last.digest == Some(contents.digest) {
            // The same contents as at the last look. If they could not be used then, they cannot be used now.
            return last
                .fault
                .clone()
                .map_or(ReloadEvent::Unchanged, ReloadEvent::Kept);
        }
        last.digest = Some(contents.digest);
        let parsed = parse_contents(&self.path, &contents, &*self.parse);
        last.fault = parsed.as_ref().err().cloned();
        match parsed {
            Ok(next) => {
                let remark = (self.remark)(&next);
                self.exchange(next);
                remark.map_or(ReloadEvent::Loaded, ReloadEvent::LoadedWith)
            }
            Err(fault) => ReloadEvent::Kept(fault),
        }
    }

    fn exchange(&self, next: T) {
        let next = Arc::new(next);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *current, next);
        drop(current);
        // The old contents may be large. They are dropped after the lock is released, so that no reader waits for that.
        drop(before);
    }

    /// Updates the health. Returns whether the listener should be called: it is not called again for the same fault.
    fn report(&self, outcome: &ReloadEvent) -> bool {
        let (fault, remark) = match outcome {
            ReloadEvent::Kept(fault) => (Some(fault.clone()), None),
            ReloadEvent::LoadedWith(remark) => (None, Some(remark.clone())),
            ReloadEvent::Unchanged | ReloadEvent::Loaded => (None, None),
        };
        let loaded = outcome.is_loaded();
        let mut health = guard(&self.health);
        let is_news = loaded || health.fault != fault;
        health.loads += u64::from(loaded);
        health.fault = fault;
        if loaded {
            health.remark = remark;
        }
        is_news
    }

    /// Locks the contents for reading. A poisoned lock is used as it is: the exchange of the pointers cannot panic.
    #[inline]
    fn current(&self) -> RwLockReadGuard<'_, Arc<T>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn last(&self) -> MutexGuard<'_, LastRead> {
        guard(&self.last)
    }
}

/// Locks `mutex`. A poisoned lock is used as it is: a panic during a reload leaves the values from before.
fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
