//! Which work is next, and which work is dropped when the queue is full?
//!
//! Work waits in lines. A line holds the work for one account that came from one network, in the order of its arrival.
//! The queue takes its turns alternately by account and by network. In a turn by account, the account is served that has
//! waited longest since it was served last or came to the queue. If it has several lines, because several networks name
//! it, the line is served that has waited longest. A turn by network chooses a network in the same way, and then one of
//! its lines.
//!
//! A turn by network also counts as a turn of the account, if the account would have chosen the same line. Otherwise
//! it does not count: an attacker could use up the turns of an account from one network, and the turns of another network
//! with another account, and the account would never be served in that other network. The same holds the other way
//! round.
//!
//! So an attacker who guesses the password of one account, or guesses from one network, has one turn beside the turn of
//! each other account and network, with one connection as with four hundred.
//!
//! # The bound
//!
//! Let work for N accounts from M networks wait when work for another account comes from another network. At most
//! `2 * min(N, M) + 1` works are taken before that work, because each turn by account serves an account that waited
//! before, and none of them twice. The same holds for networks. If all work comes from one network, then each turn serves
//! the account that has waited longest, and at most N works are taken before.
//!
//! # When the queue is full
//!
//! New work takes the place of the last work in the line with the largest share of the queue. For example, an attacker's
//! 400 connections fill the queue, and a user's request takes one of their places. The attacker's next request has the
//! largest share itself and is not let in. Only an attacker who has about as many accounts and as many networks as the queue
//! has places can keep others out. There are never more lines, accounts and networks than works, so a client cannot make
//! the memory grow.
//!
//! Each step reads all lines, of which there are at most as many as the queue has places. With 256 lines that takes some
//! microseconds, and a hash takes a thousand times longer.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::mem;

/// The account and the network for which work is done.
///
/// Both are hashes under a random key. So the name of an account takes no memory here, however long it is, and a client
/// cannot find another name with the same hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::password) struct WorkOrigin {
    account: u64,
    network: u64,
}

impl WorkOrigin {
    pub(super) fn new(keys: &impl BuildHasher, account: impl Hash, network: impl Hash) -> Self {
        Self {
            account: keys.hash_one(account),
            network: keys.hash_one(network),
        }
    }
}

/// A bounded queue that serves accounts and networks in turn.
pub(super) struct FairQueue<T> {
    lines: Vec<WaitingLine<T>>,
    accounts: TurnRecords,
    networks: TurnRecords,
    /// How much work waits in all lines.
    len: usize,
    /// How much work may wait.
    capacity: usize,
    turns: u64,
    arrivals: u64,
    /// Whether the next turn is by network.
    is_by_network: bool,
}

/// The work for one account from one network. A line without work is removed.
struct WaitingLine<T> {
    origin: WorkOrigin,
    /// When it was served last, or when it began.
    since: TurnTime,
    /// The work, with the number of its arrival.
    work: VecDeque<(u64, T)>,
}

impl<T> FairQueue<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            lines: Vec::new(),
            accounts: TurnRecords::default(),
            networks: TurnRecords::default(),
            len: 0,
            capacity,
            turns: 0,
            arrivals: 0,
            is_by_network: false,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn is_full(&self) -> bool {
        self.len >= self.capacity
    }

    /// Adds `work` at the end of its line.
    ///
    /// If the queue is full, the last work of the line with the largest share is dropped, and returned as `Ok`. If the
    /// line of `work` itself has the largest share, `work` is returned as `Err`.
    pub(super) fn push(&mut self, origin: WorkOrigin, work: T) -> Result<Option<T>, T> {
        self.arrivals += 1;
        let now = TurnTime {
            turn: self.turns,
            arrival: self.arrivals,
        };
        self.accounts.enter(origin.account, now);
        self.networks.enter(origin.network, now);
        self.len += 1;
        let mut dropped = None;
        if self.len > self.capacity {
            dropped = self.drop_last_of_largest(self.share(origin));
            if dropped.is_none() {
                self.leave(origin);
                return Err(work);
            }
        }
        self.line_of(origin, now).push_back((now.arrival, work));
        Ok(dropped)
    }

    /// Removes the work whose turn it is.
    pub(super) fn pop(&mut self) -> Option<T> {
        let indices = 0..self.lines.len();
        let next = indices.min_by_key(|index| self.rank(&self.lines[*index]))?;
        self.is_by_network = !self.is_by_network;
        self.count_turn(next);
        self.take(next, VecDeque::pop_front)
    }

    /// Puts a line behind all others. Does the same with its account and with its network, if the line is the one that
    /// has waited longest for them.
    fn count_turn(&mut self, index: usize) {
        self.turns += 1;
        let now = TurnTime::served(self.turns);
        let WaitingLine { origin, since, .. } = self.lines[index];
        let older = self.lines.iter().filter(|other| other.since < since);
        let (mut account_is_due, mut network_is_due) = (true, true);
        for other in older {
            account_is_due &= other.origin.account != origin.account;
            network_is_due &= other.origin.network != origin.network;
        }
        if account_is_due {
            self.accounts.serve(origin.account, now);
        }
        if network_is_due {
            self.networks.serve(origin.network, now);
        }
        self.lines[index].since = now;
    }

    /// Returns the work that arrived first, which need not be the work whose turn it is.
    pub(super) fn oldest(&self) -> Option<&T> {
        let oldest = self.lines[self.index_of_oldest()?].work.front();
        oldest.map(|(_, work)| work)
    }

    /// Removes the work that arrived first.
    pub(super) fn pop_oldest(&mut self) -> Option<T> {
        self.take(self.index_of_oldest()?, VecDeque::pop_front)
    }

    /// Removes all work of which `is_wanted` says `false`.
    pub(super) fn take_unwanted(&mut self, is_wanted: impl Fn(&T) -> bool) -> Vec<T> {
        let mut all_unwanted = Vec::new();
        for index in (0..self.lines.len()).rev() {
            let line = &mut self.lines[index];
            let work = mem::take(&mut line.work).into_iter();
            let (wanted, unwanted): (VecDeque<_>, VecDeque<_>) =
                work.partition(|(_, work)| is_wanted(work));
            let (origin, is_empty) = (line.origin, wanted.is_empty());
            line.work = wanted;
            if is_empty {
                self.lines.swap_remove(index);
            }
            for (_, work) in unwanted {
                self.leave(origin);
                all_unwanted.push(work);
            }
        }
        all_unwanted
    }

    /// The order of a line in this turn. The line with the smallest rank is served.
    fn rank(&self, line: &WaitingLine<T>) -> (TurnTime, TurnTime) {
        let since = match self.is_by_network {
            true => self.networks.since(line.origin.network),
            false => self.accounts.since(line.origin.account),
        };
        (since, line.since)
    }

    /// How much of the queue the account and the network have together.
    fn share(&self, origin: WorkOrigin) -> usize {
        let account = self.accounts.waiting(origin.account);
        account.saturating_add(self.networks.waiting(origin.network))
    }

    /// Drops the last work of the line with the largest share, if that is larger than `share`.
    fn drop_last_of_largest(&mut self, share: usize) -> Option<T> {
        let indices = 0..self.lines.len();
        let shares = indices.map(|index| (self.share(self.lines[index].origin), index));
        let (_, largest) = shares.max().filter(|(largest, _)| *largest > share)?;
        self.take(largest, VecDeque::pop_back)
    }

    fn index_of_oldest(&self) -> Option<usize> {
        let arrival = |index: &usize| self.lines[*index].work.front().map(|(arrival, _)| *arrival);
        (0..self.lines.len()).min_by_key(arrival)
    }

    /// Takes work out of a line with `take`, and removes the line if it is empty then.
    fn take(
        &mut self,
        index: usize,
        take: impl FnOnce(&mut VecDeque<(u64, T)>) -> Option<(u64, T)>,
    ) -> Option<T> {
        let line = &mut self.lines[index];
        let (_, work) = take(&mut line.work)?;
        let (origin, is_empty) = (line.origin, line.work.is_empty());
        if is_empty {
            self.lines.swap_remove(index);
        }
        self.leave(origin);
        Some(work)
    }

    /// Forgets one work of an account and of a network.
    fn leave(&mut self, origin: WorkOrigin) {
        self.accounts.leave(origin.account);
        self.networks.leave(origin.network);
        self.len -= 1;
    }

    /// Returns the work of a line. If there is no such line, it begins now.
    fn line_of(&mut self, origin: WorkOrigin, now: TurnTime) -> &mut VecDeque<(u64, T)> {
        let known = self.lines.iter().position(|line| line.origin == origin);
        let index = known.unwrap_or_else(|| {
            self.lines.push(WaitingLine {
                origin,
                since: now,
                work: VecDeque::new(),
            });
            self.lines.len() - 1
        });
        &mut self.lines[index].work
    }
}

/// A moment in the order of turns and arrivals.
///
/// Work that arrives while the work of a turn is being computed comes before the account of that turn. So a first login
/// waits for the guess that is under way, and not for the next one.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct TurnTime {
    turn: u64,
    arrival: u64,
}

impl TurnTime {
    const fn served(turn: u64) -> Self {
        let arrival = u64::MAX;
        Self { turn, arrival }
    }
}

/// The turns of all accounts that have work in the queue, or of all networks.
#[derive(Default)]
struct TurnRecords(HashMap<u64, TurnRecord>);

struct TurnRecord {
    /// When it was served last, or when it came to the queue.
    since: TurnTime,
    /// How much work waits for it.
    waiting: usize,
}

impl TurnRecords {
    fn since(&self, key: u64) -> TurnTime {
        let record = self.0.get(&key);
        record.map_or_else(TurnTime::default, |record| record.since)
    }

    fn waiting(&self, key: u64) -> usize {
        self.0.get(&key).map_or(0, |record| record.waiting)
    }

    /// Counts one more work.
    fn enter(&mut self, key: u64, now: TurnTime) {
        let new = TurnRecord {
            since: now,
            waiting: 0,
        };
        self.0.entry(key).or_insert(new).waiting += 1;
    }

    /// Puts the account behind all others.
    fn serve(&mut self, key: u64, now: TurnTime) {
        if let Some(record) = self.0.get_mut(&key) {
            record.since = now;
        }
    }

    /// Counts one work less. The record of an account without work is removed.
    fn leave(&mut self, key: u64) {
        if let Entry::Occupied(mut record) = self.0.entry(key) {
            record.get_mut().waiting -= 1;
            if record.get().waiting == 0 {
                record.remove();
            }
        }
    }
}
