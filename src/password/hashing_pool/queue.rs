//! The bounded queue of a hashing pool, with a deadline for all work in it.

use std::collections::VecDeque;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// Work for a thread of the pool.
pub(super) trait PoolWork: Send {
    /// Whether a caller still waits for the result.
    fn has_waiters(&self) -> bool;

    /// Runs the work and answers the callers.
    fn begin(self: Box<Self>);

    /// Tells the callers that the deadline passed before the work began.
    fn expire(self: Box<Self>);
}

/// A bounded queue, first come, first served.
pub(super) struct WorkQueue {
    state: Mutex<QueueState>,
    /// Notified when work is pushed, and when the queue is closed. The threads of the pool wait for it.
    work: Condvar,
    /// Notified when the queue is no longer empty, and when it is closed. The thread that watches the deadlines waits
    /// for it.
    head: Condvar,
    length: usize,
    deadline: Duration,
    clock: Arc<dyn Clock>,
}

struct QueueState {
    waiting: VecDeque<QueuedWork>,
    open: bool,
}

impl QueueState {
    /// Removes the first work of the queue and returns it, if its deadline passed before `now`.
    fn take_late(&mut self, now: Duration) -> Option<Box<dyn PoolWork>> {
        let is_late = self.waiting.front().is_some_and(|queued| queued.due < now);
        let late = is_late.then(|| self.waiting.pop_front()).flatten();
        late.map(|queued| queued.work)
    }

    /// If the queue is full, removes and returns the work that no caller waits for any more. Otherwise a client that
    /// sends requests and disconnects at once could keep the queue full.
    ///
    /// The caller must drop the returned work after it releases the lock, because its destructors run foreign code.
    fn take_abandoned(&mut self, length: usize) -> Vec<QueuedWork> {
        if self.waiting.len() < length {
            return Vec::new();
        }
        let all = mem::take(&mut self.waiting);
        let (wanted, abandoned) = all
            .into_iter()
            .partition(|queued| queued.work.has_waiters());
        self.waiting = wanted;
        abandoned.into()
    }
}

struct QueuedWork {
    /// The last moment at which the work may begin. All work has the same deadline, so the first in the queue is due
    /// first.
    due: Duration,
    work: Box<dyn PoolWork>,
}

/// The decision about the first work of the queue.
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
                waiting: VecDeque::new(),
                open: true,
            }),
            work: Condvar::new(),
            head: Condvar::new(),
            length,
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

    /// Adds `work` at the end. Returns it if the queue is full or closed.
    pub(super) fn push(&self, work: Box<dyn PoolWork>) -> Result<(), Box<dyn PoolWork>> {
        let due = self.clock.monotonic().saturating_add(self.deadline);
        let mut state = self.state();
        let abandoned = state.take_abandoned(self.length);
        if state.waiting.len() >= self.length || !state.open {
            drop(state);
            return Err(work);
        }
        state.waiting.push_back(QueuedWork { due, work });
        let first = state.waiting.len() == 1;
        drop(state);
        drop(abandoned);
        self.work.notify_one();
        if first {
            self.head.notify_one();
        }
        Ok(())
    }

    /// Waits for work that may begin. Returns `None` when the queue is closed and empty.
    pub(super) fn next(&self) -> Option<Box<dyn PoolWork>> {
        loop {
            // The lock is free here. Wakers and destructors run foreign code, which must not run under the lock.
            match self.first()? {
                QueueHead::Ready(work) => return Some(work),
                QueueHead::Late(work) => work.expire(),
                QueueHead::Abandoned(work) => drop(work),
            }
        }
    }

    fn first(&self) -> Option<QueueHead> {
        let mut state = self.state();
        loop {
            if let Some(queued) = state.waiting.pop_front() {
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
            // The work holds values of the caller. If the destructor of one panics, this thread has to go on.
            let _ = catch_unwind(AssertUnwindSafe(|| late.expire()));
            state = self.state();
        }
    }

    /// Waits until the first work of the queue is due. If the queue is empty, waits until it has work or is closed.
    fn wait_for_head<'l>(
        &self,
        state: MutexGuard<'l, QueueState>,
        now: Duration,
    ) -> MutexGuard<'l, QueueState> {
        let Some(first) = state.waiting.front() else {
            return self
                .head
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        };
        // Adds a millisecond to the rest of the deadline, because work is late only after its deadline.
        let due = first.due.saturating_sub(now);
        let timeout = due.saturating_add(Duration::from_millis(1));
        let woken = self.head.wait_timeout(state, timeout);
        woken.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Closes the queue, so that the threads end. Work that has not begun is dropped, which tells its callers.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.open = false;
        let waiting = mem::take(&mut state.waiting);
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
