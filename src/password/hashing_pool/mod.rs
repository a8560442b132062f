//! A pool of threads that compute password hashes, so that the threads that serve requests do not.

mod fair_queue;
#[cfg_attr(target_os = "linux", path = "niceness/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "niceness/elsewhere.rs")]
mod niceness;
mod queue;
#[cfg(test)]
mod tests_of_fairness;

use std::collections::hash_map::RandomState;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use self::fair_queue::WorkOrigin;
use self::queue::{PoolWork, WorkQueue};
use crate::client::IpNetwork;
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::now_or_later::NowOrLater;
use crate::single_flight::{Leader, NoResult, computation};
use crate::unavailable::Unavailable;

/// Computes password hashes on a fixed number of threads, with a bounded queue in front of them.
///
/// A clone shares the pool. The threads end when the last clone is dropped.
///
/// # Overload
///
/// Work is answered [`Unavailable`] if it has no place in the queue, or if it cannot begin before the
/// [deadline](HashingPoolBuilder::deadline). The server then answers `503` with `Retry-After`. So a flood of wrong
/// passwords keeps only the threads of the pool busy, and no caller waits longer than the deadline and one hash.
///
/// # Turns
///
/// The pool serves accounts and networks in turn, and not requests in the order of their arrival. A network is one IPv4
/// address or an IPv6 /64. For example, an attacker sends guesses for the account `ada` over 400 connections. When grace
/// logs in for the first time, her password is computed after the guess that is under way, and not after 400: the account
/// `ada` has one turn, and `grace` has the next one. It is the same if she shares the address of the attacker. If the
/// attacker guesses for many accounts from one address, or from many addresses for one account, at most three guesses
/// come before. If ada herself logs in from another network than the attacker's, at most one guess comes before her
/// password.
///
/// An attacker who names N accounts from M networks has N turns of one hash each at the accounts, and M at the networks.
/// So a first login waits for at most 2 × min(N, M) + 1 guesses on a pool of one thread. From the network of an attacker
/// who uses no other, it waits for at most N guesses. For example, bcrypt with cost 12 takes 234 ms. With one account or
/// one network, it begins after 0.9 seconds at most: one hash is under way, and three guesses come before. With three
/// accounts and three networks it may wait 1.9 seconds, miss the deadline of one second, and succeed when the client
/// tries again.
///
/// A [throttle](crate::throttle) does not change the order. It bounds how long such a flood lasts: an attempt that the
/// throttle refuses never comes to the pool. `FailureThrottle` lets one address fail 50 times, and 5 times at one account.
/// After that, the address has four turns in an hour, however many accounts it names.
///
/// If the queue is full, new work takes a place from the account and the network that have most of its places, and that
/// work is answered [`Unavailable`]. The queue is bounded by its length alone: no client can make it grow.
///
/// Schemes tell the pool the account and the network through
/// [`VerifyPassword::verify_for`](crate::password::VerifyPassword::verify_for). In your own code, use
/// [`run_for`](Self::run_for).
///
/// # Work that callers abandon
///
/// Work that has begun is always finished, even if its caller disconnects. So a client cannot start more work by
/// disconnecting. Work whose last caller disconnects before it begins is never begun, and a full queue gives its place
/// to other work.
///
/// If work panics, the answer is [`Unavailable`], and the thread goes on.
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
/// assert_eq!(pool.run(|| 6 * 7).await.ok(), Some(42), "the thread survives the panic");
/// # });
/// ```
#[derive(Clone)]
pub struct HashingPool(Arc<QueueCloser>);

/// The queue is longer than the work that can begin within the deadline. Clients that wait in it for a second would
/// otherwise be refused at once, and could retry a thousand times in that second.
const DEFAULT_QUEUE: usize = 256;

/// On Linux, a hashing thread with this niceness gets about a third of the time of a thread that serves, when both
/// compete for one processor.
const DEFAULT_NICENESS: u8 = 5;

/// Closes the queue when the last [`HashingPool`] is dropped. The threads hold the queue and not this, so they do not
/// keep the pool alive.
struct QueueCloser {
    queue: Arc<WorkQueue>,
    threads: usize,
    /// The keys under which accounts and networks are hashed.
    origin_keys: RandomState,
}

impl HashingPool {
    /// Starts a pool with half as many threads as there are processors (rounded up), a queue of 256, and a deadline of
    /// one second. The other half of the processors is left for serving requests.
    ///
    /// # Errors
    ///
    /// The operating system could not start a thread.
    pub fn new() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// Creates a builder with the settings of [`new`](Self::new).
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

    /// Runs `work` on a thread of the pool. The returned future has the result.
    ///
    /// All work that comes through this method shares one turn. Use [`run_for`](Self::run_for) for the password of a
    /// client.
    ///
    /// # Errors
    ///
    /// The answer is an error if the queue is full, if the deadline passes before `work` begins, if `work` panics, or
    /// if the pool is dropped before `work` begins.
    pub fn run<T, F>(&self, work: F) -> NowOrLater<Result<T, Unavailable>>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.run_in_turn(self.origin(None, None), work)
    }

    /// Runs `work` as [`run`](Self::run) does, in the turn of an account and of a network.
    ///
    /// `account` is the name that the client claims, whether the account exists or not. `network` is that of the client,
    /// or `None` if it is not known: see [`Client::network`](crate::client::Client::network).
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::password::HashingPool;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let pool = HashingPool::new().expect("threads can be started");
    /// let network = "192.0.2.1/32".parse().ok();
    /// assert_eq!(pool.run_for("ada", network, || "a hash").await.ok(), Some("a hash"));
    /// let failed = pool.run_for("ada", None, || -> &str { panic!("oh no") });
    /// assert!(failed.await.is_err());
    /// # });
    /// ```
    pub fn run_for<T, F>(
        &self,
        account: &str,
        network: Option<IpNetwork>,
        work: F,
    ) -> NowOrLater<Result<T, Unavailable>>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.run_in_turn(self.origin(Some(account), network), work)
    }

    fn run_in_turn<T, F>(&self, origin: WorkOrigin, work: F) -> NowOrLater<Result<T, Unavailable>>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (leader, waiter) = computation();
        // A computation clones its answer for each waiter, but `T` may lack `Clone`. So the answer is `()`, and the
        // result is stored here.
        let result = Arc::new(Mutex::new(None));
        let shared = Arc::clone(&result);
        let keep = move || *shared.lock().unwrap_or_else(PoisonError::into_inner) = Some(work());
        if let Err(full) = self.submit(origin, leader, keep) {
            return NowOrLater::now(Err(full));
        }
        let unavailable = self.unavailable();
        NowOrLater::later(async move {
            waiter.await.map_err(unavailable)?;
            let mut result = result.lock().unwrap_or_else(PoisonError::into_inner);
            result.take().ok_or_else(|| unavailable(NoResult::Dropped))
        })
    }

    /// Returns the turn of an account and of a network.
    pub(super) fn origin(&self, account: Option<&str>, network: Option<IpNetwork>) -> WorkOrigin {
        WorkOrigin::new(&self.0.origin_keys, account, network)
    }

    /// Queues `work`, whose answer `leader` gives to its waiters.
    pub(super) fn submit<T, F>(
        &self,
        origin: WorkOrigin,
        leader: Leader<T>,
        work: F,
    ) -> Result<(), Unavailable>
    where
        T: Clone + Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let task = Box::new(HashingTask { leader, work });
        let pushed = self.0.queue.push(origin, task);
        pushed.map_err(|_| self.unavailable()(NoResult::Displaced))
    }

    /// How much work waits in the queue now. The work that has begun does not count.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.queue.len()
    }

    /// How many threads the pool has.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.0.threads
    }

    /// Returns a function that makes the error for work that gave no answer. It does not keep the pool alive.
    ///
    /// If no hash was computed, a throttle can give the attempt back.
    pub(super) fn unavailable(&self) -> impl Fn(NoResult) -> Unavailable + Copy + use<> {
        let deadline = self.0.queue.deadline();
        move |why| match why {
            NoResult::Displaced => {
                let full = Unavailable::new("the password hashing queue is full");
                full.retry_after(deadline).not_compared()
            }
            NoResult::Late => {
                let late = Unavailable::new("timed out waiting for a password hashing thread");
                late.retry_after(Duration::from_secs(1)).not_compared()
            }
            NoResult::Dropped => Unavailable::new("the password hash computation failed"),
        }
    }
}

/// Work, and the leader that gives its answer to the waiters.
struct HashingTask<T: Clone, F> {
    leader: Leader<T>,
    work: F,
}

impl<T, F> PoolWork for HashingTask<T, F>
where
    T: Clone + Send,
    F: FnOnce() -> T + Send,
{
    fn has_waiters(&self) -> bool {
        self.leader.has_waiters()
    }

    /// If the work panics, the leader is dropped, which tells all waiters.
    fn begin(self: Box<Self>) {
        let Self { leader, work } = *self;
        leader.complete(work());
    }

    fn fail(self: Box<Self>, why: NoResult) {
        self.leader.fail(why);
    }
}

/// The loop of a thread of the pool: runs work until the queue is closed.
fn serve(queue: &WorkQueue) {
    // Work can panic when it runs, and its destructor can panic when it is dropped before it began. Neither may end the
    // thread. The leader tells the waiters, and the panic hook has reported the panic.
    let one = || queue.next().map(PoolWork::begin).is_some();
    while catch_unwind(AssertUnwindSafe(one)).unwrap_or(true) {}
}

/// Builds a [`HashingPool`]. Create it with [`HashingPool::builder`].
#[derive(Clone, Debug)]
pub struct HashingPoolBuilder {
    threads: usize,
    queue: usize,
    deadline: Duration,
    niceness: u8,
    clock: Arc<dyn Clock>,
}

impl HashingPoolBuilder {
    /// Sets the number of threads. The default is half the number of processors, rounded up.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Sets the length of the queue. The default is 256.
    ///
    /// The queue should be longer than the work that can begin within the deadline. A client that waits in the queue
    /// until the deadline sends no other request in that time. A client that finds the queue full can retry at once.
    #[must_use]
    pub const fn queue(mut self, length: usize) -> Self {
        self.queue = length;
        self
    }

    /// Sets how long work may wait for a thread. The default is one second.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets how much the threads give way to the threads that serve requests, from 0 (not at all) to 19. The default is
    /// 5.
    ///
    /// On Linux, it is added to the niceness that the process already has. It has no effect on other systems.
    ///
    /// It matters when more threads are ready to run than there are processors. A flood of guesses then takes little
    /// time from users who are logged in. In return, a first login takes longer on a busy machine: about three times as
    /// long with 10 as with 0 where seven threads compete for each processor, and less than twice as long with 5.
    #[must_use]
    pub const fn niceness(mut self, niceness: u8) -> Self {
        self.niceness = niceness;
        self
    }

    /// Measures the deadline with the monotonic time of `clock`.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Starts the threads of the pool, and one more thread that answers callers whose deadline has passed.
    ///
    /// # Errors
    ///
    /// The number of threads or the length of the queue is 0, or the operating system could not start a thread.
    pub fn build(self) -> Result<HashingPool, ConfigError> {
        if self.threads == 0 || self.queue == 0 {
            return Err(ConfigError::new(
                "a hashing pool needs at least one thread and a queue of at least one place",
            ));
        }
        let queue = Arc::new(WorkQueue::new(self.queue, self.deadline, self.clock));
        // Created before the threads: if a later thread cannot be started, dropping it ends those that were started.
        let pool = HashingPool(Arc::new(QueueCloser {
            queue: Arc::clone(&queue),
            threads: self.threads,
            origin_keys: RandomState::new(),
        }));
        let niceness = self.niceness;
        for _ in 0..self.threads {
            start("password hash", &queue, move |queue| {
                niceness::lower_priority(niceness);
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
        ConfigError::new(format!("cannot start a password hashing thread: {error}"))
    })
}

impl Drop for QueueCloser {
    fn drop(&mut self) {
        self.queue.close();
    }
}

shows! { impl[] HashingPool[] as self { threads: self.threads(), waiting: self.waiting() } }
