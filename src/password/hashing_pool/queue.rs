//! The bounded queue of a hashing pool, with a deadline for all work in it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::fair_queue::{FairQueue, WorkOrigin};
use crate::clock::Clock;
use crate::single_flight::NoResult;

/// Work for a thread of the pool.
pub(super) trait PoolWork: Send {
    /// Whether a caller still waits for the result.
    fn has_waiters(&self) -> bool;

    /// Runs the work and answers the callers.
    fn begin(self: Box<Self>);

    /// Tells the callers that the work does not begin, and why.
    fn fail(self: Box<Self>, why: NoResult);
}

/// A bounded queue, in which each account and each network has its turn: see [`FairQueue`].
pub(super) struct WorkQueue {
    state: Mutex<QueueState>,
    /// Notified when work is pushed, and when the queue is closed. The threads of the pool wait for it.
    work: Condvar,
    /// Notified when the queue is no longer empty, and when it is closed. The thread that watches the deadlines waits
    /// for it.
    head: Condvar,
    deadline: Duration,
    clock: Arc<dyn Clock>,
}

struct QueueState {
    waiting: FairQueue<QueuedWork>,
    open: bool,
}

impl QueueState {
    /// Removes the oldest work and returns it, if its deadline passed before `now`.
    fn take_late(&mut self, now: Duration) -> Option<Box<dyn PoolWork>> {
        let is_late = self.waiting.oldest().is_some_and(|oldest| oldest.due < now);
        let late = is_late.then(|| self.waiting.pop_oldest()).flatten();
        late.map(|queued| queued.work)
    }

    /// If the queue is full, removes and returns the work that no caller waits for any more. Otherwise a client that
    /// sends requests and disconnects at once could keep the queue full.
    ///
    /// The caller must drop the returned work after it releases the lock, because its destructors run foreign code.
    fn take_abandoned(&mut self) -> Vec<QueuedWork> {
        match self.waiting.is_full() {
            true => self
                .waiting
                .take_unwanted(|queued| queued.work.has_waiters()),
            false => Vec::new(),
        }
    }
}

struct QueuedWork {
    /// The last moment at which the work may begin. All work has the same deadline, so the oldest is due first.
    due: Duration,
    work: Box<dyn PoolWork>,
}

/// The decision about the work whose turn it is.
enum QueueHead {
    /// The work may begin.
    Ready(Box<dyn PoolWork>),
    /// Its deadline has passed.
    Late(Box<dyn PoolWork>),
    /// No caller waits for it any more.
    Abandoned(Box<dyn PoolWork>),
}

impl WorkQueue {
    pub(super) fn new(length: usize, deadline: Duration, clock: Arc<dyn Clock>) -> Self {
        Self {
            state: Mutex::new(QueueState {
                waiting: FairQueue::new(length),
                open: true,
            }),
            work: Condvar::new(),
            head: Condvar::new(),
            deadline,
            clock,
        }
    }

    pub(super) const fn deadline(&self) -> Duration {
        self.deadline
    }

    pub(super) fn len(&self) -> usize {
        self.state().waiting.len()
    }

    /// Adds `work` at the end of the line of `origin`. Returns it if the queue is closed, or if it is full and the line
    /// has the largest share of it. If another line has a larger share, the last work of that line is displaced.
    pub(super) fn push(
        &self,
        origin: WorkOrigin,
        work: Box<dyn PoolWork>,
    ) -> Result<(), Box<dyn PoolWork>> {
        let due = self.clock.monotonic().saturating_add(self.deadline);
        let mut state = self.state();
        if !state.open {
            return Err(work);
        }
        let abandoned = state.take_abandoned();
        let pushed = state.waiting.push(origin, QueuedWork { due, work });
        let first = state.waiting.len() == 1;
        drop(state);
        discard(|| drop(abandoned));
        let displaced = pushed.map_err(|refused| refused.work)?;
        self.work.notify_one();
        if first {
            self.head.notify_one();
        }
        if let Some(displaced) = displaced {
            discard(|| displaced.work.fail(NoResult::Displaced));
        }
        Ok(())
    }

    /// Waits for work that may begin. Returns `None` when the queue is closed and empty.
    pub(super) fn next(&self) -> Option<Box<dyn PoolWork>> {
        loop {
            // The lock is free here. Wakers and destructors run foreign code, which must not run under the lock.
            match self.first()? {
                QueueHead::Ready(work) => return Some(work),
                QueueHead::Late(work) => work.fail(NoResult::Late),
                QueueHead::Abandoned(work) => drop(work),
            }
        }
    }

    fn first(&self) -> Option<QueueHead> {
        let mut state = self.state();
        loop {
            if let Some(queued) = state.waiting.pop() {
                return Some(self.judge(queued));
            }
            if !state.open {
                return None;
            }
            state = self
                .work
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn judge(&self, QueuedWork { due, work }: QueuedWork) -> QueueHead {
        if !work.has_waiters() {
            return QueueHead::Abandoned(work);
        }
        if due < self.clock.monotonic() {
            return QueueHead::Late(work);
        }
        QueueHead::Ready(work)
    }

    /// Answers callers whose deadline has passed, until the queue is closed. The threads of the pool cannot do that
    /// while all of them are busy.
    pub(super) fn watch_deadlines(&self) {
        let mut state = self.state();
        while state.open {
            let now = self.clock.monotonic();
            let Some(late) = state.take_late(now) else {
                state = self.wait_for_head(state, now);
                continue;
            };
            drop(state);
            discard(|| late.fail(NoResult::Late));
            state = self.state();
        }
    }

    /// Waits until the oldest work is due. If the queue is empty, waits until it has work or is closed.
    fn wait_for_head<'l>(
        &self,
        state: MutexGuard<'l, QueueState>,
        now: Duration,
    ) -> MutexGuard<'l, QueueState> {
        let Some(oldest) = state.waiting.oldest() else {
            return self
                .head
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        };
        // Adds a millisecond to the rest of the deadline, because work is late only after its deadline.
        let due = oldest.due.saturating_sub(now);
        let timeout = due.saturating_add(Duration::from_millis(1));
        let woken = self.head.wait_timeout(state, timeout);
        woken.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Closes the queue, so that the threads end. Work that has not begun is dropped, which tells its callers.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.open = false;
        let waiting = state.waiting.take_unwanted(|_| false);
        drop(state);
        self.work.notify_all();
        self.head.notify_all();
        drop(waiting);
    }

    /// Locks the state. A poisoned lock is used as it is: no step leaves the state half changed.
    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls `discard`, which drops work. The work holds values of its caller. If the destructor of one panics, the calling
/// thread goes on, because the work of that caller is not its own.
fn discard(discard: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(discard));
}
