//! What one lock guards: some of the keys, and when each may be forgotten.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::binary_heap::{BinaryHeap, PeekMut};
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::time::Duration;

use super::spread::{KeyBytes, KeyHasher};
use super::uses::{UseBits, UseNumber};
use crate::store::{Claim, ClaimHolder};

/// How many expired keys a new one clears away. More than the one it adds, so that a shard empties while it is used;
/// few, so that no caller pays for a whole generation of them.
const CLEARED_BY_EACH: u32 = 4;

/// A bounded table of keys. Whoever has `&mut` to it makes one step at a time, which is all the atomicity there is.
pub(super) struct KeyShard {
    entries: HashMap<KeyBytes, KeyEntry, KeyHasher>,
    /// Each key in `entries` once, under a time that is not later than its own.
    queue: BinaryHeap<Reverse<(Duration, KeyBytes)>>,
    /// How many of the keys each account holds.
    held: HashMap<ClaimHolder, usize, KeyHasher>,
    capacity: usize,
}

struct KeyEntry {
    /// The last moment at which the key is remembered.
    until: Duration,
    holder: ClaimHolder,
    uses: UseBits,
}

impl KeyShard {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: HashMap::default(),
            queue: BinaryHeap::new(),
            held: HashMap::default(),
            capacity,
        }
    }

    /// The keys that are held, expired ones among them.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Claims one use of `key`; `None` if there is no room for `holder` to remember it.
    pub(super) fn claim(
        &mut self,
        key: KeyBytes,
        holder: ClaimHolder,
        number: UseNumber,
        now: Duration,
        until: Duration,
    ) -> Option<Claim> {
        let kept = self.entries.get_mut(&key);
        if let Some(entry) = kept.filter(|entry| entry.until >= now) {
            return Some(entry.claim(number, now, until));
        }
        self.make_room(holder, now);
        self.has_room_for(holder)
            .then(|| self.insert(key, holder, until).claim(number, now, until))
    }

    /// The entry of a key that is new, or has expired and was not cleared away yet.
    fn insert(&mut self, key: KeyBytes, holder: ClaimHolder, until: Duration) -> &mut KeyEntry {
        match self.entries.entry(key) {
            Occupied(entry) => entry.into_mut(),
            Vacant(place) => {
                self.queue.push(Reverse((until, key)));
                *self.held.entry(holder).or_default() += 1;
                place.insert(KeyEntry {
                    until: Duration::ZERO,
                    holder,
                    uses: UseBits::default(),
                })
            }
        }
    }

    /// Whether an account holds fewer keys than there are places left. Below half full, every account does.
    fn has_room_for(&self, holder: ClaimHolder) -> bool {
        let left = self.capacity.saturating_sub(self.len());
        let held = || self.held.get(&holder).copied().unwrap_or(0);
        self.len() < left || held() < left
    }

    /// Clears a few expired keys away, and goes on only while there is no room for the account and one may have expired. A
    /// full table of live keys costs one look at the head of the queue.
    fn make_room(&mut self, holder: ClaimHolder, now: Duration) {
        let mut cleared = 0;
        while cleared < CLEARED_BY_EACH || !self.has_room_for(holder) {
            if !self.clear_earliest(now) {
                return;
            }
            cleared += 1;
        }
    }

    fn remove(&mut self, key: &KeyBytes) {
        let Some(entry) = self.entries.remove(key) else {
            return;
        };
        if let Occupied(mut held) = self.held.entry(entry.holder) {
            *held.get_mut() -= 1;
            if *held.get() == 0 {
                held.remove();
            }
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
                self.remove(&key);
            }
        }
        true
    }
}

impl KeyEntry {
    /// Claims one use, after which the key is remembered for as long as any claim has asked for.
    fn claim(&mut self, number: UseNumber, now: Duration, until: Duration) -> Claim {
        if self.until < now {
            self.uses = UseBits::default();
        }
        self.until = self.until.max(until);
        self.uses.claim(number)
    }
}
