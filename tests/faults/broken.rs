//! Dependencies of a layer that fail after a test switches their fault on.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tower_challenge::ErrorParams;
use tower_challenge::client::Client;
use tower_challenge::password::{Lookup, VerifyPassword};
use tower_challenge::policy::{Policy, PolicyDecision};
use tower_challenge::scheme::bearer::VerifyToken;
use tower_challenge::scheme::digest::DigestAccount;
use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MemoryStore, ReplayStore, StoreEpoch};
use tower_challenge::throttle::{AttemptOutcome, Reservation, Throttle, ThrottleTicket};
use tower_challenge::{
    ClaimedAccount, NowOrLater, Principal, RequestHead, Secret, Unavailable, VerifiedNowOrLater,
    VerifyFailure,
};

use crate::support::run::later;
use crate::support::{OTHER_USER, PASSWORD, REALM};

/// The call that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The verifier of passwords or tokens, or the table of accounts.
    Verifier,
    /// The replay store, when the scheme claims a count.
    Claim,
    /// The replay store, when the scheme asks for its epoch.
    Epoch,
    /// The throttle, when the layer reserves an attempt.
    Reserve,
    /// The throttle, when the layer settles an attempt.
    Settle,
    /// The policy.
    Policy,
}

/// The way in which a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The call returns an error at once.
    Fails,
    /// The call waits, and then returns an error.
    FailsLater,
    /// The call never ends.
    Never,
    /// The call panics at once.
    Panics,
    /// The call waits, and then panics.
    PanicsLater,
    /// The call returns a wrong answer.
    Garbage,
}

pub(crate) const PARTS: [Part; 6] = [
    Part::Verifier,
    Part::Claim,
    Part::Epoch,
    Part::Reserve,
    Part::Settle,
    Part::Policy,
];

pub(crate) const FAULTS: [Fault; 6] = [
    Fault::Fails,
    Fault::FailsLater,
    Fault::Never,
    Fault::Panics,
    Fault::PanicsLater,
    Fault::Garbage,
];

/// A fault, and whether it is switched on.
#[derive(Clone, Debug)]
pub(crate) struct Switch {
    pub(crate) fault: Fault,
    pub(crate) on: Arc<AtomicBool>,
}

impl Switch {
    fn is_on(&self) -> bool {
        self.on.load(Ordering::SeqCst)
    }

    /// Returns the answer of the faulty call. `garbage` is its wrong answer.
    pub(crate) fn answer<T: Send + 'static>(
        &self,
        garbage: T,
    ) -> NowOrLater<Result<T, Unavailable>> {
        match self.fault {
            Fault::Fails => NowOrLater::now(Err(broken())),
            Fault::FailsLater => NowOrLater::later(async {
                later().await;
                Err(broken())
            }),
            Fault::Never => NowOrLater::later(pending()),
            Fault::Panics => panic!("the test panics on purpose"),
            Fault::PanicsLater => NowOrLater::later(async {
                later().await;
                panic!("the test panics on purpose")
            }),
            Fault::Garbage => NowOrLater::now(Ok(garbage)),
        }
    }
}

pub(crate) fn broken() -> Unavailable {
    Unavailable::new("the test makes this call fail")
}

/// A dependency that works until its fault is switched on.
#[derive(Debug)]
pub(crate) struct Broken<T> {
    pub(crate) inside: T,
    pub(crate) switch: Option<Switch>,
}

impl<T> Broken<T> {
    /// Returns the fault, if it is switched on.
    fn due(&self) -> Option<&Switch> {
        self.switch.as_ref().filter(|switch| switch.is_on())
    }
}

impl<V: VerifyPassword<Identity = Principal>> VerifyPassword for Broken<V> {
    type Identity = Principal;

    fn verify(&self, user: &str, password: Secret<'_>) -> VerifiedNowOrLater<Principal> {
        match self.due() {
            Some(switch) => switch.answer(Err(VerifyFailure::default())),
            None => self.inside.verify(user, password),
        }
    }
}

impl<V: VerifyToken<Identity = Principal>> VerifyToken for Broken<V> {
    type Identity = Principal;

    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<Principal> {
        match self.due() {
            Some(switch) => switch.answer(Err(VerifyFailure::default())),
            None => self.inside.verify(token),
        }
    }
}

impl<L: Lookup<str, Record = DigestAccount>> Lookup<str> for Broken<L> {
    type Record = DigestAccount;

    fn lookup(&self, name: &str) -> NowOrLater<Result<Option<DigestAccount>, Unavailable>> {
        let other_account = || {
            let identity = Principal::new(OTHER_USER);
            DigestAccount::from_password(REALM, OTHER_USER, Secret::new(PASSWORD), identity)
        };
        match self.due() {
            Some(switch) => switch.answer(Some(other_account())),
            None => self.inside.lookup(name),
        }
    }
}

/// A replay store with a faulty operation.
#[derive(Debug)]
pub(crate) struct BrokenStore {
    pub(crate) inside: MemoryStore,
    pub(crate) claim: Option<Switch>,
    pub(crate) epoch: Option<Switch>,
}

impl ReplayStore for BrokenStore {
    fn claim_once(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        match self.claim.as_ref().filter(|switch| switch.is_on()) {
            Some(switch) => switch.answer(Claim::NotFirst),
            None => self.inside.claim_once(key, holder, ttl),
        }
    }

    fn claim_count(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        count: u32,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        match self.claim.as_ref().filter(|switch| switch.is_on()) {
            Some(switch) => switch.answer(Claim::NotFirst),
            None => self.inside.claim_count(key, holder, count, ttl),
        }
    }

    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>> {
        match self.epoch.as_ref().filter(|switch| switch.is_on()) {
            Some(switch) => switch.answer(StoreEpoch::new(0)),
            None => self.inside.epoch(),
        }
    }
}

impl Policy<Principal> for Broken<()> {
    fn decide(
        &self,
        _: &Principal,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<PolicyDecision, Unavailable>> {
        let lack = ErrorParams::insufficient_user_authentication(None, Some(0)).unwrap();
        match self.due() {
            Some(switch) => switch.answer(PolicyDecision::StepUp(lack)),
            None => NowOrLater::now(Ok(PolicyDecision::Allow)),
        }
    }
}

/// A throttle that fails when it reserves or when it settles an attempt.
#[derive(Debug)]
pub(crate) struct BrokenThrottle {
    pub(crate) reserve: Option<Switch>,
    pub(crate) settle: Option<Switch>,
}

impl Throttle for BrokenThrottle {
    fn reserve(
        &self,
        _: Option<&ClaimedAccount<'_>>,
        _: &Client,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>> {
        match self.reserve.as_ref().filter(|switch| switch.is_on()) {
            Some(switch) => switch.answer(Reservation::Exhausted(Duration::MAX)),
            None => NowOrLater::now(Ok(Reservation::Granted(ThrottleTicket::default()))),
        }
    }

    fn settle(&self, _: ThrottleTicket, _: AttemptOutcome) -> NowOrLater<()> {
        match self.settle.as_ref().filter(|switch| switch.is_on()) {
            Some(switch) => switch.answer(()).map(|_| ()),
            None => NowOrLater::now(()),
        }
    }
}
