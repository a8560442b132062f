//! Tests the turns of accounts and networks with random histories, and with a flood of guesses in which each step is
//! one hash.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::fair_queue::{FairQueue, WorkOrigin};

/// An account and a network.
type Origin = (u8, u8);

/// Work with a number of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NumberedWork {
    origin: Origin,
    number: usize,
}

/// One step of a history.
#[derive(Clone, Debug)]
enum Step {
    Push(Origin),
    Pop,
    PopOldest,
    /// Removes the work whose number has this remainder modulo 7.
    Remove(usize),
}

/// How long an account or a network has been waiting for its turn.
struct Wait {
    pops: usize,
    most: usize,
}

/// A queue, and the counts with which its promises are checked.
struct CheckedQueue {
    queue: FairQueue<NumberedWork>,
    keys: RandomState,
    capacity: usize,
    waiting: BTreeMap<usize, Origin>,
    pushed: usize,
    /// The number of the work that each line has served last.
    served: BTreeMap<Origin, usize>,
    accounts: BTreeMap<u8, Wait>,
    networks: BTreeMap<u8, Wait>,
    /// The origin of the work that was popped last. New accounts come before it.
    last: Option<Origin>,
}

impl CheckedQueue {
    fn new(capacity: usize) -> Self {
        Self {
            queue: FairQueue::new(capacity),
            keys: RandomState::new(),
            capacity,
            waiting: BTreeMap::new(),
            pushed: 0,
            served: BTreeMap::new(),
            accounts: BTreeMap::new(),
            networks: BTreeMap::new(),
            last: None,
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Push(origin) => self.push(*origin),
            Step::Pop => self.pop(),
            Step::PopOldest => {
                let oldest = self.queue.pop_oldest();
                let first = self.waiting.first_key_value().map(|(number, _)| *number);
                assert_eq!(oldest.map(|work| work.number), first);
                oldest.into_iter().for_each(|work| self.remove(work));
            }
            Step::Remove(rest) => {
                let unwanted = self.queue.take_unwanted(|work| work.number % 7 != *rest);
                assert!(unwanted.iter().all(|work| work.number % 7 == *rest));
                unwanted.into_iter().for_each(|work| self.remove(work));
                assert!(self.waiting.keys().all(|number| number % 7 != *rest));
            }
        }
        assert_eq!(self.queue.len(), self.waiting.len());
        assert!(self.queue.len() <= self.capacity);
    }

    fn push(&mut self, new: Origin) {
        let number = self.pushed;
        self.pushed += 1;
        let key = WorkOrigin::new(&self.keys, new.0, new.1);
        let was_full = self.queue.is_full();
        let work = NumberedWork {
            origin: new,
            number,
        };
        match self.queue.push(key, work) {
            Ok(displaced) => {
                assert_eq!(displaced.is_some(), was_full);
                if let Some(displaced) = displaced {
                    assert!(self.share(displaced.origin, new) > self.share(new, new));
                    self.remove(displaced);
                }
                self.enter(number, new);
            }
            Err(refused) => {
                assert!(was_full && refused.number == number);
                let mut others = self.waiting.values();
                assert!(others.all(|other| self.share(*other, new) <= self.share(new, new)));
            }
        }
    }

    /// How much work waits for the account and for the network of `origin`, with the work of `new`.
    fn share(&self, origin: Origin, new: Origin) -> usize {
        let all = self.waiting.values().chain([&new]);
        let counts = all.map(|(account, network)| {
            [*account == origin.0, *network == origin.1].map(usize::from)
        });
        counts.flatten().sum()
    }

    fn enter(&mut self, number: usize, origin: Origin) {
        self.waiting.insert(number, origin);
        let accounts: HashSet<_> = self.waiting.values().map(|(account, _)| *account).collect();
        let networks: HashSet<_> = self.waiting.values().map(|(_, network)| *network).collect();
        if let Some(last) = self.last {
            let is_new = !self.accounts.contains_key(&origin.0);
            let wait = self.accounts.get_mut(&last.0).filter(|_| is_new);
            wait.into_iter().for_each(|wait| wait.most += 2);
            let is_new = !self.networks.contains_key(&origin.1);
            let wait = self.networks.get_mut(&last.1).filter(|_| is_new);
            wait.into_iter().for_each(|wait| wait.most += 2);
        }
        self.accounts
            .entry(origin.0)
            .or_insert_with(|| Wait::beside(accounts.len()));
        self.networks
            .entry(origin.1)
            .or_insert_with(|| Wait::beside(networks.len()));
    }

    fn remove(&mut self, work: NumberedWork) {
        assert_eq!(
            self.waiting.remove(&work.number),
            Some(work.origin),
            "no work leaves twice"
        );
        let waiting = &self.waiting;
        self.accounts
            .retain(|account, _| waiting.values().any(|(other, _)| other == account));
        self.networks
            .retain(|network, _| waiting.values().any(|(_, other)| other == network));
    }

    fn pop(&mut self) {
        let Some(work) = self.queue.pop() else {
            assert!(self.waiting.is_empty(), "no work is lost");
            return;
        };
        let before = self.served.insert(work.origin, work.number);
        assert!(before < Some(work.number), "each line keeps its order");
        let is_first = self
            .waiting
            .iter()
            .find(|(_, origin)| **origin == work.origin);
        assert_eq!(is_first.map(|(number, _)| *number), Some(work.number));
        self.last = Some(work.origin);
        let (accounts, networks) = (self.accounts.len(), self.networks.len());
        self.accounts.insert(work.origin.0, Wait::beside(accounts));
        self.networks.insert(work.origin.1, Wait::beside(networks));
        self.remove(work);
        let others = self
            .accounts
            .iter_mut()
            .filter(|(account, _)| **account != work.origin.0);
        others.for_each(|(_, wait)| wait.count());
        let others = self
            .networks
            .iter_mut()
            .filter(|(network, _)| **network != work.origin.1);
        others.for_each(|(_, wait)| wait.count());
    }
}

impl Wait {
    /// The wait of an account while `all` accounts are waiting, with itself.
    const fn beside(all: usize) -> Self {
        let most = 2 * (all - 1) + 1;
        Self { pops: 0, most }
    }

    fn count(&mut self) {
        self.pops += 1;
        assert!(self.pops <= self.most, "{} of {}", self.pops, self.most);
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => (0..6_u8, 0..4_u8).prop_map(Step::Push),
        // Much work for one account from one network.
        6 => Just(Step::Push((0, 0))),
        10 => Just(Step::Pop),
        1 => Just(Step::PopOldest),
        1 => (0..7_usize).prop_map(Step::Remove),
    ];
    proptest::collection::vec(step, 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_account_and_each_network_has_its_turn_and_no_work_is_lost(
        steps in steps(),
        capacity in 1..40_usize,
    ) {
        let mut queue = CheckedQueue::new(capacity);
        steps.iter().for_each(|step| queue.take(step));
        (0..=capacity).for_each(|_| queue.take(&Step::Pop));
        prop_assert!(queue.waiting.is_empty());
    }

    /// Each line always has work, as in a flood of guesses.
    #[test]
    fn each_line_has_its_turn_in_its_account_and_in_its_network(
        origins in proptest::collection::hash_set((0..6_u8, 0..6_u8), 1..30),
    ) {
        let mut queue = FairQueue::new(usize::MAX);
        let keys = RandomState::new();
        let key = |origin: &Origin| WorkOrigin::new(&keys, origin.0, origin.1);
        let count = |matches: &dyn Fn(&Origin) -> bool| origins.iter().filter(|origin| matches(origin)).count();
        let accounts = origins.iter().map(|origin| origin.0).collect::<HashSet<_>>().len();
        let networks = origins.iter().map(|origin| origin.1).collect::<HashSet<_>>().len();
        for origin in &origins {
            prop_assert!(queue.push(key(origin), *origin).is_ok());
        }
        let mut served: BTreeMap<Origin, usize> = origins.iter().map(|origin| (*origin, 0)).collect();
        for turn in 1..500 {
            let origin = queue.pop().unwrap();
            prop_assert!(queue.push(key(&origin), origin) == Ok(None));
            served.insert(origin, turn);
            for (waits, since) in &served {
                let by_account = 2 * accounts * count(&|other| other.0 == waits.0);
                let by_network = 2 * networks * count(&|other| other.1 == waits.1);
                prop_assert!(turn - since <= by_account.min(by_network), "{waits:?}: {}", turn - since);
            }
        }
    }

    /// All work comes from one network, as on a server that does not know its clients.
    #[test]
    fn without_networks_each_account_is_served_once_in_each_round(
        lengths in proptest::collection::vec(1..6_usize, 1..20),
    ) {
        let mut queue = FairQueue::new(usize::MAX);
        let keys = RandomState::new();
        for (account, length) in lengths.iter().enumerate() {
            let origin = WorkOrigin::new(&keys, account, 0);
            for place in 0..*length {
                prop_assert_eq!(queue.push(origin, (account, place)), Ok(None));
            }
        }
        for round in 0..6 {
            let left = lengths.iter().filter(|length| **length > round).count();
            let served = (0..left).filter_map(|_| queue.pop()).collect::<HashSet<_>>();
            prop_assert_eq!(served.len(), left);
            prop_assert!(served.iter().all(|(_, place)| *place == round));
        }
        prop_assert_eq!(queue.pop(), None);
    }
}

/// A flood of guesses. The pool has one thread, and each step of the simulation is one hash.
struct Flood {
    queue: FairQueue<usize>,
    keys: RandomState,
    /// The account and the network of the guesses on each connection.
    connections: Vec<Origin>,
    /// The connections whose last guess is answered.
    idle: Vec<usize>,
}

/// The number of the login, which no connection has.
const LOGIN: usize = usize::MAX;

impl Flood {
    /// An attacker who has begun to guess on all connections.
    fn new(capacity: usize, connections: Vec<Origin>) -> Self {
        let mut flood = Self {
            queue: FairQueue::new(capacity),
            keys: RandomState::new(),
            idle: (0..connections.len()).collect(),
            connections,
        };
        flood.guess();
        flood
    }

    fn send(&mut self, (account, network): Origin, number: usize) {
        let origin = WorkOrigin::new(&self.keys, account, network);
        let answered = match self.queue.push(origin, number) {
            Ok(displaced) => displaced,
            Err(refused) => Some(refused),
        };
        assert_ne!(answered, Some(LOGIN), "the login has a place");
        self.idle.extend(answered);
    }

    /// The attacker guesses again on each connection whose last guess is answered.
    fn guess(&mut self) {
        for number in std::mem::take(&mut self.idle) {
            self.send(self.connections[number], number);
        }
    }

    /// A user logs in for the first time. Returns how many guesses are computed before the password.
    fn guesses_before(&mut self, login: Origin) -> usize {
        self.send(login, LOGIN);
        let mut guesses = 0;
        loop {
            match self.queue.pop() {
                Some(LOGIN) => return guesses,
                computed => self.idle.extend(computed),
            }
            guesses += 1;
            self.guess();
        }
    }
}

/// The guesses before each of 15 first logins of other accounts from `network`.
fn guesses_before_logins(mut flood: Flood, network: u8) -> Vec<usize> {
    let logins = 100..115;
    let before = logins.map(|account| flood.guesses_before((account, network)));
    before.collect()
}

#[test]
fn a_first_login_waits_for_one_guess_while_32_connections_guess_at_one_account() {
    // The queue may be longer than the flood, or full.
    for capacity in [256, 32, 8, 2] {
        for network in [1, 2] {
            let flood = Flood::new(capacity, vec![(1, 1); 32]);
            let waits = guesses_before_logins(flood, network);
            assert!(waits.iter().all(|guesses| *guesses <= 1), "{waits:?}");
        }
    }
}

/// A guess is being computed when the user logs in. The guesser has been served, so the user is next.
#[test]
fn a_first_login_waits_for_the_guess_that_is_under_way_and_for_no_other() {
    for capacity in [256, 2] {
        for network in [1, 2] {
            let mut flood = Flood::new(capacity, vec![(1, 1); 32]);
            for account in 100..115 {
                let under_way = flood.queue.pop();
                assert_eq!(flood.guesses_before((account, network)), 0);
                flood.idle.extend(under_way);
                flood.guess();
            }
        }
    }
}

#[test]
fn the_owner_of_the_account_waits_for_one_guess_in_another_network() {
    for capacity in [256, 2] {
        let mut flood = Flood::new(capacity, vec![(1, 1); 400]);
        let waits = (0..15).map(|_| flood.guesses_before((1, 2)));
        assert!(
            waits
                .collect::<Vec<_>>()
                .iter()
                .all(|guesses| *guesses <= 1)
        );
    }
}

#[test]
fn an_attacker_with_many_accounts_and_one_network_delays_other_networks_by_one_guess() {
    let connections = || (0..100).map(|account| (account, 1)).collect::<Vec<_>>();
    for capacity in [256, 8] {
        let waits = guesses_before_logins(Flood::new(capacity, connections()), 2);
        assert!(waits.iter().all(|guesses| *guesses <= 1), "{waits:?}");
    }
    // In the network of the attacker, the login has the turn of its account.
    let waits = guesses_before_logins(Flood::new(256, connections()), 1);
    assert!(waits.iter().all(|guesses| *guesses <= 100), "{waits:?}");
}

#[test]
fn an_attacker_with_accounts_and_networks_delays_a_login_by_twice_the_smaller_number_and_one() {
    for (accounts, networks) in [(1, 50), (3, 50), (50, 3), (7, 7)] {
        let all =
            (0..accounts).flat_map(|account| (0..networks).map(move |network| (account, network)));
        let waits = guesses_before_logins(Flood::new(1000, all.collect()), 200);
        let most = 2 * usize::from(accounts.min(networks)) + 1;
        assert!(waits.iter().all(|guesses| *guesses <= most), "{waits:?}");
    }
}

/// The owner of an account whose password is guessed shares a network with an attacker who guesses at another account.
/// Both the account and the network are served all the time, and the line of the owner has its turn in each of them.
#[test]
fn a_line_has_its_turn_although_its_account_and_its_network_are_served_in_other_lines() {
    let mut flood = Flood::new(256, [[(1, 2); 16], [(3, 1); 16]].concat());
    let waits = (0..15).map(|_| flood.guesses_before((1, 1)));
    let waits = waits.collect::<Vec<_>>();
    assert!(waits.iter().all(|guesses| *guesses <= 4), "{waits:?}");
}
