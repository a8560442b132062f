//! The part of a replay store that one lock guards.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::binary_heap::{BinaryHeap, PeekMut};
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::time::Duration;

use super::spread::{KeyBytes, KeyHasher};
use super::uses::{UseBits, UseNumber};
use crate::store::{Claim, ClaimHolder};

/// How many expired keys a new key clears away. It is more than one, so that a shard empties while it is used. It is
/// small, so that no single caller clears away all expired keys.
const CLEARED_BY_EACH: u32 = 4;

/// A bounded table of keys. Only the holder of the lock has `&mut` to it, and that makes each step atomic.
pub(super) struct KeyShard {
    entries: HashMap<KeyBytes, KeyEntry, KeyHasher>,
    /// Each key in `entries` once, under a time that is not later than its `until`.
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

    /// The number of keys, including expired ones.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Claims one use of `key`. `None` if the shard has no room to remember a key of `holder`.
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

    /// Returns the entry of a key that is new, or has expired and was not cleared away yet.
    fn insert(&mut self, key: KeyBytes, holder: ClaimHolder, until: Duration) -> &mut KeyEntry {
        match self.entries.entry(key) {
            Occupied(entry) => entry.into_mut(),
            Vacant(entry) => {
                self.queue.push(Reverse((until, key)));
                *self.held.entry(holder).or_default() += 1;
                entry.insert(KeyEntry {
                    until: Duration::ZERO,
                    holder,
                    uses: UseBits::default(),
                })
            }
        }
    }

    /// Whether an account holds fewer keys than there are free places. While the shard is less than half full, every
    /// account does.
    fn has_room_for(&self, holder: ClaimHolder) -> bool {
        let left = self.capacity.saturating_sub(self.len());
        let held = || self.held.get(&holder).copied().unwrap_or(0);
        self.len() < left || held() < left
    }

    /// Clears a few expired keys away. It goes on only while the account has no room and the first key in the queue may
    /// have expired. So a full table of live keys costs one look at that key.
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

    /// Forgets the first key in the queue if it has expired. If a claim has extended its time since, puts it back under
    /// the later time. Returns `false` if no key in the queue is due. It never forgets a live key.
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
    /// Claims one use. The key is then remembered for as long as the longest claim has asked for.
    fn claim(&mut self, number: UseNumber, now: Duration, until: Duration) -> Claim {
        if self.until < now {
            self.uses = UseBits::default();
        }
        self.until = self.until.max(until);
        self.uses.claim(number)
    }
}
