//! What waits for a thread, and for how long it may.

use std::collections::VecDeque;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// Something to be done by a thread.
pub(super) trait PoolWork: Send {
    /// Whether anybody waits for it.
    fn is_wanted(&self) -> bool;

    fn begin(self: Box<Self>);

    fn come_too_late(self: Box<Self>);
}

/// A bounded queue, first come, first served.
pub(super) struct WorkQueue {
    line: Mutex<QueueState>,
    /// There is work, or no more will come.
    work: Condvar,
    /// The line is no longer empty, so that there is a deadline; or no more will come.
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
    /// Takes the first in line out, if it was due before `now`.
    fn take_late(&mut self, now: Duration) -> Option<Box<dyn PoolWork>> {
        let is_late = self.waiting.front().is_some_and(|place| place.due < now);
        let late = is_late.then(|| self.waiting.pop_front()).flatten();
        late.map(|place| place.work)
    }

    /// Once all of its `length` is taken, takes out what nobody waits for any more: who comes and goes at once must not
    /// keep those out who stay. To be dropped when the lock is free.
    fn clear_left(&mut self, length: usize) -> Vec<QueuedWork> {
        if self.waiting.len() < length {
            return Vec::new();
        }
        let all = mem::take(&mut self.waiting);
        let (stay, left) = all.into_iter().partition(|place| place.work.is_wanted());
        self.waiting = stay;
        left.into()
    }
}

struct QueuedWork {
    /// The last moment at which it may begin. All wait equally long, so that the first in line is due first.
    due: Duration,
    work: Box<dyn PoolWork>,
}

/// What comes of the first in line.
enum QueueHead {
    Begins(Box<dyn PoolWork>),
    IsLate(Box<dyn PoolWork>),
    /// Nobody waits for it any more.
    IsLeft(Box<dyn PoolWork>),
}

impl WorkQueue {
    pub(super) fn new(length: usize, deadline: Duration, clock: Arc<dyn Clock>) -> Self {
        Self {
            line: Mutex::new(QueueState {
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
        self.line().waiting.len()
    }

    /// Hands `work` back if there is no place.
    pub(super) fn push(&self, work: Box<dyn PoolWork>) -> Result<(), Box<dyn PoolWork>> {
        let due = self.clock.monotonic().saturating_add(self.deadline);
        let mut line = self.line();
        let left = line.clear_left(self.length);
        if line.waiting.len() >= self.length || !line.open {
            drop(line);
            return Err(work);
        }
        line.waiting.push_back(QueuedWork { due, work });
        let first = line.waiting.len() == 1;
        drop(line);
        drop(left);
        self.work.notify_one();
        if first {
            self.head.notify_one();
        }
        Ok(())
    }

    /// Waits for something to do; `None` when no more will come.
    pub(super) fn next(&self) -> Option<Box<dyn PoolWork>> {
        loop {
            // Whatever runs code of others, a waker or a destructor, runs when the lock is free.
            match self.first()? {
                QueueHead::Begins(work) => return Some(work),
                QueueHead::IsLate(work) => work.come_too_late(),
                QueueHead::IsLeft(work) => drop(work),
            }
        }
    }

    fn first(&self) -> Option<QueueHead> {
        let mut line = self.line();
        loop {
            if let Some(place) = line.waiting.pop_front() {
                return Some(self.judge(place));
            }
            if !line.open {
                return None;
            }
            line = self.work.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn judge(&self, QueuedWork { due, work }: QueuedWork) -> QueueHead {
        if !work.is_wanted() {
            return QueueHead::IsLeft(work);
        }
        if due < self.clock.monotonic() {
            return QueueHead::IsLate(work);
        }
        QueueHead::Begins(work)
    }

    /// Tells whoever has waited too long, while all threads are busy, until no more will come.
    pub(super) fn watch_deadlines(&self) {
        let mut line = self.line();
        while line.open {
            let now = self.clock.monotonic();
            let Some(late) = line.take_late(now) else {
                line = self.wait_for_head(line, now);
                continue;
            };
            drop(line);
            // It may drop what others have put into it, which must not end this thread.
            let _ = catch_unwind(AssertUnwindSafe(|| late.come_too_late()));
            line = self.line();
        }
    }

    /// Waits until the first in line is due, or there is one.
    fn wait_for_head<'l>(
        &self,
        line: MutexGuard<'l, QueueState>,
        now: Duration,
    ) -> MutexGuard<'l, QueueState> {
        let Some(first) = line.waiting.front() else {
            return self.head.wait(line).unwrap_or_else(PoisonError::into_inner);
        };
        // A little more than until then, so that it is past.
        let due = first.due.saturating_sub(now);
        let timeout = due.saturating_add(Duration::from_millis(1));
        let woken = self.head.wait_timeout(line, timeout);
        woken.unwrap_or_else(PoisonError::into_inner).0
    }

    /// No more will come, and what waits is dropped.
    pub(super) fn close(&self) {
        let mut line = self.line();
        line.open = false;
        let left = mem::take(&mut line.waiting);
        drop(line);
        self.work.notify_all();
        self.head.notify_all();
        drop(left);
    }

    /// No step leaves the line half changed, so a panic elsewhere does not matter.
    fn line(&self) -> MutexGuard<'_, QueueState> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
