//! What one lock guards: some of the keys, and when each may be forgotten.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::binary_heap::{BinaryHeap, PeekMut};
use std::time::Duration;

use super::Octets;
use super::spread::Spread;
use super::uses::{Use, Uses};
use crate::store::Claim;

/// How many expired keys a new one clears away. More than the one it adds, so that a shard empties while it is used;
/// few, so that no caller pays for a whole generation of them.
const CLEARED_BY_EACH: u32 = 4;

/// A bounded table of keys. Whoever has `&mut` to it makes one step at a time, which is all the atomicity there is.
pub(super) struct Shard {
    entries: HashMap<Octets, Entry, Spread>,
    /// Each key in `entries` once, under a time that is not later than its own.
    queue: BinaryHeap<Reverse<(Duration, Octets)>>,
    capacity: usize,
}

#[derive(Default)]
struct Entry {
    /// The last moment at which the key is remembered.
    until: Duration,
    uses: Uses,
}

impl Shard {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: HashMap::default(),
            queue: BinaryHeap::new(),
            capacity,
        }
    }

    /// The keys that are held, expired ones among them.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Claims one use of `key`; `None` if there is no room to remember it.
    pub(super) fn claim(
        &mut self,
        key: Octets,
        number: Use,
        now: Duration,
        until: Duration,
    ) -> Option<Claim> {
        if let Some(entry) = self.entries.get_mut(&key) {
            return Some(entry.claim(number, now, until));
        }
        self.make_room(now);
        (self.len() < self.capacity).then(|| self.insert(key, until).claim(number, now, until))
    }

    fn insert(&mut self, key: Octets, until: Duration) -> &mut Entry {
        self.queue.push(Reverse((until, key)));
        self.entries.entry(key).or_default()
    }

    /// Clears a few expired keys away, and goes on only while the table is full and one may have expired. A full table
    /// of live keys costs one look at the head of the queue.
    fn make_room(&mut self, now: Duration) {
        let mut cleared = 0;
        while cleared < CLEARED_BY_EACH || self.len() >= self.capacity {
            if !self.clear_earliest(now) {
                return;
            }
            cleared += 1;
        }
    }

    /// Forgets the key at the head of the queue if it has expired, or puts it back under the time to which it has been
    /// extended since. `false`: nothing has expired. A live key is never forgotten.
    fn clear_earliest(&mut self, now: Duration) -> bool {
        let Some(mut head) = self.queue.peek_mut() else {
            return false;
        };
        let Reverse((due, key)) = *head;
        if due >= now {
            return false;
        }
        match self.entries.get(&key) {
            Some(entry) if entry.until >= now => *head = Reverse((entry.until, key)),
            _ => {
                PeekMut::pop(head);
                self.entries.remove(&key);
            }
        }
        true
    }
}

impl Entry {
    /// Claims one use, after which the key is remembered for as long as any claim has asked for.
    fn claim(&mut self, number: Use, now: Duration, until: Duration) -> Claim {
        if self.until < now {
            self.uses = Uses::default();
        }
        self.until = self.until.max(until);
        self.uses.claim(number)
    }
}
