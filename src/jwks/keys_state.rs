//! Which keys are held, and when the next fetch is due. It reads no clock and sends nothing.

use std::time::Duration;

use tokio::sync::watch;

use super::fetch_event::FetchEvent;
use super::loader::LoadedKeys;
use crate::config_error::ConfigError;
use crate::http_client::FetchFault;
use crate::jose::KeySet;

/// The limits of time.
pub(super) struct FetchTiming {
    pub(super) refresh_after: Duration,
    pub(super) stale_for: Duration,
    pub(super) min_interval: Duration,
    pub(super) timeout: Duration,
    pub(super) jitter: Box<Jitter>,
}

/// Returns by how much sooner a refresh after the given time begins.
pub(super) type Jitter = dyn Fn(Duration) -> Duration + Send + Sync;

/// The shortest time that a `max-age` can ask for.
const SHORTEST_REFRESH: Duration = Duration::from_secs(60);

/// How many keys that were skipped are reported one by one.
const MOST_REPORTED: usize = 16;

/// The keys that are held, and how the last fetch ended. Times are those of the monotonic clock.
#[derive(Default)]
pub(super) struct KeysState {
    held: Option<HeldKeys>,
    last_attempt: Option<Duration>,
    /// Why the last fetch failed, if it did.
    fault: Option<ConfigError>,
    flight: Option<Flight>,
}

/// The keys of a good fetch.
pub(super) struct HeldKeys {
    loaded: LoadedKeys,
    since: Duration,
    refresh_at: Duration,
    /// When the keys have become so old that a caller waits for newer ones.
    overdue_at: Duration,
}

/// A fetch that is under way. It ends when its task drops the sender.
#[derive(Clone)]
pub(super) struct Flight(watch::Receiver<()>);

/// How old the keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeysAge {
    Fresh,
    /// They are to be refreshed, and good meanwhile.
    Due,
    /// They were not refreshed when they should have been, because no token arrived.
    Overdue,
}

impl Flight {
    pub(super) fn new() -> (watch::Sender<()>, Self) {
        let (sender, receiver) = watch::channel(());
        (sender, Self(receiver))
    }

    /// Waits until the fetch has ended, well or badly.
    pub(super) async fn ended(mut self) {
        while self.0.changed().await.is_ok() {}
    }

    fn has_ended(&self) -> bool {
        self.0.has_changed().is_err()
    }
}

impl KeysState {
    /// The keys that may be used now.
    pub(super) fn usable(&self, now: Duration, timing: &FetchTiming) -> Option<(KeySet, KeysAge)> {
        let held = self.held.as_ref()?;
        if now.saturating_sub(held.since) >= timing.stale_for {
            return None;
        }
        // While fetches fail, no caller waits for one: an issuer that hangs would delay a request every 30 seconds.
        let age = if now >= held.overdue_at && self.fault.is_none() {
            KeysAge::Overdue
        } else if now >= held.refresh_at {
            KeysAge::Due
        } else {
            KeysAge::Fresh
        };
        Some((held.loaded.keys.clone(), age))
    }

    /// The fetch that is under way.
    pub(super) fn flight(&self, now: Duration, timing: &FetchTiming) -> Option<Flight> {
        let flight = self.flight.clone().filter(|flight| !flight.has_ended())?;
        // The task of a runtime that stands still never ends. A fetch takes `timeout` at most.
        let lost = self.since_attempt(now)? > timing.timeout.saturating_mul(2);
        (!lost).then_some(flight)
    }

    /// How long no fetch may begin. Zero if one may begin now.
    pub(super) fn next_attempt(&self, now: Duration, timing: &FetchTiming) -> Duration {
        self.since_attempt(now).map_or(Duration::ZERO, |time| {
            timing.min_interval.saturating_sub(time)
        })
    }

    fn since_attempt(&self, now: Duration) -> Option<Duration> {
        self.last_attempt.map(|last| now.saturating_sub(last))
    }

    /// Notes that a fetch begins.
    pub(super) fn begin(&mut self, now: Duration, flight: Flight) {
        self.last_attempt = Some(now);
        self.flight = Some(flight);
    }

    pub(super) fn loaded(&self) -> Option<LoadedKeys> {
        self.held.as_ref().map(|held| held.loaded.clone())
    }

    pub(super) const fn fault(&self) -> Option<&ConfigError> {
        self.fault.as_ref()
    }

    /// Notes the result of the fetch that began at `began`. Returns what the listener should hear.
    pub(super) fn end(
        &mut self,
        began: Duration,
        result: Result<HeldKeys, FetchFault>,
    ) -> Vec<FetchEvent> {
        // A fetch on a runtime that stands still can end after a later fetch has brought keys. Its keys are older, and one
        // of them may have been withdrawn.
        if self.held.as_ref().is_some_and(|held| began < held.since) {
            return Vec::new();
        }
        let held = match result {
            Ok(held) => held,
            Err(fault) => {
                let fault = ConfigError::new(fault.into_text());
                self.fault = Some(fault.clone());
                return vec![FetchEvent::Failed(fault)];
            }
        };
        let recovers = self.fault.take().is_some();
        let before = self.held.as_ref().map(|held| held.loaded.text);
        let events = events(&held.loaded, before != Some(held.loaded.text), recovers);
        self.held = Some(held);
        events
    }
}

impl HeldKeys {
    /// The keys of a fetch that began at `since`. It calls the application's jitter, so no lock may be held.
    pub(super) fn new(loaded: LoadedKeys, since: Duration, timing: &FetchTiming) -> Self {
        let longest = timing.refresh_after;
        let fresh = loaded.fresh_for.unwrap_or(longest);
        let fresh = fresh.max(SHORTEST_REFRESH).min(longest);
        let sooner = (timing.jitter)(fresh).min(fresh / 2);
        Self {
            loaded,
            since,
            refresh_at: since.saturating_add(fresh.saturating_sub(sooner)),
            overdue_at: since.saturating_add(fresh.saturating_mul(2)),
        }
    }
}

fn events(loaded: &LoadedKeys, is_new: bool, recovers: bool) -> Vec<FetchEvent> {
    let skipped = loaded.keys.skipped().iter().take(MOST_REPORTED);
    let skipped = skipped.cloned().map(FetchEvent::FetchedWith);
    match (is_new, recovers) {
        (true, _) if !loaded.keys.skipped().is_empty() => skipped.collect(),
        (false, false) => Vec::new(),
        _ => vec![FetchEvent::Fetched],
    }
}
