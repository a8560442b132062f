//! Simulates attackers, which know the rules, the wait in each refusal, and the budget that refused them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tower_challenge::client::Client;
use tower_challenge::store::BudgetKind;
use tower_challenge::throttle::AttemptOutcome;

use super::time::{DAY, Moment};
use super::world::{World, v6};

/// The number of guesses at which an attacker stops. So many show that there is no limit.
const MOST: u32 = 100_000;

/// An attacker who tries the next password as soon as any of its networks, under any of its spellings, can.
pub(crate) struct Attacker {
    networks: Vec<Client>,
    names: Vec<String>,
    free_networks: BinaryHeap<Reverse<(Moment, usize)>>,
    free_names: BinaryHeap<Reverse<(Moment, usize)>>,
    /// Seconds between two guesses.
    step: f64,
    /// The number of guesses after which it rests for a day.
    rest: Option<u32>,
    /// Seconds after which it tries again even if the wait is longer.
    poll: Option<f64>,
    /// Whether it has an account of its own, with another spelling of the owner's name.
    has_twin: bool,
    one_subnet: bool,
    pub(crate) judged: u32,
    run: u32,
}

impl Attacker {
    pub(crate) fn new(networks: Vec<Client>, one_subnet: bool) -> Self {
        let now = Moment(0.0);
        Self {
            free_networks: (0..networks.len()).map(|at| Reverse((now, at))).collect(),
            networks,
            names: vec!["ada".to_owned()],
            free_names: BinaryHeap::from([Reverse((now, 0))]),
            step: 1.0,
            rest: None,
            poll: None,
            has_twin: false,
            one_subnet,
            judged: 0,
            run: 0,
        }
    }

    pub(crate) fn spelled(mut self, names: Vec<String>) -> Self {
        let now = Moment(0.0);
        self.free_names = (0..names.len()).map(|at| Reverse((now, at))).collect();
        self.names = names;
        self
    }

    /// Sets the seconds between two guesses.
    pub(crate) fn each(mut self, step: f64) -> Self {
        self.step = step;
        self
    }

    /// Lets it rest for a day after this number of guesses.
    pub(crate) fn resting_after(mut self, guesses: u32) -> Self {
        self.rest = Some(guesses);
        self
    }

    /// Lets it try again after this number of seconds, even if the wait is longer.
    pub(crate) fn looking_each(mut self, poll: f64) -> Self {
        self.poll = Some(poll);
        self
    }

    /// Gives it an account of its own, with another spelling of the owner's name.
    pub(crate) fn with_a_twin(mut self) -> Self {
        self.has_twin = true;
        self
    }

    /// Acts once, and returns when it acts again.
    pub(crate) fn act(&mut self, world: &World, now: f64) -> Option<f64> {
        if self.has_twin {
            return self.guess_beside_a_login(world, now);
        }
        loop {
            let (Reverse((network_free, network)), Reverse((name_free, name))) =
                (*self.free_networks.peek()?, *self.free_names.peek()?);
            let at = network_free.0.max(name_free.0);
            if at > now {
                return Some(self.poll.map_or(at, |poll| at.min(now + poll)));
            }
            let from = self.networks[network];
            let guess = format!("guess {}", self.judged);
            match world.reserve(now, &self.names[name], &from, &guess) {
                Ok(ticket) => {
                    world.settle(now, ticket, AttemptOutcome::Failure);
                    return self.after_a_guess(now, network);
                }
                Err((wait, refused_by)) => {
                    let wait = self.poll.map_or(wait, |poll| wait.min(poll)).max(1e-3);
                    let until = Moment(now + wait);
                    match refused_by {
                        BudgetKind::Unfamiliar => replace(&mut self.free_names, until, name),
                        BudgetKind::SubnetShare | BudgetKind::Subnet if self.one_subnet => {
                            return Some(until.0);
                        }
                        _ => replace(&mut self.free_networks, until, network),
                    }
                }
            }
        }
    }

    fn after_a_guess(&mut self, now: f64, network: usize) -> Option<f64> {
        self.judged += 1;
        self.run += 1;
        let pause = if self.networks.len() == 1 { 0.0 } else { 1e-3 };
        replace(&mut self.free_networks, Moment(now + pause), network);
        if self.judged >= MOST {
            return None;
        }
        if self.rest.is_some_and(|rest| self.run >= rest) {
            self.run = 0;
            return Some(now + DAY + 960.0);
        }
        Some(now + self.step)
    }

    /// Guesses at `ada` while a login to the attacker's own account `ADA` is under way.
    fn guess_beside_a_login(&mut self, world: &World, now: f64) -> Option<f64> {
        let from = v6(77, u16::try_from(self.run % 65_536).unwrap());
        self.run += 1;
        let own = match world.reserve(now, "ADA", &from, &format!("own {}", self.run)) {
            Ok(ticket) => ticket,
            Err((wait, _)) => return Some(now + wait.clamp(1.0, 900.0)),
        };
        let mut end = now;
        loop {
            let guess = format!("guess {}", self.judged);
            match world.reserve(end, "ada", &from, &guess) {
                Ok(ticket) => {
                    world.settle(end, ticket, AttemptOutcome::Failure);
                    self.judged += 1;
                    end += 0.01;
                }
                Err((wait, _)) if wait > 4.0 || self.judged >= MOST => break,
                Err((wait, _)) => end += wait,
            }
        }
        world.settle(end, own, AttemptOutcome::Success);
        // The login returns only its own attempt. No failure is forgiven earlier than that.
        (self.judged < MOST).then_some(end + 900.0)
    }
}

fn replace(heap: &mut BinaryHeap<Reverse<(Moment, usize)>>, until: Moment, which: usize) {
    if let Some(mut first) = heap.peek_mut() {
        *first = Reverse((until, which));
    }
}
