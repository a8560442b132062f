//! A list of revocations on the server, from which each process keeps a copy.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_core::Stream;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::core::StoreCore;
use super::fault::LinkFault;
use super::keys::{KeyKind, name, part_of};
use super::reply::{MisfitReply, ReplyItems};
use super::script::StoreScript;
use super::store::RedisStore;
use crate::store::StoreEpoch;
use crate::unavailable::Unavailable;

/// How many revocations a process reads in one round trip.
const BATCH: usize = 1000;

/// How often a connection for messages is compared with the use of its list.
const BETWEEN_CHECKS: Duration = Duration::from_secs(1);

/// How much longer than its token a revocation is kept: the longest leeway of a verifier, and as much again for clocks
/// that disagree.
const LEEWAY: Duration = Duration::from_secs(120);

/// A list of revocations on the server, with a name.
#[derive(Clone)]
pub(crate) struct RevocationLog {
    core: Arc<StoreCore>,
    script: Arc<StoreScript>,
    keys: [Vec<u8>; 2],
    capacity: usize,
}

/// The revocations by their position.
const POSITIONS: KeyKind = KeyKind(b'r');

/// The revocations by their end.
const ENDS: KeyKind = KeyKind(b'x');

/// A revocation. The processes know tokens and subjects by a keyed hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoggedRevocation {
    pub(crate) id: [u8; 16],
    /// For a subject: the time before which its revoked tokens were issued.
    pub(crate) issued_before: Option<SystemTime>,
    pub(crate) until: SystemTime,
}

/// The revocations that were added since a position.
#[derive(Debug)]
pub(crate) struct LoggedSince {
    pub(crate) revocations: Vec<LoggedRevocation>,
    pub(crate) position: u64,
    /// Whether the server may have more.
    pub(crate) has_more: bool,
    /// Whether the list on the server had no place for a revocation that the caller added.
    pub(crate) is_full: bool,
    /// The epoch of the store. In another one than before, the server may have lost revocations.
    pub(crate) epoch: Option<StoreEpoch>,
}

impl RevocationLog {
    /// The list with this name in `store`. It gets no revocation beyond `capacity`.
    pub(crate) fn new(store: &RedisStore, list: &str, capacity: usize) -> Self {
        let core = Arc::clone(&store.0);
        let hash = core.keys.hash(POSITIONS, list.as_bytes());
        Self {
            keys: [POSITIONS, ENDS].map(|kind| name(part_of(hash), kind, &hash)),
            script: Arc::new(StoreScript::new(include_str!("lua/revocations.lua"))),
            core,
            capacity,
        }
    }

    /// The key of the hash under which tokens and subjects are known.
    pub(crate) fn hash_key(&self) -> [u8; 32] {
        *blake3::keyed_hash(&self.core.keys.secret, b"tower-challenge revocations").as_bytes()
    }

    /// The channel on which the server tells that a revocation was added.
    pub(crate) fn channel(&self) -> Vec<u8> {
        self.keys[0].clone()
    }

    /// Adds revocations, and reads what was added since `position`. With `None` it reads nothing.
    ///
    /// # Errors
    ///
    /// The server is out of reach. It may have added them.
    pub(crate) async fn exchange(
        &self,
        add: &[LoggedRevocation],
        position: Option<u64>,
    ) -> Result<LoggedSince, Unavailable> {
        let epoch = self.core.epochs().map(|epochs| epochs.whole());
        // No request waits for it.
        let limit = self.core.link.unhurried();
        let exchange = self.exchange_on_server(add, position, epoch);
        self.core.step_within(limit, exchange).await
    }

    async fn exchange_on_server(
        &self,
        add: &[LoggedRevocation],
        position: Option<u64>,
        epoch: Option<StoreEpoch>,
    ) -> Result<LoggedSince, LinkFault> {
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let most = position.map_or(0, |_| BATCH);
        let call = self.script.with_keys(self.keys.to_vec());
        let call = call.number(position.unwrap_or(0)).number(number(most));
        let call = call.number(number(self.capacity));
        let encoded = add.iter().map(|revocation| revocation.to_bytes());
        let call = encoded.fold(call, |call, bytes| call.bytes(bytes));
        Ok(read(self.core.link.call(&call).await?, epoch)?)
    }
}

impl LoggedRevocation {
    /// The length of a revocation: 1 for a token or 2 for a subject, the hash, the time before which the revoked tokens of a
    /// subject were issued in nanoseconds or 0, and the end in seconds. Numbers are big-endian.
    const LENGTH: usize = 1 + 16 + 8 + 8;

    fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let before = self.issued_before.map(since_1970);
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        bytes[0] = 1 + u8::from(before.is_some());
        bytes[1..17].copy_from_slice(&self.id);
        bytes[17..25].copy_from_slice(&before.map_or(0, nanos).to_be_bytes());
        let end = since_1970(self.until).saturating_add(LEEWAY).as_secs();
        // The server computes with 53 bits.
        bytes[25..].copy_from_slice(&end.min(1 << 50).to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, MisfitReply> {
        let bytes = <[u8; Self::LENGTH]>::try_from(bytes).map_err(|_| MisfitReply)?;
        let number = |from: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(&bytes[from..from + 8]);
            u64::from_be_bytes(number)
        };
        let mut id = [0; 16];
        id.copy_from_slice(&bytes[1..17]);
        let at = |time| UNIX_EPOCH.checked_add(time).ok_or(MisfitReply);
        let issued_before = match bytes[0] {
            1 => None,
            2 => Some(at(Duration::from_nanos(number(17)))?),
            _ => return Err(MisfitReply),
        };
        let until = at(Duration::from_secs(number(25)).saturating_sub(LEEWAY))?;
        Ok(Self {
            id,
            issued_before,
            until,
        })
    }
}

fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn read(mut items: ReplyItems, epoch: Option<StoreEpoch>) -> Result<LoggedSince, MisfitReply> {
    let position = items.text()?.parse().map_err(|_| MisfitReply)?;
    let is_full = items.text()? != "0";
    let mut revocations = Vec::new();
    while !items.is_empty() {
        revocations.push(LoggedRevocation::from_bytes(&items.bytes()?)?);
    }
    Ok(LoggedSince {
        has_more: revocations.len() >= BATCH,
        is_full,
        revocations,
        position,
        epoch,
    })
}

/// Wakes the copies of a list when the server tells that a revocation was added, until the connection ends or the list is
/// no longer `in_use`.
pub(crate) async fn wake_on_messages(
    messages: redis::aio::PubSub,
    wake: &Notify,
    in_use: impl Fn() -> bool,
) {
    let mut messages = std::pin::pin!(messages.into_on_message());
    while in_use() {
        let next = std::future::poll_fn(|context| messages.as_mut().poll_next(context));
        match timeout(BETWEEN_CHECKS, next).await {
            Ok(Some(_)) => wake.notify_one(),
            Ok(None) => return,
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::LoggedRevocation;

    #[test]
    fn a_revocation_is_read_as_it_was_written() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        for issued_before in [None, Some(at(1_800_000_000) + Duration::from_nanos(1))] {
            let revocation = LoggedRevocation {
                id: [3; 16],
                issued_before,
                until: at(1_800_000_060),
            };
            let bytes = revocation.to_bytes();
            assert_eq!(LoggedRevocation::from_bytes(&bytes), Ok(revocation));
            assert!(LoggedRevocation::from_bytes(&bytes[1..]).is_err());
            let mut other = bytes;
            other[0] = 3;
            assert!(LoggedRevocation::from_bytes(&other).is_err());
        }
    }

    #[test]
    fn a_revocation_without_end_is_kept_for_long() {
        let until = UNIX_EPOCH + Duration::from_secs(1 << 55);
        let revocation = LoggedRevocation {
            id: [3; 16],
            issued_before: None,
            until,
        };
        let read = LoggedRevocation::from_bytes(&revocation.to_bytes()).unwrap();
        assert!(read.until > UNIX_EPOCH + Duration::from_secs(1 << 49));
    }
}
