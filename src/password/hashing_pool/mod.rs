//! Threads that hash, so that no others have to.

#[cfg_attr(target_os = "linux", path = "niceness/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "niceness/elsewhere.rs")]
mod niceness;
mod queue;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use self::queue::{PoolWork, WorkQueue};
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::now_or_later::NowOrLater;
use crate::single_flight::{Leader, NoResult, flight};
use crate::unavailable::Unavailable;

/// A fixed number of threads, and a short queue in front of them. Its clones are the same pool; the threads end with the
/// last of them.
///
/// What cannot begin before the [deadline](HashingPoolBuilder::deadline), or finds the queue full, is answered
/// [`Unavailable`], which becomes `503` with `Retry-After`. So a flood of wrong passwords costs the threads of the pool and
/// no others, and no caller waits longer than the deadline and one hash.
///
/// Places are for who comes first. Somebody who logs in for the first time while fewer guess at once than there are places
/// gets a turn at the second or third try; where more do, and come back without a pause, hardly ever. A
/// [throttle](crate::throttle) in front sees to it that nobody has so many under way.
///
/// What has begun is finished, and keeps its thread until then, even if nobody waits for it any more: who disconnects
/// makes no room. What has not begun when its last caller leaves is never begun, and its place is for others. A panic is
/// answered [`Unavailable`], and the thread goes on.
///
/// # Example
///
/// ```
/// use tower_challenge::password::HashingPool;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let pool = HashingPool::builder().threads(1).build().expect("threads can be started");
/// assert_eq!(pool.run(|| 6 * 7).await.ok(), Some(42));
/// assert!(pool.run(|| panic!("oh no")).await.is_err());
/// assert_eq!(pool.run(|| 6 * 7).await.ok(), Some(42), "it is none the worse");
/// # });
/// ```
#[derive(Clone)]
pub struct HashingPool(Arc<QueueCloser>);

/// So many wait, and are told after a second, who would otherwise come back a thousand times in it.
const DEFAULT_QUEUE: usize = 256;

/// A tenth of what a thread gets that serves, where both want the same processor.
const DEFAULT_NICENESS: u8 = 10;

/// Closes the queue when the last handle is gone. The threads know the queue alone.
struct QueueCloser {
    queue: Arc<WorkQueue>,
    threads: usize,
}

impl HashingPool {
    /// Half as many threads as there are processors, at least one, so that the other half serves; a queue of 256; a deadline
    /// of a second.
    ///
    /// # Errors
    ///
    /// The operating system starts no thread.
    pub fn new() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// One that is tuned.
    #[must_use]
    pub fn builder() -> HashingPoolBuilder {
        HashingPoolBuilder {
            threads: thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2)),
            queue: DEFAULT_QUEUE,
            deadline: Duration::from_secs(1),
            niceness: DEFAULT_NICENESS,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Runs `work` on one of the threads.
    ///
    /// # Errors
    ///
    /// The answer is an error when the queue is full, when the deadline passes before `work` begins, or when it panics.
    pub fn run<T, F>(&self, work: F) -> NowOrLater<Result<T, Unavailable>>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (pilot, passenger) = flight();
        let result = Arc::new(Mutex::new(None));
        let place = Arc::clone(&result);
        let keep = move || *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(work());
        if let Err(full) = self.submit(pilot, keep) {
            return NowOrLater::now(Err(full));
        }
        NowOrLater::later(async move {
            passenger.await.map_err(unavailable)?;
            let mut result = result.lock().unwrap_or_else(PoisonError::into_inner);
            result.take().ok_or_else(|| unavailable(NoResult::Dropped))
        })
    }

    /// Runs `work`, and gives the answer to whoever waits with `pilot`.
    pub(super) fn submit<T, F>(&self, pilot: Leader<T>, work: F) -> Result<(), Unavailable>
    where
        T: Clone + Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let pushed = self.0.queue.push(Box::new(HashingTask { pilot, work }));
        pushed.map_err(|_| self.busy("the queue of password hashes is full"))
    }

    /// The work that waits for a thread.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.queue.len()
    }

    /// Its threads.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.0.threads
    }

    fn busy(&self, why: &'static str) -> Unavailable {
        let busy = Unavailable::new(why).retry_after(self.0.queue.deadline());
        busy.not_compared()
    }
}

/// What one who waited in vain is told.
pub(super) fn unavailable(why: NoResult) -> Unavailable {
    match why {
        NoResult::Late => {
            let late = Unavailable::new("a password hash could not begin in time");
            late.retry_after(Duration::from_secs(1)).not_compared()
        }
        NoResult::Dropped => Unavailable::new("a password hash came to no end"),
    }
}

/// Work, and who waits for it.
struct HashingTask<T: Clone, F> {
    pilot: Leader<T>,
    work: F,
}

impl<T, F> PoolWork for HashingTask<T, F>
where
    T: Clone + Send,
    F: FnOnce() -> T + Send,
{
    fn is_wanted(&self) -> bool {
        self.pilot.is_wanted()
    }

    /// A panic drops the pilot, which tells everybody.
    fn begin(self: Box<Self>) {
        let Self { pilot, work } = *self;
        pilot.land(work());
    }

    fn come_too_late(self: Box<Self>) {
        self.pilot.lose(NoResult::Late);
    }
}

/// What a thread does all day.
fn serve(queue: &WorkQueue) {
    // What is dropped unbegun is code of others, too. Whoever waits for what panics is told, and the hook has reported it.
    let one = || queue.next().map(PoolWork::begin).is_some();
    while catch_unwind(AssertUnwindSafe(one)).unwrap_or(true) {}
}

/// Tunes a [`HashingPool`].
#[derive(Clone, Debug)]
pub struct HashingPoolBuilder {
    threads: usize,
    queue: usize,
    deadline: Duration,
    niceness: u8,
    clock: Arc<dyn Clock>,
}

impl HashingPoolBuilder {
    /// As many threads.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// A queue of that length: 256 by default. It may be longer than what can begin in time, and should be: who waits for
    /// a deadline does not come back at once, as who finds no place does.
    #[must_use]
    pub const fn queue(mut self, length: usize) -> Self {
        self.queue = length;
        self
    }

    /// How long something may wait for a thread: a second by default.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How far the threads stand back for those that serve, from 0, not at all, to 19: 10 by default. It is added to what
    /// the process has.
    ///
    /// Where there are fewer processors than threads that want one, a flood of guesses then takes little from whoever is
    /// logged in, and a first login takes longer on a machine that is busy otherwise. It is the niceness of the thread on
    /// Linux, and has no effect on other systems.
    #[must_use]
    pub const fn niceness(mut self, niceness: u8) -> Self {
        self.niceness = niceness;
        self
    }

    /// Tells the time by `clock`.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Starts the threads, and one more that tells those who have waited too long.
    ///
    /// # Errors
    ///
    /// There are to be no threads, or nobody may wait; or the operating system starts no thread.
    pub fn build(self) -> Result<HashingPool, ConfigError> {
        if self.threads == 0 || self.queue == 0 {
            return Err(ConfigError::new(
                "a hashing pool needs a thread, and a place to wait for it",
            ));
        }
        let queue = Arc::new(WorkQueue::new(self.queue, self.deadline, self.clock));
        // From here on, dropping it ends the threads that have been started.
        let pool = HashingPool(Arc::new(QueueCloser {
            queue: Arc::clone(&queue),
            threads: self.threads,
        }));
        let niceness = self.niceness;
        for _ in 0..self.threads {
            start("password hash", &queue, move |queue| {
                niceness::stand_back(niceness);
                serve(queue);
            })?;
        }
        start("password hash deadline", &queue, WorkQueue::watch_deadlines)?;
        Ok(pool)
    }
}

fn start(
    name: &str,
    queue: &Arc<WorkQueue>,
    run: impl FnOnce(&WorkQueue) + Send + 'static,
) -> Result<(), ConfigError> {
    let queue = Arc::clone(queue);
    let thread = thread::Builder::new().name(name.to_owned());
    let started = thread.spawn(move || run(&queue));
    started.map(drop).map_err(|error| {
        ConfigError::new(format!(
            "a thread to hash passwords does not start: {error}"
        ))
    })
}

impl Drop for QueueCloser {
    fn drop(&mut self) {
        self.queue.close();
    }
}

shows! { impl[] HashingPool[] as self { threads: self.threads(), waiting: self.waiting() } }
