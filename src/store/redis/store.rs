//! The store: both contracts, as operations of the server.

use std::sync::Arc;
use std::time::Duration;

use super::claim::ClaimedUse;
use super::core::StoreCore;
use super::event::RedisHealth;
use super::note::ReceiptNote;
use crate::derives::shows;
use crate::now_or_later::NowOrLater;
use crate::store::{
    Claim, ClaimHolder, ClaimKey, MAX_COUNT, ReplayStore, Settlement, StoreEpoch, ThrottleAttempt,
    ThrottleReceipt, ThrottleStore,
};
use crate::unavailable::Unavailable;

/// A [`ReplayStore`] and [`ThrottleStore`] that several machines share: Redis or Valkey, from version 6.2 on.
///
/// [`builder`](Self::builder) has an example. A clone is the same store. The server may be a single server, one behind
/// Sentinel, or a cluster: the application brings the connection.
///
/// Each operation is one script, which the server runs as one atomic step in one round trip. In a cluster, an attempt
/// from an unfamiliar location takes two: one on the node of its account and one on that of its network. All times are
/// those of the server.
///
/// # When the server does not answer
///
/// A request waits for the server no longer than its [budget](super::RedisStoreBuilder::budget), 100 ms by default, for
/// all of its steps: it may reserve an attempt, claim a nonce, and settle the attempt. The store never repeats a claim.
/// If the outcome of a claim is unknown, its nonce count may be spent: the client gets `503`, and a fresh nonce if it
/// repeats the request.
///
/// The store looks at the server once a second, and writes a key each time. After five failed operations or two failed
/// looks in a row, for example because the server has no memory left, the store sends nothing more until a look
/// succeeds. Until then:
///
/// - A claim is [`Unavailable`], so the client gets `503`. With
///   [`bind_nonces_to_process`](super::RedisStoreBuilder::bind_nonces_to_process), nonces go on working, each at its
///   process alone.
/// - Throttling goes on in this process alone, with its part of each limit: see
///   [`processes`](super::RedisStoreBuilder::processes). With [`strict`](super::RedisStoreBuilder::strict), it answers
///   `503`. It is never off.
///
/// [`health`](Self::health) tells so, and the [listener](super::RedisStoreBuilder::on_event) hears of it.
///
/// # When the server loses data
///
/// Redis may lose writes that it has acknowledged: at a restart, or when a replica is promoted that had not received
/// them yet. So the store keeps on the server a random number, the [epoch](StoreEpoch). Beside it are the names of this
/// run of the server (`run_id` and `master_replid`), and how many keys it has evicted. If the epoch is missing or one
/// of the others has changed, a new epoch begins, and all nonces of the old one are stale. The client of a stale nonce
/// gets a new one and repeats its request without asking the user.
///
/// Each claim compares the epoch and `master_replid` on the server, so the store accepts no nonce twice after a restart
/// or a fail-over, also if the connection hides it, as that of a cluster does. Two cases remain:
///
/// - The Redis user is not allowed to call `INFO`. Then the store cannot tell a promoted replica, which has the epoch,
///   too. A [note](RedisHealth::notes) says so.
/// - A key without an epoch, such as the signature of `SigV4` or the `jti` of a DPoP proof without a nonce, may be
///   claimed again after a loss.
///
/// Failures that the server loses are forgotten, so after each loss an account may have its whole limit once more. To
/// keep them, turn append-only files on: with `appendfsync everysec`, a power failure loses those of the last second, and
/// with `always` none. To lose less at a fail-over, set `min-replicas-to-write 1`: a server without a replica then
/// accepts no writes, and the store does not use it. Every restart begins a new epoch, with or without such files.
///
/// A server that evicts keys would forget claims, too. The store does not use a server with a `maxmemory` whose
/// `maxmemory-policy` is not `noeviction`. It looks at the policy once a second.
///
/// # The share of an account
///
/// A single account may log in very often, and must not fill the memory of the server. So an account that claims more
/// than its [share](super::RedisStoreBuilder::share) of keys, 100,000 by default, gets `503` for a login with a new
/// nonce. The store counts the keys of accounts in a table of fixed size, which takes 2 MiB of the server's memory.
///
/// # How much memory attackers can take
///
/// The store has room for a number of accounts with failures, and for as many networks: its
/// [capacity](super::RedisStoreBuilder::capacity). So an attacker who tries made-up names from many networks takes up
/// to 0.6 GB with the default capacity, and 13 MB for the shared counters below. An account with one failure takes 170
/// bytes for two days, and one with twenty takes 310 bytes for 40 days. A record takes up room until it ends. Only the
/// record of an account that is locked out has no end: it stays until [`Unlock`](Settlement::Unlock) or a login of the
/// owner, and takes up no room 62 days after the latest attempt.
///
/// When there is no room, a new account or network is counted in four of the counters ("slots") that others use, too.
/// The lowest of the four decides. So it may be refused too early, and never gets more failures than its limit. As in a
/// [`MemoryThrottleStore`](crate::store::MemoryThrottleStore), shared slots find no repeats of a password, do not limit
/// a subnet to its share, begin no lockout, and are not unlocked. Accounts and networks with a record, and familiar
/// locations, notice nothing. A [note](RedisHealth::notes) tells the operator, and
/// [`shared_reservations`](Self::shared_reservations) counts how often this happens.
///
/// There are a million slots for accounts, for twenty failures each, and a failure counts in four of them. After six
/// million failures without room, half of the accounts without a record are refused at unfamiliar locations, and soon all
/// of them, until time has forgiven enough. With the default limits, three more failures a second keep it so. Networks
/// have fewer slots: 3.7 million failures within twelve hours refuse all networks without a record, at all accounts.
///
/// A user can fill the memory, too, if a name is accepted in many spellings: each spelling that logs in takes a record
/// of 170 bytes for 90 days. Set `maxmemory` below the memory of the machine, and watch `used_memory`. A full server is
/// not used: see above.
///
/// # What it costs
///
/// `cargo bench --bench redis_store --features redis` in the repository measured this with Redis 7.0 on one machine
/// with two cores, which the server, the client and other programs shared. When nothing else ran, a claim cost 16 µs.
/// "At most" is what one server, which uses one core, can do. The store reached 0.84 of the rate of the client alone or
/// more, for the same command, when nothing else ran.
///
/// | operation | processor time of the server | at most, each second | memory on the server |
/// |---|---|---|---|
/// | [`claim_once`](ReplayStore::claim_once) | 29 µs | 34,000 | 180 bytes for each key |
/// | [`claim_count`](ReplayStore::claim_count) | 19 µs | 53,000 | 180 to 700 bytes for each key, with all of its counts |
/// | reserve at a familiar location | 42 µs | 24,000 | 170 bytes for each account |
/// | reserve and settle a login from a familiar location | 2 × 53 µs | 9,400 | |
/// | reserve at an unfamiliar location | 107 µs | 9,300 | 370 bytes for each account with failures, and its network |
/// | reserve and settle a login from an unfamiliar location | 2 × 101 µs | 5,000 | |
/// | look at one server, once a second for each process | 100 µs | | 13 kB |
/// | look at a cluster, once a second for each process | 64 × 52 µs, spread over its nodes | | 13 kB |
///
/// The bench also estimates the load of 100 processes and 10 million accounts. Each account logs in ten times a day
/// with Digest, makes ten requests each time, and mistypes every twentieth password. A fifth of the wrong passwords
/// come from unfamiliar locations, nonces live for 5 minutes, and the busiest hour has three times the mean:
///
/// - 35,000 requests a second, each with a reservation, a claim and a settlement, take 4.4 cores. So one server does
///   not suffice: it can do 7,900 requests a second. The processor is the first limit.
/// - A cluster spreads the 64 parts unevenly. With 3 nodes, the fullest has 23 parts, and all together can do 10,000
///   requests a second; with 12 nodes 8 parts and 30,000; with 24 nodes 5 parts and 47,000.
/// - Familiar locations take 1.7 GB, records of failures 0.7 GB, and nonces 0.2 GB.
#[derive(Clone)]
pub struct RedisStore(pub(super) Arc<StoreCore>);

impl RedisStore {
    /// Waits until the store knows whether the server can be used. It returns at once if so, and otherwise after the
    /// next look, which takes a second or two if the server is out of reach.
    ///
    /// # Errors
    ///
    /// The server cannot be used. The store goes on looking at it once a second.
    pub async fn ready(&self) -> Result<(), Unavailable> {
        if self.0.link.is_closed() {
            self.0.next_look().await;
        }
        match self.0.health().fault {
            None => Ok(()),
            Some(fault) => Err(Unavailable::new(fault)),
        }
    }

    /// The state of the server.
    #[must_use]
    pub fn health(&self) -> RedisHealth {
        self.0.health()
    }

    /// How many attempts this process has had counted in slots that several accounts or networks share, since it began.
    /// Above 0, the [capacity](super::RedisStoreBuilder::capacity) is too small for the load, or the service is under
    /// attack.
    #[must_use]
    pub fn shared_reservations(&self) -> u64 {
        self.0.shared_reservations()
    }

    fn claim(&self, claimed: ClaimedUse) -> NowOrLater<Result<Claim, Unavailable>> {
        let core = Arc::clone(&self.0);
        NowOrLater::later(async move { core.claim(claimed).await })
    }
}

impl ReplayStore for RedisStore {
    fn claim_once(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        let number = 0; // No count is 0.
        self.claim(ClaimedUse {
            key,
            holder,
            number,
            ttl,
        })
    }

    fn claim_count(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        count: u32,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        let number = match count {
            1..=MAX_COUNT => count,
            _ => return NowOrLater::now(Ok(Claim::NotFirst)),
        };
        self.claim(ClaimedUse {
            key,
            holder,
            number,
            ttl,
        })
    }

    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>> {
        let local = self.0.settings.node_bound.as_ref();
        let epoch = match local.filter(|_| self.0.link.is_closed()) {
            Some(local) => Some(local.epoch),
            None => self.0.epochs().map(|epochs| epochs.whole()),
        };
        NowOrLater::now(epoch.ok_or_else(|| Unavailable::new("Redis has not been reached yet")))
    }
}

impl ThrottleStore for RedisStore {
    fn reserve(
        &self,
        attempt: &ThrottleAttempt,
    ) -> NowOrLater<Result<ThrottleReceipt, Unavailable>> {
        let alone = self.0.settings.alone.as_ref();
        match alone.filter(|_| self.0.link.is_closed()) {
            Some(alone) => alone.reserve(attempt),
            None => NowOrLater::later(Arc::clone(&self.0).reserve(attempt.clone())),
        }
    }

    fn settle(
        &self,
        attempt: &ThrottleAttempt,
        settlement: Settlement,
    ) -> NowOrLater<Result<(), Unavailable>> {
        if let Settlement::Success(receipt) | Settlement::Undone(receipt) = settlement {
            if !receipt.is_granted() {
                return NowOrLater::now(Ok(()));
            }
        }
        let alone = self.0.settings.alone.as_ref();
        match alone.filter(|_| ReceiptNote::of_settlement(&settlement).is_alone()) {
            Some(alone) => alone.settle(attempt, settlement),
            None => NowOrLater::later(Arc::clone(&self.0).settle(attempt.clone(), settlement)),
        }
    }
}

shows! { impl[] RedisStore[] as self {
    health: self.health(),
    shared_reservations: self.shared_reservations(),
} }
