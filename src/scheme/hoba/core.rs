//! The state of a HOBA scheme, and its challenges.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::HeaderValue;

use super::key::HobaKey;
use super::origin::HobaOrigin;
use super::public_key::HobaPublicKey;
use super::sessions::SessionIssuer;
use crate::clock::Clock;
use crate::header::Challenge;
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::stateless_nonce::{LENGTH, NonceIssuer};
use crate::store::{ReplayStore, StoreEpoch};
use crate::unavailable::Unavailable;

/// The state that all clones of a scheme share.
pub(super) struct HobaCore<L> {
    pub(super) origin: HobaOrigin,
    pub(super) realm: String,
    /// The parameters that are the same in every challenge: `max-age`, and `realm` if there is one.
    pub(super) fixed_params: Box<[u8]>,
    /// In seconds. Zero means that a challenge is good for one signature.
    pub(super) max_age: u64,
    /// Whether keys for SHA-1 are accepted.
    pub(super) sha1: bool,
    pub(super) lookup: L,
    pub(super) nonces: NonceIssuer,
    pub(super) store: Arc<dyn ReplayStore>,
    /// The latest epoch that the store has told. A challenge must not wait for the store, so it is issued under this
    /// epoch.
    pub(super) epoch: AtomicU64,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) sessions: Option<SessionIssuer>,
    /// A signature with an unknown kid is verified with this key, so that the time of the answer is about the same. The
    /// key has 2,048 bits. A verification with a longer key takes longer, so the time may tell that such a kid exists.
    pub(super) decoy: HobaPublicKey,
}

/// The key and the epoch: both are needed before a signature is judged.
pub(super) struct KeyAndEpoch<I> {
    pub(super) key: Option<HobaKey<I>>,
    pub(super) epoch: StoreEpoch,
}

impl<L> HobaCore<L> {
    /// Makes a challenge that the server does not store. The store may update the epoch if it answers at once.
    pub(super) fn issue(&self) -> [u8; LENGTH] {
        if let Ok(Ok(epoch)) = self.store.epoch().try_now() {
            self.remember_epoch(epoch);
        }
        self.nonces.issue(self.epoch.load(Ordering::Relaxed))
    }

    /// The challenge for `WWW-Authenticate` (RFC 7486 section 3), with one allocation. All parts are valid in a field
    /// value, so there always is one.
    pub(super) fn challenge(&self) -> Option<Challenge> {
        let issued = self.issue();
        let parts = [
            b"HOBA challenge=\"",
            &issued[..],
            b"\", ",
            &self.fixed_params,
        ];
        let value = HeaderValue::from_maybe_shared(Bytes::from(parts.concat()));
        value.ok().map(Challenge::from_rendered)
    }

    pub(super) fn remember_epoch(&self, epoch: StoreEpoch) {
        self.epoch.store(epoch.tag(), Ordering::Relaxed);
    }
}

impl<L, I> HobaCore<L>
where
    L: Lookup<str, Record = HobaKey<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Asks for the key and the epoch. The answer is ready at once if both are; otherwise it waits for both.
    pub(super) fn find(&self, kid: &str) -> NowOrLater<Result<KeyAndEpoch<I>, Unavailable>> {
        let key = self.lookup.lookup(kid);
        match (key.try_now(), self.store.epoch().try_now()) {
            (Ok(key), Ok(epoch)) => NowOrLater::now(both(key, epoch)),
            (key, epoch) => {
                let key = key.map_or_else(|later| later, NowOrLater::now);
                let epoch = epoch.map_or_else(|later| later, NowOrLater::now);
                NowOrLater::later(async move { both(key.await, epoch.await) })
            }
        }
    }
}

/// If one of the look-ups fails, no signature is verified, so the failure does not count as a guess.
fn both<I>(
    key: Result<Option<HobaKey<I>>, Unavailable>,
    epoch: Result<StoreEpoch, Unavailable>,
) -> Result<KeyAndEpoch<I>, Unavailable> {
    Ok(KeyAndEpoch {
        key: key.map_err(Unavailable::not_compared)?,
        epoch: epoch.map_err(Unavailable::not_compared)?,
    })
}
