//! What one lock guards: some of the keys, and the places that the others share.

use super::Octets;
use super::allowance::Allowances;
use super::counter::{Counter, moment};
use crate::store::{Budget, Reserved, Settlement};

/// The places that a key may have of its own.
pub(super) const WAYS: usize = 8;

/// A fixed number of places. Whoever has `&mut` to it makes one step at a time, which is all the atomicity there is.
pub(super) struct Stripe {
    own: Box<[[Line; WAYS]]>,
    shared: Box<[Counter]>,
    allowances: Box<[Allowances]>,
    /// The number of the last attempt. No two of a stripe have the same, whatever is forgotten between them.
    last: u64,
}

/// A place that one key has to itself, as long as its count is live.
#[derive(Clone, Copy)]
struct Line {
    key: Octets,
    counter: Counter,
}

/// Where an attempt is counted. The number of the attempt says so, when it is settled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Own = 0,
    Shared = 1,
    Allowance = 2,
}

impl Stripe {
    pub(super) fn new(own: usize, shared: usize, allowances: usize) -> Self {
        let line = Line {
            key: [0; 16],
            counter: Counter::default(),
        };
        Self {
            own: vec![[line; WAYS]; own].into(),
            shared: vec![Counter::default(); shared].into(),
            allowances: vec![Allowances::EMPTY; allowances].into(),
            last: 0,
        }
    }

    /// Reserves an attempt, and says whether keys share the place where it is counted.
    pub(super) fn reserve(&mut self, key: Octets, budget: &Budget, now: u64) -> (Reserved, bool) {
        self.last += 1;
        let (number, spread) = (self.last, spread(key));
        if budget.is_allowance() {
            let allowances = place_of(&mut self.allowances, spread);
            let reserved = allowances.map(|it| it.reserve(key, budget, number, now));
            let reserved = reserved.unwrap_or(Reserved::Unvouched);
            return (tagged(reserved, Place::Allowance), false);
        }
        // Nothing there is shut for good: a key that nobody has tried would be.
        let shared = place_of(&mut self.shared, spread.rotate_right(32));
        let own = place_of(&mut self.own, spread);
        let counting = shared.as_ref().is_some_and(|it| it.is_live(now));
        match own.and_then(|lines| line_for(lines, key, now, !counting)) {
            Some(line) => {
                line.key = key;
                let reserved = line.counter.reserve(budget, number, now);
                (tagged(reserved, Place::Own), false)
            }
            None => {
                let reserved = shared.map(|it| it.reserve(&budget.shared(), number, now));
                let reserved = reserved.unwrap_or(Reserved::Shut(budget.longest_delay()));
                (tagged(reserved, Place::Shared), true)
            }
        }
    }

    pub(super) fn settle(
        &mut self,
        key: Octets,
        generation: u64,
        settlement: Settlement,
        now: u64,
    ) {
        match settlement {
            Settlement::Vouch(time) => self.vouch(key, now.saturating_add(moment(time)), now),
            Settlement::Clear | Settlement::Return => {
                self.settle_attempt(key, generation, settlement, now);
            }
        }
    }

    fn vouch(&mut self, key: Octets, until: u64, now: u64) {
        let last = self.last;
        if let Some(allowances) = self.allowances_of(key) {
            allowances.vouch(key, last, until, now);
        }
    }

    fn settle_attempt(&mut self, key: Octets, generation: u64, settlement: Settlement, now: u64) {
        let (number, place) = (generation >> 2, Place::of(generation));
        match place {
            Place::Own => {
                if let Some(line) = self.line_of(key, now) {
                    line.settle(number, settlement);
                }
            }
            // A success of one key says nothing of the failures of the others.
            Place::Shared => {
                if let Some(counter) = place_of(&mut self.shared, spread(key).rotate_right(32)) {
                    counter.give_back(number);
                }
            }
            Place::Allowance => {
                if let Some(allowances) = self.allowances_of(key) {
                    allowances.give_back(key, number);
                }
            }
        }
    }

    /// The line that `key` has.
    fn line_of(&mut self, key: Octets, now: u64) -> Option<&mut Line> {
        line_for(place_of(&mut self.own, spread(key))?, key, now, false)
    }

    fn allowances_of(&mut self, key: Octets) -> Option<&mut Allowances> {
        place_of(&mut self.allowances, spread(key))
    }

    /// The keys that are counted by themselves.
    pub(super) fn held(&self, now: u64) -> usize {
        let lines = self.own.iter().flatten();
        lines.filter(|line| line.counter.is_live(now)).count()
    }
}

impl Line {
    fn settle(&mut self, number: u64, settlement: Settlement) {
        match settlement {
            Settlement::Clear => self.counter.clear(number),
            Settlement::Return | Settlement::Vouch(_) => self.counter.give_back(number),
        }
    }
}

impl Place {
    /// What is later than any attempt is meant for a key of its own.
    const fn of(generation: u64) -> Self {
        match generation % 4 {
            1 => Self::Shared,
            2 => Self::Allowance,
            _ => Self::Own,
        }
    }
}

/// The line that `key` has; or, if it may have `a_new` one, the first that nobody needs any more.
///
/// It may not while the place that it would otherwise share is in use: what is counted there may be its own.
fn line_for(lines: &mut [Line; WAYS], key: Octets, now: u64, a_new: bool) -> Option<&mut Line> {
    let live = |line: &Line| line.counter.is_live(now);
    let known = lines.iter().position(|line| line.key == key && live(line));
    let free = || lines.iter().position(|line| !live(line)).filter(|_| a_new);
    let place = known.or_else(free)?;
    lines.get_mut(place)
}

/// The answer, with the place in its number. What a shared place has counted is no key's own.
fn tagged(reserved: Reserved, place: Place) -> Reserved {
    match reserved {
        Reserved::Granted {
            generation,
            failures,
        } => Reserved::Granted {
            generation: generation << 2 | place as u64,
            failures: if place == Place::Shared { 0 } else { failures },
        },
        refused => refused,
    }
}

fn place_of<T>(places: &mut [T], spread: u64) -> Option<&mut T> {
    let count = u64::try_from(places.len()).ok()?;
    let place = spread.checked_rem(count)?;
    places.get_mut(usize::try_from(place).ok()?)
}

/// Every bit of a key counts for every bit of this (the finaliser of SplitMix64). Keys are keyed hashes, so nobody can
/// choose which of them meet.
fn spread(key: Octets) -> u64 {
    let bits = u128::from_be_bytes(key);
    let halves = [bits >> 64, bits & u128::from(u64::MAX)];
    let halves = halves.map(|half| u64::try_from(half).unwrap_or_default());
    halves.into_iter().fold(0, |mixed, half| mix(mixed ^ half))
}

const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
