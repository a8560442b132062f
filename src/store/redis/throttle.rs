//! Runs the rules of throttling on the server.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::core::StoreCore;
use super::fault::LinkFault;
use super::note::ReceiptNote;
use super::reply::{MisfitReply, ReplyItems};
use super::script::ScriptCall;
use super::throttle_call::{RecordKeys, ThrottleStep, with_arguments};
use crate::clock::Clock;
use crate::store::throttle::millis;
use crate::store::{BudgetKind, Settlement, ThrottleAttempt, ThrottleDecision, ThrottleReceipt};
use crate::unavailable::Unavailable;

/// The answer of the script to a reservation.
#[derive(Clone, Copy)]
enum ReserveReply {
    Decided(ThrottleReceipt),
    /// A record cannot be read.
    Corrupt,
}

impl StoreCore {
    pub(super) async fn reserve(
        self: Arc<Self>,
        attempt: ThrottleAttempt,
    ) -> Result<ThrottleReceipt, Unavailable> {
        let begun = self.settings.clock.monotonic();
        let keys = RecordKeys::of(&self.keys, &attempt);
        let reply = if self.is_single() {
            self.step(self.reserve_in(&attempt, keys)).await
        } else {
            // A task of its own, so that a part which was granted is given back even if the client has gone away.
            let core = Arc::clone(&self);
            let reserving = async move { core.step(core.reserve_apart(&attempt, &keys)).await };
            run_to_its_end(reserving).await
        };
        let ReserveReply::Decided(receipt) = reply? else {
            return Err(corrupt());
        };
        let note = ReceiptNote::of(receipt);
        if note.is_shared() {
            self.count_shared();
        }
        let waited = self.settings.clock.monotonic().saturating_sub(begun);
        Ok(note
            .with_waited(waited, self.settings.half())
            .added_to(receipt))
    }

    /// Reserves at the account and then at the network, which are on different nodes of a cluster. If the network
    /// refuses, gives the attempt back to the account. An attempt that ends in between stays counted.
    async fn reserve_apart(
        &self,
        attempt: &ThrottleAttempt,
        keys: &RecordKeys,
    ) -> Result<ReserveReply, LinkFault> {
        let (account, network) = (keys.account(), keys.network());
        if account.is_empty() {
            return self.reserve_in(attempt, network).await;
        }
        let by_account = self.reserve_in(attempt, account.clone()).await?;
        let ReserveReply::Decided(granted) = by_account else {
            return Ok(by_account);
        };
        let is_familiar = granted.decision() == ThrottleDecision::Admitted;
        if is_familiar || !granted.is_granted() || network.is_empty() {
            return Ok(by_account);
        }
        let by_network = self.reserve_in(attempt, network).await?;
        let receipt = match by_network {
            ReserveReply::Decided(receipt) if receipt.is_granted() => receipt,
            _ => {
                let undone = ThrottleStep::settle(Settlement::Undone(granted), 0);
                self.settle_in(attempt, account, &undone).await?;
                return Ok(by_network);
            }
        };
        // The clocks of two nodes differ. By the earlier time, both find the attempt older, and give back less.
        let at = granted.at().min(receipt.at());
        let (exhausts, locks_out) = (granted.exhausts_unfamiliar(), granted.locks_out());
        let both = ThrottleReceipt::new(granted.decision(), at).with_ends(exhausts, locks_out);
        let both = both.with_note(granted.note() | receipt.note());
        Ok(ReserveReply::Decided(both))
    }

    async fn reserve_in(
        &self,
        attempt: &ThrottleAttempt,
        keys: RecordKeys,
    ) -> Result<ReserveReply, LinkFault> {
        let call = self.throttle_call(attempt, keys, &ThrottleStep::reserve());
        Ok(read_reservation(self.link.call(&call).await?)?)
    }

    pub(super) async fn settle(
        self: Arc<Self>,
        attempt: ThrottleAttempt,
        settlement: Settlement,
    ) -> Result<(), Unavailable> {
        // The request has waited for the reservation already. After the rest of its time it goes on without the answer, so
        // the settlement has a task of its own. No request waits for what an operator settles.
        let left = match settlement {
            Settlement::Success(receipt) | Settlement::Undone(receipt) => {
                ReceiptNote::of(receipt).left(self.settings.half())
            }
            Settlement::MarkFamiliar | Settlement::Unlock => self.link.unhurried(),
        };
        let settling = run_to_its_end(self.settle_in_time(attempt, settlement));
        let settled = timeout(left, settling).await;
        let owed = settled.unwrap_or_else(|_| Err(LinkFault::Late.into()))?;
        owed.map(drop).ok_or_else(corrupt)
    }

    async fn settle_in_time(
        self: Arc<Self>,
        attempt: ThrottleAttempt,
        settlement: Settlement,
    ) -> Result<Option<u64>, Unavailable> {
        let keys = RecordKeys::of(&self.keys, &attempt);
        let limit = match settlement {
            Settlement::Success(_) | Settlement::Undone(_) => self.settings.half(),
            Settlement::MarkFamiliar | Settlement::Unlock => self.link.unhurried(),
        };
        if self.is_single() {
            let step = ThrottleStep::settle(settlement, 0);
            let settling = self.settle_in(&attempt, keys, &step);
            return self.step_within(limit, settling).await;
        }
        let settling = self.settle_apart(&attempt, &keys, settlement);
        self.step_within(limit, settling).await
    }

    /// Settles at the account and then at the network, with the failures that the account returns to it.
    async fn settle_apart(
        &self,
        attempt: &ThrottleAttempt,
        keys: &RecordKeys,
        settlement: Settlement,
    ) -> Result<Option<u64>, LinkFault> {
        let (account, network) = (keys.account(), keys.network());
        let owed = match account.is_empty() {
            true => Some(0),
            false => {
                let step = ThrottleStep::settle(settlement, 0);
                self.settle_in(attempt, account, &step).await?
            }
        };
        let step = ThrottleStep::settle(settlement, owed.unwrap_or(0));
        if owed.is_none() || network.is_empty() || !step.touches_network() {
            return Ok(owed);
        }
        self.settle_in(attempt, network, &step).await
    }

    /// Returns how many failures the network gets back, or `None` if a record cannot be read.
    async fn settle_in(
        &self,
        attempt: &ThrottleAttempt,
        keys: RecordKeys,
        step: &ThrottleStep,
    ) -> Result<Option<u64>, LinkFault> {
        let call = self.throttle_call(attempt, keys, step);
        Ok(read_settlement(self.link.call(&call).await?)?)
    }

    fn throttle_call(
        &self,
        attempt: &ThrottleAttempt,
        keys: RecordKeys,
        step: &ThrottleStep,
    ) -> ScriptCall<'_> {
        let clock = self.settings.throttle_clock.as_ref();
        let now = clock.map(|clock| millis(clock.monotonic()));
        let kinds = keys.kinds();
        let call = self.scripts.throttle.with_keys(keys.into_names());
        with_arguments(
            call,
            attempt,
            &kinds,
            step,
            now,
            self.settings.accounts_of_part(),
        )
    }
}

/// Runs a step in a task of its own, so that it goes on even if the client goes away.
async fn run_to_its_end<T: Send + 'static>(
    step: impl Future<Output = Result<T, Unavailable>> + Send + 'static,
) -> Result<T, Unavailable> {
    let ended = tokio::spawn(step).await;
    ended.unwrap_or_else(|_| Err(Unavailable::new("the runtime of the Redis store has ended")))
}

fn read_reservation(mut items: ReplyItems) -> Result<ReserveReply, MisfitReply> {
    let now = Duration::from_millis(items.number()?);
    let note = ReceiptNote::shared(&items.text()?)?;
    let receipt = |decision| note.added_to(ThrottleReceipt::new(decision, now));
    let receipt = match &*items.text()? {
        "corrupt" => return Ok(ReserveReply::Corrupt),
        "admitted" => receipt(ThrottleDecision::Admitted),
        "repeated" => receipt(ThrottleDecision::Repeated),
        "counted" => {
            let (exhausts, locks_out) = (items.flag()?, items.flag()?);
            receipt(ThrottleDecision::Counted).with_ends(exhausts, locks_out)
        }
        "locked" => receipt(ThrottleDecision::LockedOut).with_refusing(BudgetKind::Unfamiliar),
        "wait" => {
            let wait = Duration::from_millis(items.number()?);
            receipt(ThrottleDecision::Wait(wait)).with_refusing(budget(&items.text()?)?)
        }
        _ => return Err(MisfitReply),
    };
    items.end()?;
    Ok(ReserveReply::Decided(receipt))
}

fn budget(name: &str) -> Result<BudgetKind, MisfitReply> {
    match name {
        "share" => Ok(BudgetKind::SubnetShare),
        "subnet" => Ok(BudgetKind::Subnet),
        "subscriber" => Ok(BudgetKind::Subscriber),
        "unfamiliar" => Ok(BudgetKind::Unfamiliar),
        _ => Err(MisfitReply),
    }
}

fn read_settlement(mut items: ReplyItems) -> Result<Option<u64>, MisfitReply> {
    let (_now, _shared) = (items.number()?, items.text()?);
    let owed = match &*items.text()? {
        "corrupt" => None,
        "settled" => Some(items.number()?),
        _ => return Err(MisfitReply),
    };
    items.end()?;
    Ok(owed)
}

#[cold]
fn corrupt() -> Unavailable {
    Unavailable::new("corrupt throttle record in Redis")
}
