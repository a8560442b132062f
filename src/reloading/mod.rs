//! What does a file say now? It is read again when it changes, and understood as its owner has it.

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

/// What a file says, kept in memory, and read again when the file changes. Its clones are the same.
///
/// A file is read to its end and understood as a whole before any of it counts. One that cannot be read, that is not what
/// it should be, or that changes while it is read changes nothing: what was last good stays, [`health`](Self::health) says
/// what is wrong, and so does [`on_reload`](Self::on_reload). Whoever asks in the meantime is answered.
///
/// It looks for changes when it is told to: by [`reload`](Self::reload), or by a small thread that
/// [`watch`](Self::watch) starts.
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
/// assert!(ReloadingFile::open(&place, sum).is_err(), "it refuses to start without the file");
///
/// std::fs::write(&place, "20\n22\n")?;
/// let file = ReloadingFile::open(&place, sum)?;
/// assert_eq!(file.with(|sum| *sum), 42);
///
/// std::fs::write(&place, "20\nmany\n")?;
/// assert!(matches!(file.reload(), ReloadEvent::Kept(_)));
/// assert_eq!(file.with(|sum| *sum), 42, "what was last good stays");
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
    /// What is to be said of contents that can be used.
    remark: Box<TableRemark<T>>,
    /// Locked for writing only as long as it takes to exchange two pointers.
    current: RwLock<Arc<T>>,
    /// Locked for as long as a reload takes, so that there is one at a time.
    last: Mutex<LastRead>,
    health: Mutex<FileHealth>,
}

type ParseFile<T> = dyn Fn(&str) -> Result<T, ConfigError> + Send + Sync;

type ReloadListener = Arc<dyn Fn(&ReloadEvent) + Send + Sync>;

type TableRemark<T> = dyn Fn(&T) -> Option<ConfigError> + Send + Sync;

/// What the last look at the file has shown.
struct LastRead {
    digest: Option<blake3::Hash>,
    /// What is wrong with the contents that were last seen.
    fault: Option<ConfigError>,
    listener: Option<ReloadListener>,
}

/// What came of reading a file again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum ReloadEvent {
    /// It is as it was.
    Unchanged,
    /// It has changed, and counts from now on.
    Loaded,
    /// It counts, and there is something that the operator should know: for instance that a table of accounts
    /// [mixes hashes of different costs](crate::password::HashedAccounts::mixed_costs).
    LoadedWith(ConfigError),
    /// It cannot be used, and why. What was last good stays.
    Kept(ConfigError),
}

impl ReloadEvent {
    /// What the operator should know: why the file cannot be used, or what was [remarked](Self::LoadedWith) of contents that
    /// are used. [`is_loaded`](Self::is_loaded) tells the two apart.
    #[must_use]
    pub const fn fault(&self) -> Option<&ConfigError> {
        match self {
            Self::Unchanged | Self::Loaded => None,
            Self::LoadedWith(fault) | Self::Kept(fault) => Some(fault),
        }
    }

    /// Whether the file counts from now on.
    #[must_use]
    pub const fn is_loaded(&self) -> bool {
        matches!(self, Self::Loaded | Self::LoadedWith(_))
    }
}

/// Whether what is in memory is what the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileHealth {
    loads: u64,
    fault: Option<ConfigError>,
    remark: Option<ConfigError>,
}

impl FileHealth {
    /// Whether the file could be used when it was last looked at.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.fault.is_none()
    }

    /// Why it could not.
    #[must_use]
    pub const fn fault(&self) -> Option<&ConfigError> {
        self.fault.as_ref()
    }

    /// What an operator should know of what is in memory, though it can be used.
    #[must_use]
    pub const fn remark(&self) -> Option<&ConfigError> {
        self.remark.as_ref()
    }

    /// How often it has been loaded, the first time included.
    #[must_use]
    pub const fn loads(&self) -> u64 {
        self.loads
    }
}

impl<T: Send + Sync + 'static> ReloadingFile<T> {
    /// Reads the file at `path`, of at most 64 MiB, as `parse` understands it.
    ///
    /// # Errors
    ///
    /// It cannot be read, or `parse` refuses it. Nothing starts with a file that is not there.
    pub fn open<F>(path: impl AsRef<Path>, parse: F) -> Result<Self, ConfigError>
    where
        F: Fn(&str) -> Result<T, ConfigError> + Send + Sync + 'static,
    {
        Self::open_with_remarks(path, parse, |_| None)
    }

    /// As [`open`](Self::open); and `remark` says of contents that can be used what an operator should know of them. It is
    /// told to the [listener](Self::on_reload) and in the [health](Self::health).
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
        let first = understand(&path, &contents, &parse)?;
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

    /// Reads the file, and understands it if it has changed. It blocks while it does, and nobody else.
    pub fn reload(&self) -> ReloadEvent {
        self.0.reload()
    }

    /// Tells `listener` when the file was found changed, unfit to use for another reason than before, or fit again, on the
    /// thread that read it: to be logged, or handed to an [audit](crate::audit#files-of-accounts). There is one listener; the
    /// last counts. If it panics, everything goes on.
    ///
    /// It is told at once of what is in memory, if there is something that an operator should know
    /// ([`ReloadEvent::LoadedWith`]).
    pub fn on_reload(&self, listener: impl Fn(&ReloadEvent) + Send + Sync + 'static) {
        let listener: ReloadListener = Arc::new(listener);
        self.0.last().listener = Some(Arc::clone(&listener));
        if let Some(remark) = self.health().remark {
            tell(&listener, &ReloadEvent::LoadedWith(remark));
        }
    }

    /// Reads the file every so often, 5 seconds for one, in a thread that ends when the last handle is gone.
    ///
    /// # Errors
    ///
    /// It is to be read without a pause, or the operating system starts no thread.
    pub fn watch(&self, every: Duration) -> Result<(), ConfigError> {
        if every.is_zero() {
            return Err(ConfigError::new(
                "a file is watched with a pause in between",
            ));
        }
        let file = Arc::downgrade(&self.0);
        let thread = thread::Builder::new().name("password file".to_owned());
        let started = thread.spawn(move || watch(&file, every));
        started.map(drop).map_err(|error| {
            ConfigError::new(format!("a thread to watch a file does not start: {error}"))
        })
    }

    /// Whether what is in memory is what the file says.
    #[must_use]
    pub fn health(&self) -> FileHealth {
        guard(&self.0.health).clone()
    }

    /// Shows `f` what is in memory. Nobody waits for it, and it sees the same to its end, whatever is reloaded meanwhile.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        let current = Arc::clone(&self.0.current());
        f(&current)
    }
}

fn watch<T>(file: &Weak<WatchedFile<T>>, every: Duration) {
    loop {
        thread::sleep(every);
        let Some(file) = file.upgrade() else {
            return;
        };
        let _ = file.reload();
    }
}

/// Nothing that a listener does may end the thread that watches.
fn tell(listener: &ReloadListener, outcome: &ReloadEvent) {
    let _ = catch_unwind(AssertUnwindSafe(|| listener(outcome)));
}

fn understand<T>(
    path: &Path,
    contents: &FileContents,
    parse: &ParseFile<T>,
) -> Result<T, ConfigError> {
    let text = std::str::from_utf8(&contents.octets);
    let text = text.map_err(|_| ConfigError::new("it is not UTF-8"));
    // A parser that panics has understood nothing, and must not end the thread that watches.
    let parsed = text.and_then(|text| {
        let panicked = |_| {
            Err(ConfigError::new(
                "it cannot be understood: the parser panicked",
            ))
        };
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
            // What was unfit to use is no better for having been seen before.
            return last
                .fault
                .clone()
                .map_or(ReloadEvent::Unchanged, ReloadEvent::Kept);
        }
        last.digest = Some(contents.digest);
        let understood = understand(&self.path, &contents, &*self.parse);
        last.fault = understood.as_ref().err().cloned();
        match understood {
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
        // What was there is taken apart when nobody waits for that.
        drop(before);
    }

    /// Whether that is something to tell: that the same file is as unfit as before is not.
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

    /// Exchanging it cannot panic in between.
    #[inline]
    fn current(&self) -> RwLockReadGuard<'_, Arc<T>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn last(&self) -> MutexGuard<'_, LastRead> {
        guard(&self.last)
    }
}

/// A panic while a file was understood leaves what was there before.
fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks what is in memory: a file that holds a table is one.
impl<K: ?Sized, T: Lookup<K>> Lookup<K> for ReloadingFile<T> {
    type Record = T::Record;

    fn lookup(&self, key: &K) -> NowOrLater<Result<Option<T::Record>, Unavailable>> {
        self.with(|table| table.lookup(key))
    }
}

clones! { impl[T] ReloadingFile[T] { 0 } }

shows! { impl[T] ReloadingFile[T] as self { path: self.0.path, health: *guard(&self.0.health) } }
