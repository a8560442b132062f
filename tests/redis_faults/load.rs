//! The load of a scenario: for each way to log in, a client logs in and an attacker sends recorded requests again.
//! Another attacker guesses passwords.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tower_challenge::clock::{Clock, SystemClock};

use crate::node::{NEWCOMER, Node, NodeAnswer};
use crate::support::{Login, OTHER_USER, PASSWORD, USER};
use crate::way::{Client, Credentials, Way};

const HOME: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 7);

/// The load on the nodes of a scenario, and its records: one for each way, and one for the guesses.
pub(crate) struct Load {
    pub(crate) nodes: Vec<Node>,
    has_ended: AtomicBool,
    records: [Mutex<Record>; 5],
    guesses: Mutex<Counts>,
    next_guess: AtomicU32,
}

/// The answers that the clients got.
#[derive(Default)]
struct Record {
    /// The credentials that were sent, in their order.
    sent: Vec<Credentials>,
    /// How often they were admitted.
    admitted: HashMap<Credentials, u32>,
    counts: Counts,
}

/// The counts of a scenario.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) requests: u32,
    pub(crate) admitted: u32,
    pub(crate) stale: u32,
    pub(crate) unavailable: u32,
    pub(crate) throttled: u32,
    pub(crate) replays: u32,
    pub(crate) replays_admitted: u32,
    /// How often the same credentials were admitted at most.
    pub(crate) most_admitted: u32,
    /// Wrong passwords, and how many of them were compared.
    pub(crate) guesses: u32,
    pub(crate) guesses_compared: u32,
    pub(crate) longest: Duration,
}

impl Counts {
    fn count(&mut self, answer: &NodeAnswer) {
        answer.check();
        self.requests += 1;
        self.admitted += u32::from(answer.status == 200);
        self.stale += u32::from(answer.is_stale());
        self.unavailable += u32::from(answer.status == 503);
        self.throttled += u32::from(answer.status == 429);
        self.longest = self.longest.max(answer.took);
    }
}

impl Load {
    pub(crate) fn new(nodes: Vec<Node>) -> Arc<Self> {
        Arc::new(Self {
            nodes,
            has_ended: AtomicBool::new(false),
            records: Default::default(),
            guesses: Mutex::default(),
            next_guess: AtomicU32::new(0),
        })
    }

    /// Starts the clients in the current runtime.
    pub(crate) fn start(self: &Arc<Self>) -> JoinSet<()> {
        let mut clients = JoinSet::new();
        for way in Way::ALL {
            let load = Arc::clone(self);
            clients.spawn(async move { load.log_in_and_replay(way).await });
        }
        let load = Arc::clone(self);
        clients.spawn(async move { load.guess().await });
        clients
    }

    pub(crate) fn end(&self) {
        self.has_ended.store(true, Ordering::SeqCst);
    }

    async fn goes_on(&self) -> bool {
        tokio::time::sleep(Duration::from_millis(4)).await;
        !self.has_ended.load(Ordering::SeqCst)
    }

    /// Logs in at one node, and sends the same requests to the other one at the same time.
    async fn log_in_and_replay(&self, way: Way) {
        let client = Client::new(USER, PASSWORD, HOME);
        let mut turn = 0;
        while self.goes_on().await {
            turn += 1;
            let (one, other) = (&self.nodes[turn % 2], &self.nodes[(turn + 1) % 2]);
            let mut answers = Vec::new();
            let made = client.credentials(way, one, &mut answers).await;
            for answer in &answers {
                self.record(way, |record| record.counts.count(answer));
            }
            for credentials in made {
                tokio::join!(
                    self.send(one, way, &credentials),
                    self.send(other, way, &credentials),
                );
            }
            let old = self.record(way, |record| record.some(turn));
            if let Some(old) = old {
                self.send(other, way, &old).await;
            }
        }
    }

    async fn send(&self, node: &Node, way: Way, credentials: &Credentials) {
        self.record(way, |record| record.note(credentials));
        let answer = node.ask(way, HOME, credentials).await;
        self.record(way, |record| record.answered(credentials, &answer));
    }

    fn record<T>(&self, way: Way, act: impl FnOnce(&mut Record) -> T) -> T {
        let mut records = Way::ALL.iter().zip(&self.records);
        let (_, record) = records.find(|(one, _)| **one == way).unwrap();
        act(&mut record.lock().unwrap())
    }

    /// Sends wrong passwords of Digest from other networks.
    async fn guess(&self) {
        while self.goes_on().await {
            let number = self.next_guess.fetch_add(1, Ordering::SeqCst);
            let [.., third, fourth] = number.to_be_bytes();
            let from = Ipv4Addr::new(203, third, fourth, 1);
            let node = &self.nodes[(number % 2) as usize];
            let answer = node.ask(Way::Digest, from, &Credentials::default()).await;
            self.guesses.lock().unwrap().count(&answer);
            let Some(challenge) = &answer.challenge else {
                continue;
            };
            let guess = format!("guess {number}");
            let login = Login::to(challenge, OTHER_USER, &guess).header();
            let guess = Credentials::authorization(login);
            let answer = node.ask(Way::Digest, from, &guess).await;
            assert_ne!(answer.status, 200);
            let mut counts = self.guesses.lock().unwrap();
            counts.count(&answer);
            counts.guesses += 1;
            counts.guesses_compared += u32::from(answer.status == 401);
        }
    }

    /// Whether it is so in every way.
    pub(crate) fn all_ways(&self, is_so: impl Fn(&Counts) -> bool) -> bool {
        let mut ways = Way::ALL.into_iter();
        ways.all(|way| self.record(way, |record| is_so(&record.counts)))
    }

    /// Waits until each node has admitted a client that logs in for the first time. Returns how long that took, or a
    /// time of at least `limit`.
    pub(crate) async fn recovery(&self, way: Way, limit: Duration) -> Duration {
        let clock = SystemClock::new();
        let begun = clock.monotonic();
        let since = || clock.monotonic().saturating_sub(begun);
        let newcomer = Client::new(NEWCOMER, NEWCOMER, ELSEWHERE);
        for node in &self.nodes {
            while !newcomer.gets_in(way, node).await && since() < limit {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        since()
    }

    /// Sends all recorded requests once more to each node, and returns the counts.
    pub(crate) async fn replay_all(&self, way: Way) -> Counts {
        let all = self.record(way, |record| record.sent.clone());
        for credentials in &all {
            for node in &self.nodes {
                self.send(node, way, credentials).await;
            }
        }
        self.record(way, |record| record.counts())
    }

    pub(crate) fn guesses(&self) -> Counts {
        self.guesses.lock().unwrap().clone()
    }
}

impl Record {
    /// Notes that the credentials are sent, and counts a replay if they were sent before.
    fn note(&mut self, credentials: &Credentials) {
        if self.admitted.contains_key(credentials) {
            self.counts.replays += 1;
        } else {
            self.sent.push(credentials.clone());
            self.admitted.insert(credentials.clone(), 0);
        }
    }

    fn answered(&mut self, credentials: &Credentials, answer: &NodeAnswer) {
        self.counts.count(answer);
        if answer.status == 200 {
            let times = self.admitted.get_mut(credentials).unwrap();
            *times += 1;
            self.counts.replays_admitted += u32::from(*times > 1);
        }
    }

    /// Some credentials that were sent before.
    fn some(&self, turn: usize) -> Option<Credentials> {
        let number = (turn * 31).checked_rem(self.sent.len())?;
        Some(self.sent[number].clone())
    }

    fn counts(&self) -> Counts {
        let most_admitted = self.admitted.values().max().copied().unwrap_or(0);
        Counts {
            most_admitted,
            ..self.counts.clone()
        }
    }
}
