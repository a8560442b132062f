//! The load of a scenario: clients log in, one attacker sends recorded requests again, and another guesses passwords.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::node::{NEWCOMER, Node, NodeAnswer};
use crate::support::{Login, OTHER_USER, PASSWORD, USER};

const HOME: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 7);

/// The load on the nodes of a scenario, and its record.
pub(crate) struct Load {
    pub(crate) nodes: Vec<Node>,
    has_ended: AtomicBool,
    record: Mutex<Record>,
    guesses: AtomicU32,
}

/// The answers that the clients got.
#[derive(Default)]
struct Record {
    /// How often credentials were admitted. The first part is whether they have a one-time nonce.
    admitted: HashMap<(bool, String), u32>,
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
    pub(crate) guesses: u32,
    pub(crate) guesses_compared: u32,
    pub(crate) longest: Duration,
}

impl Load {
    pub(crate) fn new(nodes: Vec<Node>) -> Arc<Self> {
        Arc::new(Self {
            nodes,
            has_ended: AtomicBool::new(false),
            record: Mutex::default(),
            guesses: AtomicU32::new(0),
        })
    }

    /// Starts the clients in the current runtime.
    pub(crate) fn start(self: &Arc<Self>) -> JoinSet<()> {
        let mut clients = JoinSet::new();
        for one_time in [false, true] {
            let load = Arc::clone(self);
            clients.spawn(async move { load.log_in_and_replay(one_time).await });
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

    /// Logs in at one node, and sends the same request to the other one at the same time.
    async fn log_in_and_replay(&self, one_time: bool) {
        let mut turn = 0;
        while self.goes_on().await {
            turn += 1;
            let (one, other) = (&self.nodes[turn % 2], &self.nodes[(turn + 1) % 2]);
            let Some(credentials) = self.credentials(one, one_time).await else {
                continue;
            };
            tokio::join!(
                self.send(one, one_time, &credentials),
                self.send(other, one_time, &credentials),
            );
            if let Some(old) = self.recorded(one_time, turn) {
                self.send(other, one_time, &old).await;
            }
        }
    }

    /// Gets a nonce from a node, and returns the credentials of a request.
    async fn credentials(&self, node: &Node, one_time: bool) -> Option<String> {
        let answer = node.ask(one_time, HOME, None).await;
        self.count(&answer);
        Some(Login::to(answer.challenge.as_ref()?, USER, PASSWORD).header())
    }

    async fn send(&self, node: &Node, one_time: bool, credentials: &str) {
        let key = (one_time, credentials.to_owned());
        self.note_replay(&key);
        let answer = node.ask(one_time, HOME, Some(credentials)).await;
        self.count(&answer);
        if answer.status == 200 {
            let mut record = self.record.lock().unwrap();
            let times = record.admitted.get_mut(&key).unwrap();
            *times += 1;
            let again = u32::from(*times > 1);
            record.counts.replays_admitted += again;
        }
    }

    /// Counts a replay if the credentials were sent before.
    fn note_replay(&self, key: &(bool, String)) {
        let mut record = self.record.lock().unwrap();
        let is_replay = record.admitted.contains_key(key);
        record.counts.replays += u32::from(is_replay);
        record.admitted.entry(key.clone()).or_default();
    }

    /// Some credentials that were sent before.
    fn recorded(&self, one_time: bool, turn: usize) -> Option<String> {
        let record = self.record.lock().unwrap();
        let mut all = record.admitted.keys().filter(|(one, _)| *one == one_time);
        let skipped = turn * 31 % record.admitted.len().max(1);
        let (_, credentials) = all.nth(skipped / 2)?;
        Some(credentials.clone())
    }

    /// Sends wrong passwords from other networks.
    async fn guess(&self) {
        while self.goes_on().await {
            let number = self.guesses.fetch_add(1, Ordering::SeqCst);
            let [.., third, fourth] = number.to_be_bytes();
            let from = Ipv4Addr::new(203, third, fourth, 1);
            let node = &self.nodes[(number % 2) as usize];
            let answer = node.ask(false, from, None).await;
            self.count(&answer);
            let Some(challenge) = &answer.challenge else {
                continue;
            };
            let guess = format!("guess {number}");
            let login = Login::to(challenge, OTHER_USER, &guess);
            let answer = node.ask(false, from, Some(&login.header())).await;
            self.count(&answer);
            assert_ne!(answer.status, 200);
            let mut record = self.record.lock().unwrap();
            record.counts.guesses += 1;
            record.counts.guesses_compared += u32::from(answer.status == 401);
        }
    }

    fn count(&self, answer: &NodeAnswer) {
        answer.check();
        let mut record = self.record.lock().unwrap();
        let counts = &mut record.counts;
        counts.requests += 1;
        counts.admitted += u32::from(answer.status == 200);
        counts.stale += u32::from(answer.is_stale());
        counts.unavailable += u32::from(answer.status == 503);
        counts.throttled += u32::from(answer.status == 429);
        counts.longest = counts.longest.max(answer.took);
    }

    /// Whether a client that logs in for the first time gets in at each node.
    pub(crate) async fn all_nodes_admit(&self) -> bool {
        for node in &self.nodes {
            for one_time in [false, true] {
                let answer = node.ask(one_time, ELSEWHERE, None).await;
                let Some(challenge) = &answer.challenge else {
                    return false;
                };
                let login = Login::to(challenge, NEWCOMER, NEWCOMER).header();
                if node.ask(one_time, ELSEWHERE, Some(&login)).await.status != 200 {
                    return false;
                }
            }
        }
        true
    }

    /// Sends all recorded requests once more to each node, and returns the counts.
    pub(crate) async fn replay_all(&self) -> Counts {
        let all: Vec<_> = self
            .record
            .lock()
            .unwrap()
            .admitted
            .keys()
            .cloned()
            .collect();
        for (one_time, credentials) in &all {
            for node in &self.nodes {
                self.send(node, *one_time, credentials).await;
            }
        }
        self.record.lock().unwrap().counts.clone()
    }
}
