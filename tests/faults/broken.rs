//! Dependencies that break when they are told to.

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
    ClaimedAccount, NowOrLater, Principal, RequestHead, Secret, Unavailable, Unverified,
    VerifiedNowOrLater,
};

use crate::support::run::later;
use crate::support::{OTHER_USER, PASSWORD, REALM};

/// What may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Whoever knows passwords, tokens or accounts.
    Verifier,
    /// The store, when a count is claimed.
    Claim,
    /// The store, when its epoch is asked for.
    Epoch,
    Reserve,
    Settle,
    Policy,
}

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Fails,
    FailsLater,
    Never,
    Panics,
    PanicsLater,
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

/// The fault that is due, once the switch is on.
#[derive(Clone, Debug)]
pub(crate) struct Switch {
    pub(crate) fault: Fault,
    pub(crate) on: Arc<AtomicBool>,
}

impl Switch {
    fn is_on(&self) -> bool {
        self.on.load(Ordering::SeqCst)
    }

    /// What is answered in place of the truth.
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
            Fault::Panics => panic!("as it is meant to"),
            Fault::PanicsLater => NowOrLater::later(async {
                later().await;
                panic!("as it is meant to")
            }),
            Fault::Garbage => NowOrLater::now(Ok(garbage)),
        }
    }
}

pub(crate) fn broken() -> Unavailable {
    Unavailable::new("as it is meant to")
}

/// A dependency that works until the switch is on.
#[derive(Debug)]
pub(crate) struct Broken<T> {
    pub(crate) inside: T,
    pub(crate) switch: Option<Switch>,
}

impl<T> Broken<T> {
    fn due(&self) -> Option<&Switch> {
        self.switch.as_ref().filter(|it| it.is_on())
    }
}

impl<V: VerifyPassword<Identity = Principal>> VerifyPassword for Broken<V> {
    type Identity = Principal;

    fn verify(&self, user: &str, password: Secret<'_>) -> VerifiedNowOrLater<Principal> {
        match self.due() {
            Some(switch) => switch.answer(Err(Unverified::default())),
            None => self.inside.verify(user, password),
        }
    }
}

impl<V: VerifyToken<Identity = Principal>> VerifyToken for Broken<V> {
    type Identity = Principal;

    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<Principal> {
        match self.due() {
            Some(switch) => switch.answer(Err(Unverified::default())),
            None => self.inside.verify(token),
        }
    }
}

impl<L: Lookup<str, Record = DigestAccount>> Lookup<str> for Broken<L> {
    type Record = DigestAccount;

    fn lookup(&self, name: &str) -> NowOrLater<Result<Option<DigestAccount>, Unavailable>> {
        let somebody_else = || {
            let identity = Principal::new(OTHER_USER);
            DigestAccount::from_password(REALM, OTHER_USER, Secret::new(PASSWORD), identity)
        };
        match self.due() {
            Some(switch) => switch.answer(Some(somebody_else())),
            None => self.inside.lookup(name),
        }
    }
}

/// A store of which one operation breaks.
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
        self.inside.claim_once(key, holder, ttl)
    }

    fn claim_count(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        count: u32,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        match self.claim.as_ref().filter(|it| it.is_on()) {
            Some(switch) => switch.answer(Claim::NotFirst),
            None => self.inside.claim_count(key, holder, count, ttl),
        }
    }

    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>> {
        match self.epoch.as_ref().filter(|it| it.is_on()) {
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

/// A throttle that breaks on the way in, or on the way out.
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
        match self.reserve.as_ref().filter(|it| it.is_on()) {
            Some(switch) => switch.answer(Reservation::Exhausted(Duration::MAX)),
            None => NowOrLater::now(Ok(Reservation::Granted(ThrottleTicket::default()))),
        }
    }

    fn settle(&self, _: ThrottleTicket, _: AttemptOutcome) -> NowOrLater<()> {
        match self.settle.as_ref().filter(|it| it.is_on()) {
            Some(switch) => switch.answer(()).map(|_| ()),
            None => NowOrLater::now(()),
        }
    }
}
