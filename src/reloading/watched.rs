//! The file, its contents in memory, and what is known about them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::thread;
use std::time::Duration;

use super::event::{FileHealth, ReloadEvent};
use super::parsed::{ParseFile, parse_contents};
use super::read::FileContents;
use crate::config_error::ConfigError;

pub(super) struct WatchedFile<T> {
    pub(super) path: PathBuf,
    parse: Box<ParseFile<T>>,
    /// A reload locks it for writing only to exchange two pointers, so readers hardly wait.
    current: RwLock<Arc<T>>,
    /// A reload locks it from start to end, so that there is one reload at a time.
    last: Mutex<LastRead<T>>,
    pub(super) health: Mutex<FileHealth>,
}

pub(super) type ReloadListener = Arc<dyn Fn(&ReloadEvent) + Send + Sync>;

/// The result of one look at the file.
enum LookResult {
    Unchanged,
    /// The new contents are in effect, with these warnings.
    Loaded(Vec<ConfigError>),
    Kept(ConfigError),
}

/// The events that the listener gets: one for each warning, or one for the whole reload.
fn events(found: LookResult) -> Vec<ReloadEvent> {
    match found {
        LookResult::Unchanged => vec![ReloadEvent::Unchanged],
        LookResult::Kept(fault) => vec![ReloadEvent::Kept(fault)],
        LookResult::Loaded(warnings) if warnings.is_empty() => vec![ReloadEvent::Loaded],
        LookResult::Loaded(warnings) => warnings.into_iter().map(ReloadEvent::LoadedWith).collect(),
    }
}

/// The result of the last look at the file.
pub(super) struct LastRead<T> {
    digest: Option<blake3::Hash>,
    /// Why the contents with this digest cannot be used, if they cannot.
    fault: Option<ConfigError>,
    pub(super) listener: Option<ReloadListener>,
    /// Former contents that a reader may still use.
    retired: Vec<Arc<T>>,
}

/// How often a reload looks whether the last readers have left the former contents, and the pause before each look.
const RETIRE_TRIES: usize = 10;
const RETIRE_PAUSE: Duration = Duration::from_millis(1);

impl<T> LastRead<T> {
    /// Drops the former contents that no reader uses any more.
    ///
    /// A reader has a reference only while it reads. Without the reference in `retired`, it could be the last owner, and
    /// its request would wait until all accounts are dropped: 100,000 of them take some milliseconds.
    fn drop_unused(&mut self) {
        self.retired.retain(|former| Arc::strong_count(former) > 1);
    }

    /// Drops `former` as soon as no reader uses it. If a reader takes long, the next reload drops it.
    fn retire(&mut self, former: Arc<T>) {
        self.retired.push(former);
        for _ in 0..RETIRE_TRIES {
            self.drop_unused();
            if self.retired.is_empty() {
                return;
            }
            thread::sleep(RETIRE_PAUSE);
        }
    }
}

/// Calls the listener. A panic of the listener must not end the thread that watches the file.
pub(super) fn tell(listener: &ReloadListener, outcome: &ReloadEvent) {
    let _ = catch_unwind(AssertUnwindSafe(|| listener(outcome)));
}

impl<T> WatchedFile<T> {
    /// Reads the file for the first time.
    pub(super) fn open(path: PathBuf, parse: Box<ParseFile<T>>) -> Result<Self, ConfigError> {
        let contents = FileContents::read(&path, None)?;
        let first = parse_contents(&path, &contents, &*parse)?;
        Ok(Self {
            path,
            parse,
            current: RwLock::new(Arc::new(first.contents)),
            last: Mutex::new(LastRead {
                digest: Some(contents.digest),
                fault: None,
                listener: None,
                retired: Vec::new(),
            }),
            health: Mutex::new(FileHealth {
                loads: 1,
                fault: None,
                warnings: first.warnings,
            }),
        })
    }

    /// Looks at the file. The listener hears what is new before the function returns.
    pub(super) fn reload(&self) -> ReloadEvent {
        let mut last = self.last();
        let found = self.look(&mut last);
        let listener = last.listener.clone();
        let is_news = self.report(&found);
        drop(last);
        let events = events(found);
        if let Some(listener) = listener.filter(|_| is_news) {
            events.iter().for_each(|event| tell(&listener, event));
        }
        events.into_iter().next().unwrap_or(ReloadEvent::Unchanged)
    }

    fn look(&self, last: &mut LastRead<T>) -> LookResult {
        last.drop_unused();
        let contents = match FileContents::read(&self.path, last.digest) {
            Ok(contents) => contents,
            Err(fault) => return LookResult::Kept(fault),
        };
        if last.digest == Some(contents.digest) {
            // The same contents as at the last look. If they could not be used then, they cannot be used now.
            return last
                .fault
                .clone()
                .map_or(LookResult::Unchanged, LookResult::Kept);
        }
        last.digest = Some(contents.digest);
        let parsed = parse_contents(&self.path, &contents, &*self.parse);
        last.fault = parsed.as_ref().err().cloned();
        match parsed {
            Ok(parsed) => {
                last.retire(self.exchange(parsed.contents));
                LookResult::Loaded(parsed.warnings)
            }
            Err(fault) => LookResult::Kept(fault),
        }
    }

    /// Puts `next` into effect, and returns the contents before it.
    fn exchange(&self, next: T) -> Arc<T> {
        let next = Arc::new(next);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, next)
    }

    /// Updates the health. Returns whether the listener should be called: it is not called again for the same fault.
    fn report(&self, found: &LookResult) -> bool {
        let mut health = guard(&self.health);
        let before = health.fault.take();
        match found {
            LookResult::Unchanged => before.is_some(),
            LookResult::Kept(fault) => {
                health.fault = Some(fault.clone());
                before.as_ref() != Some(fault)
            }
            LookResult::Loaded(warnings) => {
                health.loads += 1;
                health.warnings.clone_from(warnings);
                true
            }
        }
    }

    /// Locks the contents for reading. A poisoned lock is used as it is: the exchange of the pointers cannot panic.
    #[inline]
    pub(super) fn current(&self) -> RwLockReadGuard<'_, Arc<T>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn last(&self) -> MutexGuard<'_, LastRead<T>> {
        guard(&self.last)
    }
}

/// Locks `mutex`. A poisoned lock is used as it is: a panic during a reload leaves the values from before.
pub(super) fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
