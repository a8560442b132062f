//! Dependencies of a layer that record their calls: verifiers, account tables, a replay store, an audit, a throttle.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use tower_challenge::audit::{self, Audit, AuditEvent};
use tower_challenge::client::Client;
use tower_challenge::password::{Lookup, VerifyPassword};
use tower_challenge::scheme::bearer::VerifyToken;
use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MemoryStore, ReplayStore, StoreEpoch};
use tower_challenge::throttle::{self, Reservation, Throttle, ThrottleTicket};
use tower_challenge::{
    ClaimedAccount, NowOrLater, Principal, RequestHead, Secret, Unavailable, VerifiedNowOrLater,
};

/// A verifier or an account table that records what the layer asks it. Clones share the record.
#[derive(Clone)]
pub struct Recording<T> {
    inside: Arc<T>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl<T> Recording<T> {
    /// Records the calls of `inside` in `asked`.
    pub fn new(inside: T, asked: &Arc<Mutex<Vec<String>>>) -> Self {
        let asked = Arc::clone(asked);
        Self {
            inside: Arc::new(inside),
            asked,
        }
    }

    fn note(&self, question: String) {
        self.asked.lock().unwrap().push(question);
    }
}

impl<T: VerifyPassword> VerifyPassword for Recording<T> {
    type Identity = T::Identity;

    fn verify(&self, user: &str, password: Secret<'_>) -> VerifiedNowOrLater<T::Identity> {
        self.note(format!("{user}\n{}", password.expose()));
        self.inside.verify(user, password)
    }
}

impl<T: VerifyToken> VerifyToken for Recording<T> {
    type Identity = T::Identity;

    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<T::Identity> {
        self.note(token.expose().to_owned());
        self.inside.verify(token)
    }
}

impl<T: Lookup<str>> Lookup<str> for Recording<T> {
    type Record = T::Record;

    fn lookup(&self, name: &str) -> NowOrLater<Result<Option<T::Record>, Unavailable>> {
        self.note(name.to_owned());
        self.inside.lookup(name)
    }
}

impl<T> fmt::Debug for Recording<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").finish_non_exhaustive()
    }
}

/// A replay store in memory that counts claims. Clones share the store and the count.
#[derive(Clone, Debug)]
pub struct CountingStore {
    inside: MemoryStore,
    claims: Arc<AtomicUsize>,
}

impl CountingStore {
    /// Counts the claims of `inside`.
    #[must_use]
    pub fn new(inside: MemoryStore) -> Self {
        Self {
            inside,
            claims: Arc::default(),
        }
    }

    /// Returns how many claims the store has received.
    #[must_use]
    pub fn claims(&self) -> usize {
        self.claims.load(Ordering::SeqCst)
    }

    /// Returns how many keys the store holds.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        self.inside.entry_count()
    }
}

impl ReplayStore for CountingStore {
    fn claim_once(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        self.claims.fetch_add(1, Ordering::SeqCst);
        self.inside.claim_once(key, holder, ttl)
    }

    fn claim_count(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        count: u32,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        self.claims.fetch_add(1, Ordering::SeqCst);
        self.inside.claim_count(key, holder, count, ttl)
    }

    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>> {
        self.inside.epoch()
    }
}

/// An audit that records every event. Clones share the record.
#[derive(Clone, Debug, Default)]
pub struct RecordingAudit(Arc<Mutex<Vec<RecordedEvent>>>);

/// A recorded event: the fields of an [`AuditEvent`] as owned values.
#[derive(Clone, Debug)]
pub struct RecordedEvent {
    /// The decision.
    pub outcome: audit::AuditOutcome,
    /// The reason of the decision, for people.
    pub text: &'static str,
    /// The stable code of the reason.
    pub code: Option<&'static str>,
    /// The reason of the refusal, if the request was refused.
    pub reason: Option<audit::RefusalReason>,
    /// The scheme that the client named.
    pub scheme: Option<String>,
    /// The account that the credentials claim.
    pub account: Option<String>,
    /// The authenticated identity.
    pub identity: Option<Principal>,
    /// The name of the identity.
    pub principal: Option<String>,
    /// Why the layer could not decide.
    pub cause: Option<String>,
    /// How long the decision took.
    pub latency: Duration,
    /// The status of the refusal.
    pub status: Option<StatusCode>,
    /// The client that sent the request.
    pub client: Client,
    /// The event as `Debug` shows it.
    pub shown: String,
}

impl RecordingAudit {
    /// Returns the recorded events, and clears the record.
    #[must_use]
    pub fn take(&self) -> Vec<RecordedEvent> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Audit for RecordingAudit {
    fn record(&self, event: &AuditEvent<'_>) {
        let identity = event.identity;
        let heard = RecordedEvent {
            outcome: event.outcome,
            text: event.text,
            code: event.code,
            reason: event.reason,
            scheme: event.scheme.map(str::to_owned),
            account: event.account.map(|account| account.name().to_owned()),
            identity: identity.and_then(|identity| identity.downcast_ref().cloned()),
            principal: event.principal.map(str::to_owned),
            cause: event.cause.map(ToString::to_string),
            latency: event.latency,
            status: event.status,
            client: event.client,
            shown: format!("{event:?}"),
        };
        self.0.lock().unwrap().push(heard);
    }
}

/// A throttle that grants every attempt until [`exhaust`](Self::exhaust) is called, and records the attempts. Clones
/// share the record.
#[derive(Clone, Debug, Default)]
pub struct RecordingThrottle(Arc<Attempts>);

#[derive(Debug, Default)]
struct Attempts {
    exhausted: AtomicBool,
    reserved: Mutex<Vec<Option<String>>>,
    settled: Mutex<Vec<throttle::AttemptOutcome>>,
}

impl RecordingThrottle {
    /// Refuses all attempts from now on.
    pub fn exhaust(&self) {
        self.0.exhausted.store(true, Ordering::SeqCst);
    }

    /// Returns the account of each reserved attempt, and clears the record.
    #[must_use]
    pub fn take_reserved(&self) -> Vec<Option<String>> {
        std::mem::take(&mut self.0.reserved.lock().unwrap())
    }

    /// Returns the outcome of each settled attempt, and clears the record.
    #[must_use]
    pub fn take_settled(&self) -> Vec<throttle::AttemptOutcome> {
        std::mem::take(&mut self.0.settled.lock().unwrap())
    }
}

impl Throttle for RecordingThrottle {
    fn reserve(
        &self,
        account: Option<&ClaimedAccount<'_>>,
        _: &Client,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>> {
        let account = account.map(|account| account.name().to_owned());
        self.0.reserved.lock().unwrap().push(account);
        let reservation = if self.0.exhausted.load(Ordering::SeqCst) {
            Reservation::Exhausted(Duration::from_millis(1500))
        } else {
            Reservation::Granted(ThrottleTicket::default())
        };
        NowOrLater::now(Ok(reservation))
    }

    fn settle(&self, _: ThrottleTicket, outcome: throttle::AttemptOutcome) -> NowOrLater<()> {
        self.0.settled.lock().unwrap().push(outcome);
        NowOrLater::now(())
    }
}
