//! Runs random histories through the script of throttling and through the rules in Rust. Compares every decision, and the
//! bytes of every record on the server.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use ::redis::Commands;
use proptest::prelude::RngCore;
use proptest::test_runner::{RngAlgorithm, TestRng};
use tower_challenge::clock::Clock;
use tower_challenge::store::{
    ClaimKey, FamiliarLimit, FamiliarRecord, NetworkLimit, NetworkRecord, RedisStore, Settlement,
    ThrottleAttempt, ThrottleDecision, ThrottleLimits, ThrottleReceipt, ThrottleRecords,
    ThrottleStore, UnfamiliarLimit, UnfamiliarRecord,
};

use crate::backend::{builder, cluster_builder, start, wait};
use crate::redis::{RedisCluster, RedisServer};

/// All times are whole minutes, so that no record lives for less than a minute. The server deletes records by its own
/// clock, which goes on while that of the test stands still.
const MINUTE: Duration = Duration::from_secs(60);

/// A clock that may also run backwards, as that of a server may when an operator sets it.
#[derive(Clone, Debug)]
pub(crate) struct AnyTime(Arc<AtomicU64>);

impl AnyTime {
    /// Some milliseconds beyond a whole second, because the records keep some times in seconds.
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_800_000_000_123)))
    }

    pub(crate) fn pass(&self, minutes: u64) {
        self.0.fetch_add(minutes * 60_000, Ordering::Relaxed);
    }

    pub(crate) fn step_back(&self, minutes: u64) {
        self.0.fetch_sub(minutes * 60_000, Ordering::Relaxed);
    }
}

impl Clock for AnyTime {
    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

struct Random(TestRng);

impl Random {
    fn seeded(seed: u8) -> Self {
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
    }

    fn below(&mut self, end: u32) -> u32 {
        self.0.next_u32() % end
    }

    /// A number from a few, and now and then one from many.
    fn one_of(&mut self, few: u32, many: u32) -> u32 {
        let end = self.pick(&[few, few, few, many]);
        self.below(end)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(u32::try_from(from.len()).unwrap())).unwrap()]
    }

    fn small(&mut self, end: u32) -> u8 {
        u8::try_from(self.below(end)).unwrap()
    }

    fn minutes(&mut self) -> Duration {
        MINUTE * self.pick(&[1, 2, 3, 7, 60, 1440])
    }

    fn limits(&mut self) -> ThrottleLimits {
        let (failures, share) = (self.small(25), self.small(8));
        let every = self.minutes_or_never();
        let lockout = self.pick(&[0, 3, 12, 255]);
        let familiar = (
            self.small(5),
            self.minutes(),
            MINUTE * self.pick(&[0, 5, 10_000, u32::MAX / 60]),
        );
        let many = self.pick(&[2, 5, 9, 1_000_000]);
        let (subscriber, subnet) = (self.minutes(), self.minutes());
        ThrottleLimits::new()
            .unfamiliar(UnfamiliarLimit::new(failures, every, share).lockout_after(lockout))
            .familiar(FamiliarLimit::new(familiar.0, familiar.1, familiar.2))
            .subscriber(NetworkLimit::new(many, subscriber))
            .subnet(NetworkLimit::new(many.saturating_mul(2), subnet))
    }

    fn minutes_or_never(&mut self) -> Duration {
        self.pick(&[MINUTE, MINUTE * 5, MINUTE * 1440, MINUTE * 1440 * 36_500])
    }
}

/// The records of all keys.
#[derive(Default)]
struct Rows(BTreeMap<(char, [u8; 16]), Vec<u8>>);

impl Rows {
    fn load(&self, attempt: &ThrottleAttempt) -> ThrottleRecords {
        let row = |kind, key: Option<ClaimKey>| self.0.get(&(kind, *key?.as_bytes()));
        let network = |key| {
            row('n', key).map_or_else(NetworkRecord::default, |row| {
                NetworkRecord::from_bytes(row).unwrap()
            })
        };
        ThrottleRecords {
            familiar: row('f', attempt.familiar_key()).map_or_else(Default::default, |row| {
                FamiliarRecord::from_bytes(row).unwrap()
            }),
            subscriber: network(attempt.subscriber_key()),
            subnet: network(attempt.subnet_key()),
            unfamiliar: row('u', attempt.unfamiliar_key()).map_or_else(Default::default, |row| {
                UnfamiliarRecord::from_bytes(row).unwrap()
            }),
        }
    }

    fn put(&mut self, kind: char, key: Option<ClaimKey>, left: Option<Duration>, bytes: &[u8]) {
        let Some(key) = key else { return };
        match left {
            Some(Duration::ZERO) => self.0.remove(&(kind, *key.as_bytes())),
            _ => self.0.insert((kind, *key.as_bytes()), bytes.to_vec()),
        };
    }

    fn save_familiar(
        &mut self,
        attempt: &ThrottleAttempt,
        records: &ThrottleRecords,
        now: Duration,
    ) {
        let familiar = &records.familiar;
        let left = familiar.expires_in(&attempt.limits().familiar_limit(), now);
        let bytes = familiar.to_bytes();
        self.put('f', attempt.familiar_key(), Some(left), &bytes);
    }

    fn save(&mut self, attempt: &ThrottleAttempt, records: &ThrottleRecords, now: Duration) {
        self.save_familiar(attempt, records, now);
        let unfamiliar = &records.unfamiliar;
        let left = unfamiliar.expires_in(&attempt.limits().unfamiliar_limit(), now);
        let bytes = unfamiliar.to_bytes();
        self.put('u', attempt.unfamiliar_key(), left, &bytes);
        for (key, record) in [
            (attempt.subscriber_key(), records.subscriber),
            (attempt.subnet_key(), records.subnet),
        ] {
            let left = record.expires_in(now);
            self.put('n', key, Some(left), &record.to_bytes());
        }
    }

    fn reserve(&mut self, attempt: &ThrottleAttempt, now: Duration) -> ThrottleReceipt {
        let mut records = self.load(attempt);
        let receipt = records.reserve(attempt, now);
        // An attempt from a familiar location touches no other record.
        match receipt.decision() {
            ThrottleDecision::Admitted => self.save_familiar(attempt, &records, now),
            _ => self.save(attempt, &records, now),
        }
        receipt
    }

    fn settle(&mut self, attempt: &ThrottleAttempt, settlement: Settlement, now: Duration) {
        // A settlement of a refused attempt changes nothing, so the store asks the server nothing.
        if let Settlement::Success(receipt) | Settlement::Undone(receipt) = settlement {
            if !receipt.is_granted() {
                return;
            }
        }
        let mut records = self.load(attempt);
        records.settle(attempt, settlement, now);
        self.save(attempt, &records, now);
    }

    /// The bytes of all records, after those in which nothing counts have expired.
    fn bytes(&mut self, limits: &ThrottleLimits, now: Duration) -> Vec<Vec<u8>> {
        self.0
            .retain(|(kind, _), bytes| counts(*kind, bytes, limits, now));
        let mut bytes: Vec<_> = self.0.values().cloned().collect();
        bytes.sort();
        bytes
    }
}

/// The bytes of all records of throttling on a server. Deletes those in which nothing counts, as the server does when they
/// expire: its own clock stands still, compared with that of a history.
fn records_on(
    connection: &mut ::redis::Connection,
    limits: &ThrottleLimits,
    now: Duration,
) -> Vec<Vec<u8>> {
    let keys: Vec<Vec<u8>> = connection.keys("tc*").unwrap();
    let mut records = Vec::new();
    for key in keys {
        if matches!(key[6], b'f' | b'n' | b'u') {
            let mut bytes: Vec<u8> = connection.get(&key).unwrap();
            if key[6] != b'f' {
                // The number of the span in which the record ends: see `room.rs`.
                bytes.truncate(bytes.len() - 4);
            }
            match counts(key[6].into(), &bytes, limits, now) {
                true => records.push(bytes),
                false => connection.del(&key).unwrap(),
            }
        }
    }
    records.sort();
    records
}

/// Whether something counts in a record. Another one expires.
fn counts(kind: char, bytes: &[u8], limits: &ThrottleLimits, now: Duration) -> bool {
    let left = match kind {
        'f' => {
            let record = FamiliarRecord::from_bytes(bytes).unwrap();
            Some(record.expires_in(&limits.familiar_limit(), now))
        }
        'u' => {
            let record = UnfamiliarRecord::from_bytes(bytes).unwrap();
            record.expires_in(&limits.unfamiliar_limit(), now)
        }
        _ => Some(NetworkRecord::from_bytes(bytes).unwrap().expires_in(now)),
    };
    left != Some(Duration::ZERO)
}

/// The attempts of one history: a few accounts, of which two are spellings of one, at a few locations and networks.
pub(crate) struct History {
    random: Random,
    clock: AnyTime,
    pub(crate) limits: ThrottleLimits,
    open: Vec<(ThrottleAttempt, ThrottleReceipt, ThrottleReceipt)>,
}

/// The decisions of a store about the attempts of a history.
#[derive(Default)]
pub(crate) struct HistoryCounts {
    pub(crate) granted: u32,
    /// The attempts that it refused and the rules grant.
    pub(crate) stricter: u32,
}

/// The next step of a history.
enum Next {
    Reserve(ThrottleAttempt),
    Settle(ThrottleAttempt, Settlement, Settlement),
}

impl History {
    pub(crate) fn new(seed: u8) -> (Self, AnyTime) {
        let mut random = Random::seeded(seed);
        let (clock, limits) = (AnyTime::new(), random.limits());
        let history = Self {
            random,
            clock: clock.clone(),
            limits,
            open: Vec::new(),
        };
        (history, clock)
    }

    fn attempt(&mut self) -> ThrottleAttempt {
        let key = |kind: u8, number: u8| {
            let mut bytes = [kind; 16];
            bytes[7] = number;
            ClaimKey::new(bytes)
        };
        let random = &mut self.random;
        let (account, tag) = (random.small(3), random.one_of(5, 40));
        let mut attempt = ThrottleAttempt::new(self.limits);
        if random.below(20) > 0 {
            attempt = attempt.for_account(key(1, account / 2), key(2, account), tag);
        }
        if random.below(8) > 0 {
            attempt = attempt.at_location(random.one_of(3, 30));
        }
        if random.below(6) > 0 {
            let subnet = random.small(3);
            attempt = attempt.on_network(
                key(3, random.small(2) + subnet * 2),
                key(subnet + 10, subnet),
            );
        }
        attempt
    }

    /// Lets some time pass, and chooses the next step.
    fn next(&mut self) -> Next {
        match self.random.below(24) {
            0..=2 => self.clock.pass(self.random.below(10).into()),
            3 => self.clock.pass(self.random.below(3000).into()),
            4 if self.random.below(6) == 0 => self.clock.step_back(self.random.below(100).into()),
            _ => {}
        }
        match self.random.below(16) {
            0 => {
                let how = self
                    .random
                    .pick(&[Settlement::MarkFamiliar, Settlement::Unlock]);
                Next::Settle(self.attempt(), how, how)
            }
            1..=7 if !self.open.is_empty() => {
                let at = self.random.below(u32::try_from(self.open.len()).unwrap());
                let (attempt, expected, actual) =
                    self.open.swap_remove(usize::try_from(at).unwrap());
                let attempt = match self.random.below(8) {
                    0 => attempt.without_account(),
                    1 => attempt.without_network(),
                    _ => attempt,
                };
                let ways: [fn(ThrottleReceipt) -> Settlement; 2] =
                    [Settlement::Success, Settlement::Undone];
                let how = self.random.pick(&ways);
                Next::Settle(attempt, how(expected), how(actual))
            }
            _ => Next::Reserve(self.attempt()),
        }
    }

    /// Runs the history through a store that may be stricter than the rules, and must never be more lenient.
    pub(crate) fn run_without_leniency(mut self, store: &RedisStore) -> HistoryCounts {
        let (mut rows, mut counts) = (Rows::default(), HistoryCounts::default());
        for step in 0..250 {
            let next = self.next();
            let now = self.clock.monotonic();
            match next {
                Next::Reserve(attempt) => {
                    let actual = wait(store.reserve(&attempt)).unwrap();
                    let mut tried = Rows(rows.0.clone());
                    let expected = tried.reserve(&attempt, now);
                    let (is_granted, is_right) = (actual.is_granted(), expected.is_granted());
                    assert!(
                        is_right || !is_granted,
                        "step {step}: {actual:?}, {expected:?}, {attempt:?}"
                    );
                    counts.granted += u32::from(is_granted);
                    // The rules go on from what the store has granted.
                    match is_granted || !is_right {
                        true => rows = tried,
                        false => counts.stricter += 1,
                    }
                    if is_granted {
                        self.keep_open(attempt, expected, actual);
                    }
                }
                Next::Settle(attempt, expected, actual) => {
                    rows.settle(&attempt, expected, now);
                    wait(store.settle(&attempt, actual)).unwrap();
                }
            }
        }
        counts
    }

    fn keep_open(
        &mut self,
        attempt: ThrottleAttempt,
        expected: ThrottleReceipt,
        actual: ThrottleReceipt,
    ) {
        if self.random.below(4) > 0 {
            self.open.push((attempt, expected, actual));
        }
    }
}

/// Reserves an attempt. The store notes in a receipt how long the request has waited, which the rules do not know.
fn reserve(store: &RedisStore, attempt: &ThrottleAttempt) -> ThrottleReceipt {
    wait(store.reserve(attempt)).unwrap().with_note(0)
}

#[test]
fn the_script_and_the_rules_agree_in_every_decision_and_every_byte() {
    let server = RedisServer::start();
    let client = ::redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let mut decisions = BTreeMap::new();
    for seed in 0..60 {
        server.command(&["FLUSHALL"]);
        let (mut history, clock) = History::new(seed);
        let store = start(builder(&server).throttle_clock(clock.clone()));
        let mut rows = Rows::default();
        for step in 0..250 {
            let next = history.next();
            let now = clock.monotonic();
            match next {
                Next::Reserve(attempt) => {
                    let expected = rows.reserve(&attempt, now);
                    let actual = reserve(&store, &attempt);
                    assert_eq!(actual, expected, "history {seed}, step {step}: {attempt:?}");
                    let kind = format!("{:?}", actual.decision());
                    let kind = kind.split('(').next().unwrap().to_owned();
                    *decisions
                        .entry((kind, actual.refused_by().map(|by| format!("{by:?}"))))
                        .or_insert(0) += 1;
                    history.keep_open(attempt, expected, actual);
                }
                Next::Settle(attempt, expected, actual) => {
                    rows.settle(&attempt, expected, now);
                    wait(store.settle(&attempt, actual)).unwrap();
                }
            }
            assert_eq!(
                records_on(&mut connection, &history.limits, now),
                rows.bytes(&history.limits, now),
                "history {seed}, step {step}"
            );
        }
    }
    println!("{decisions:?}");
    assert_eq!(
        decisions.len(),
        8,
        "every decision must occur: {decisions:?}"
    );
}

/// In a cluster the account is asked before the network. So a refusal may name another budget, and a repeat that the
/// network refuses leaves its mark. The store may be stricter than the rules for that, and never more lenient.
#[test]
fn a_cluster_grants_no_attempt_that_the_rules_refuse() {
    let cluster = RedisCluster::start();
    let (mut granted, mut stricter) = (0, 0);
    for seed in 100..120 {
        for master in &cluster.masters {
            master.command(&["FLUSHALL"]);
        }
        let (history, clock) = History::new(seed);
        let store = start(cluster_builder(&cluster).throttle_clock(clock));
        let counts = history.run_without_leniency(&store);
        granted += counts.granted;
        stricter += counts.stricter;
    }
    println!("{granted} granted, {stricter} refused that the rules grant");
    assert!(granted > 1000 && stricter * 50 < granted);
}

#[test]
fn a_record_that_cannot_be_read_admits_no_attempt() {
    let server = RedisServer::start();
    let client = ::redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let store = start(builder(&server));
    let attempt = ThrottleAttempt::new(ThrottleLimits::new())
        .for_account(ClaimKey::new([1; 16]), ClaimKey::new([2; 16]), 7)
        .at_location(3)
        .on_network(ClaimKey::new([3; 16]), ClaimKey::new([4; 16]));
    let receipt = reserve(&store, &attempt);
    assert_eq!(receipt.decision(), ThrottleDecision::Counted);
    wait(store.settle(&attempt, Settlement::Success(receipt))).unwrap();
    let elsewhere = attempt.clone().at_location(4);
    assert_eq!(
        reserve(&store, &elsewhere).decision(),
        ThrottleDecision::Counted
    );
    let keys: Vec<Vec<u8>> = connection.keys("tc*").unwrap();
    let records: Vec<_> = keys
        .iter()
        .filter(|key| matches!(key[6], b'f' | b'n' | b'u'))
        .collect();
    assert_eq!(records.len(), 4);
    for key in records {
        let good: Vec<u8> = connection.get(key).unwrap();
        for bad in [
            &b""[..],
            b"\x02",
            &good[..good.len() - 1],
            &[&good[..], &[0]].concat(),
        ] {
            let () = connection.set(key, bad).unwrap();
            assert!(wait(store.reserve(&elsewhere)).is_err(), "{key:?}: {bad:?}");
            let kept: Vec<u8> = connection.get(key).unwrap();
            assert_eq!(kept, bad, "the script writes nothing");
        }
        let () = connection.set(key, good).unwrap();
    }
    assert!(wait(store.reserve(&elsewhere)).is_ok());
    assert!(
        store.health().is_good(),
        "a bad record is no fault of the server"
    );
}
