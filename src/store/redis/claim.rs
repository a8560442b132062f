//! Claims a key on the server.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::core::StoreCore;
use super::epochs::StoreEpochs;
use super::fault::LinkFault;
use super::keys::PARTS;
use super::reply::{MisfitReply, ReplyItems};
use super::script::ScriptCall;
use crate::clock::Clock;
use crate::store::{Claim, ClaimHolder, ClaimKey, ReplayStore, StoreEpoch};
use crate::unavailable::Unavailable;

/// How many slots the table of holders has in each part. A slot has 8 bytes, so all tables have 2 MiB together.
const SLOTS: u16 = 4096;

/// The longest time to live, in milliseconds: 146 million years. The server adds it to the time of day.
const LONGEST: u64 = i64::MAX as u64 / 2;

/// The longest window of a holder, in milliseconds: 34 years. A script computes with it in 53 bits.
const LONGEST_WINDOW: u64 = 1 << 40;

/// A new epoch of another process is looked for at most this often.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// A use of a key: the use with a count, or the only use of a key without counts, which has the number 0.
#[derive(Clone, Copy)]
pub(super) struct ClaimedUse {
    pub(super) key: ClaimKey,
    pub(super) holder: ClaimHolder,
    pub(super) number: u32,
    pub(super) ttl: Duration,
}

/// The answer of the script.
enum ClaimReply {
    Claimed(Claim),
    /// The part has another epoch, so it may have lost claims.
    OtherEpoch,
    /// The account holds its share of the store.
    Share,
}

impl StoreCore {
    pub(super) async fn claim(&self, claimed: ClaimedUse) -> Result<Claim, Unavailable> {
        if let Some(local) = self.settings.node_bound.as_ref() {
            if claimed.key.epoch() == Some(local.epoch) {
                let ClaimedUse {
                    key, holder, ttl, ..
                } = claimed;
                return match claimed.number {
                    0 => local.store.claim_once(key, holder, ttl).await,
                    count => local.store.claim_count(key, holder, count, ttl).await,
                };
            }
            // Another process, or the server, remembers this nonce. The scheme then sends the client a new nonce, which is bound to this process.
            if self.link.is_closed() && claimed.key.epoch().is_some() {
                return Ok(Claim::NotFirst);
            }
        }
        match self.step(self.claim_on_server(claimed)).await? {
            ClaimReply::Claimed(claim) => Ok(claim),
            ClaimReply::OtherEpoch if claimed.key.epoch().is_some() => Ok(Claim::NotFirst),
            ClaimReply::OtherEpoch => Err(Unavailable::new(
                "the replay store has lost claims and begun a new epoch",
            )),
            ClaimReply::Share => Err(Unavailable::new(
                "the account holds its share of the replay store",
            )),
        }
    }

    async fn claim_on_server(&self, claimed: ClaimedUse) -> Result<ClaimReply, LinkFault> {
        let begun = self.settings.clock.monotonic();
        let Some(epochs) = self.epochs_for(claimed.key.epoch(), begun).await else {
            return Ok(ClaimReply::OtherEpoch);
        };
        let reply = read(self.link.call(&self.claim_call(&claimed, &epochs)).await?)?;
        if matches!(reply, ClaimReply::OtherEpoch) {
            self.look_for_a_while(begun).await;
        }
        Ok(reply)
    }

    /// Looks at the server again, for at most half of the time that is left of a step. A look that takes longer is no fault
    /// of the link, so the step must not fail of it.
    async fn look_for_a_while(&self, begun: Duration) {
        let passed = self.settings.clock.monotonic().saturating_sub(begun);
        let left = self.settings.half().saturating_sub(passed);
        let _or_too_late = timeout(left / 2, self.look_again()).await;
    }

    /// Returns the epochs of the store, if `issued` is the epoch of the store or the key has none.
    async fn epochs_for(
        &self,
        issued: Option<StoreEpoch>,
        begun: Duration,
    ) -> Option<Arc<StoreEpochs>> {
        let fits = |epochs: &Arc<StoreEpochs>| issued.is_none_or(|issued| issued == epochs.whole());
        let known = self.epochs();
        // Another process may have found the new epoch first, and has issued the nonce in it.
        if known.as_ref().is_some_and(fits) || self.age() < BETWEEN_LOOKS {
            return known.filter(fits);
        }
        self.look_for_a_while(begun).await;
        self.epochs().filter(fits)
    }

    fn claim_call(&self, claimed: &ClaimedUse, epochs: &StoreEpochs) -> ScriptCall<'_> {
        let (part, key) = self.keys.claim(&claimed.key);
        let ttl = ttl_in_millis(claimed.ttl);
        let window = window(ttl);
        let slot = self.keys.slot(part, claimed.holder, SLOTS);
        let keys = vec![self.keys.epoch(part), key, self.keys.holders(part)];
        let call = self.scripts.claim.with_keys(keys);
        call.bytes(epochs.of(part))
            .number(claimed.number.into())
            .number(ttl)
            .number(slot.into())
            .number(window)
            .number(cost(window, self.settings.share))
    }
}

fn read(mut items: ReplyItems) -> Result<ClaimReply, MisfitReply> {
    let reply = match &*items.text()? {
        "first" => ClaimReply::Claimed(Claim::First),
        "used" => ClaimReply::Claimed(Claim::NotFirst),
        "epoch" => ClaimReply::OtherEpoch,
        "share" => ClaimReply::Share,
        _ => return Err(MisfitReply),
    };
    items.end()?;
    Ok(reply)
}

/// The time to live in whole milliseconds, which is no shorter.
fn ttl_in_millis(ttl: Duration) -> u64 {
    let whole = ttl.as_nanos().div_ceil(1_000_000);
    u64::try_from(whole).unwrap_or(LONGEST).clamp(1, LONGEST)
}

/// The window of a holder: the next power of two, so that claims which live nearly as long share it.
fn window(ttl: u64) -> u64 {
    ttl.min(LONGEST_WINDOW).next_power_of_two().max(1024)
}

/// How much of its window a new key takes from a holder. Each part has its part of the share.
fn cost(window: u64, share: u32) -> u64 {
    let cost = window * u64::from(PARTS) / u64::from(share.max(1));
    cost.clamp(1, window)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{LONGEST, LONGEST_WINDOW, cost, ttl_in_millis, window};

    #[test]
    fn a_time_to_live_is_never_shortened() {
        assert_eq!(ttl_in_millis(Duration::ZERO), 1);
        assert_eq!(ttl_in_millis(Duration::from_nanos(1)), 1);
        assert_eq!(ttl_in_millis(Duration::from_millis(20)), 20);
        assert_eq!(ttl_in_millis(Duration::from_nanos(20_000_001)), 21);
        assert_eq!(ttl_in_millis(Duration::MAX), LONGEST);
    }

    #[test]
    fn a_window_is_no_shorter_than_the_time_to_live() {
        for ttl in [1, 20, 1024, 1025, 310_000, LONGEST_WINDOW] {
            assert!((ttl..=(2 * ttl).max(1024)).contains(&window(ttl)), "{ttl}");
        }
        assert_eq!(window(LONGEST), LONGEST_WINDOW);
    }

    #[test]
    fn the_share_of_a_holder_fits_into_its_window() {
        assert_eq!(cost(524_288, 100_000), 335, "1,565 keys in each part");
        assert_eq!(cost(1024, 64), 1024, "one key in each part");
        assert_eq!(cost(1024, 1), 1024);
        assert_eq!(cost(1024, u32::MAX), 1);
        assert_eq!(cost(LONGEST_WINDOW, 0), LONGEST_WINDOW);
    }
}
