//! The keys and arguments of the script that runs the rules of throttling.

use super::keys::StoreKeys;
use super::note::ReceiptNote;
use super::script::ScriptCall;
use crate::store::throttle::millis;
use crate::store::{NetworkLimit, Settlement, ThrottleAttempt, ThrottleDecision, ThrottleLimits};

/// The longest period in milliseconds: 35,000 years. The script computes with 53 bits.
const LONGEST: u64 = 1 << 50;

/// The keys of the records that an attempt touches, and of the tables of their parts, each with the letter of its kind.
#[derive(Clone, Debug)]
pub(super) struct RecordKeys(Vec<(u8, Vec<u8>)>);

impl RecordKeys {
    pub(super) fn of(keys: &StoreKeys, attempt: &ThrottleAttempt) -> Self {
        let mut named = Vec::with_capacity(8);
        if let Some(account) = attempt.unfamiliar_key() {
            let (part, unfamiliar) = keys.unfamiliar(account);
            let familiar = attempt.familiar_key().map(|key| keys.familiar(part, key));
            named.extend(familiar.map(|name| (b'f', name)));
            let [table, slots] = keys.accounts(part);
            named.extend([(b'u', unfamiliar), (b'a', table), (b'b', slots)]);
        }
        if let Some((subscriber, subnet)) = attempt.subscriber_key().zip(attempt.subnet_key()) {
            let [subscriber, subnet, table, slots] = keys.network(subscriber, subnet);
            named.extend([
                (b's', subscriber),
                (b'n', subnet),
                (b'w', table),
                (b'y', slots),
            ]);
        }
        Self(named)
    }

    /// The keys of the account alone.
    pub(super) fn account(&self) -> Self {
        self.only(b"fuab")
    }

    /// The keys of the network alone.
    pub(super) fn network(&self) -> Self {
        self.only(b"snwy")
    }

    fn only(&self, kinds: &[u8]) -> Self {
        let kept = self.0.iter().filter(|(kind, _)| kinds.contains(kind));
        Self(kept.cloned().collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn kinds(&self) -> Vec<u8> {
        self.0.iter().map(|(kind, _)| *kind).collect()
    }

    pub(super) fn into_names(self) -> Vec<Vec<u8>> {
        self.0.into_iter().map(|(_, name)| name).collect()
    }
}

/// The step that the script takes over the records.
pub(super) struct ThrottleStep {
    name: &'static str,
    at: u64,
    reserved_as: &'static str,
    credits: u64,
    note: ReceiptNote,
}

impl ThrottleStep {
    pub(super) fn reserve() -> Self {
        Self::new("reserve")
    }

    /// Settles an attempt, and credits failures to its network.
    pub(super) fn settle(settlement: Settlement, credits: u64) -> Self {
        let (name, receipt) = match settlement {
            Settlement::Success(receipt) => ("success", Some(receipt)),
            Settlement::Undone(receipt) => ("undone", Some(receipt)),
            Settlement::MarkFamiliar => ("mark", None),
            Settlement::Unlock => ("unlock", None),
        };
        let mut step = Self::new(name);
        step.credits = credits;
        step.note = ReceiptNote::of_settlement(&settlement);
        if let Some(receipt) = receipt {
            step.at = millis(receipt.at());
            step.reserved_as = match receipt.decision() {
                ThrottleDecision::Admitted => "admitted",
                ThrottleDecision::Counted => "counted",
                ThrottleDecision::Repeated => "repeated",
                // The store settles no attempt that was refused.
                ThrottleDecision::Wait(_) | ThrottleDecision::LockedOut => "refused",
            };
        }
        step
    }

    fn new(name: &'static str) -> Self {
        Self {
            name,
            at: 0,
            reserved_as: "",
            credits: 0,
            note: ReceiptNote::default(),
        }
    }

    /// Whether the settlement gives anything back to a network.
    pub(super) fn touches_network(&self) -> bool {
        self.credits > 0 || matches!(self.reserved_as, "counted" | "repeated")
    }
}

/// Adds the arguments of the script, in its order. Without `now` it reads the clock of the server. `room` is for how many
/// accounts a part has room.
pub(super) fn with_arguments<'a>(
    call: ScriptCall<'a>,
    attempt: &ThrottleAttempt,
    kinds: &[u8],
    step: &ThrottleStep,
    now: Option<u64>,
    room: u32,
) -> ScriptCall<'a> {
    let call = call.bytes(step.name).bytes(kinds);
    let call = match now {
        Some(now) => call.number(now),
        None => call.bytes([]),
    };
    let limits = limits(attempt.limits()).into_iter();
    let call = limits.fold(call, ScriptCall::number);
    let location = attempt
        .location()
        .filter(|_| attempt.familiar_key().is_some());
    let call = optional(call, location.map(u32::to_be_bytes));
    let call = optional(call, attempt.tag().map(u32::to_be_bytes));
    let call = optional(call, attempt.subnet_tag());
    call.number(step.at)
        .bytes(step.reserved_as)
        .number(step.credits)
        .bytes(step.note.letters())
        .number(room.into())
}

fn optional<const N: usize>(call: ScriptCall<'_>, argument: Option<[u8; N]>) -> ScriptCall<'_> {
    match argument {
        Some(bytes) => call.bytes(bytes),
        None => call.bytes([]),
    }
}

fn limits(limits: &ThrottleLimits) -> [u64; 11] {
    let (unfamiliar, familiar) = (limits.unfamiliar_limit(), limits.familiar_limit());
    let (subscriber, subnet) = (limits.subscriber_limit(), limits.subnet_limit());
    [
        unfamiliar.failures().into(),
        millis(unfamiliar.forgives_every()).clamp(1, LONGEST),
        unfamiliar.per_subnet().into(),
        unfamiliar.lockout_at().unwrap_or(0).into(),
        familiar.failures().into(),
        familiar.refill_seconds().into(),
        familiar.memory().as_secs().min(u32::MAX.into()),
        subscriber.failures().into(),
        network_period(&subscriber),
        subnet.failures().into(),
        network_period(&subnet),
    ]
}

/// The period of a network. The periods of all failures together must fit into 52 bits. For 500 failures this cuts a
/// period to at most 284 years, and for a million to 52 days.
fn network_period(limit: &NetworkLimit) -> u64 {
    let longest = (1 << 52) / (u64::from(limit.failures()) + 1);
    millis(limit.forgives_every()).clamp(1, longest)
}
