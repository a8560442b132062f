//! The task that fetches.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::fetch_event::{FetchListener, tell};
use super::keys_state::{FetchTiming, Flight, HeldKeys, KeysState};
use super::loader::{KeysLoader, LoadedKeys};
use crate::clock::Timer;
use crate::http_client::{FetchFault, caught, first};

/// The settings and the keys that the callers share with the task.
pub(super) struct KeysFetcher {
    pub(super) loader: KeysLoader,
    pub(super) timing: FetchTiming,
    pub(super) clock: Arc<dyn Timer>,
    pub(super) listener: Option<FetchListener>,
    pub(super) state: Mutex<KeysState>,
}

impl KeysFetcher {
    /// Locks the state. A poisoned lock is used as it is: no step leaves the state half changed.
    pub(super) fn state(&self) -> MutexGuard<'_, KeysState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the fetch that is under way, or begins one. Returns `None` if none may begin yet, or if no runtime could
    /// run it.
    ///
    /// The task belongs to no request. A client that disconnects would otherwise cancel the fetch for all others.
    pub(super) fn join_or_begin(
        self: &Arc<Self>,
        state: &mut KeysState,
        now: Duration,
    ) -> Option<Flight> {
        if let Some(flight) = state.flight(now, &self.timing) {
            return Some(flight);
        }
        if !state.next_attempt(now, &self.timing).is_zero() {
            return None;
        }
        let runtime = Handle::try_current().ok()?;
        let (sender, flight) = Flight::new();
        state.begin(now, flight.clone());
        let fetcher = Arc::clone(self);
        let known = state.loaded();
        runtime.spawn(async move { fetcher.fetch(known, now, sender).await });
        Some(flight)
    }

    /// Fetches. The callers go on when `sender` is dropped, also if that is because the runtime shuts down.
    async fn fetch(&self, known: Option<LoadedKeys>, began: Duration, sender: watch::Sender<()>) {
        let place = self.loader.place();
        let load = async {
            let timeout = self.clock.sleep(self.timing.timeout);
            let late = async {
                timeout.await;
                let why = format!("took longer than {:?}", self.timing.timeout);
                Err(FetchFault::new(why).at(&place))
            };
            let loaded = first(self.loader.load(known), late).await?;
            Ok(HeldKeys::new(loaded, began, &self.timing))
        };
        let panicked = || Err(FetchFault::new("the HTTP client panicked").at(&place));
        let result = caught(load).await.unwrap_or_else(panicked);
        let events = self.state().end(began, result);
        drop(sender);
        if let Some(listener) = &self.listener {
            events.iter().for_each(|event| tell(listener, event));
        }
    }
}
