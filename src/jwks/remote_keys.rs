//! The keys of an issuer, fetched when they are needed.

use std::sync::Arc;
use std::time::Duration;

use super::keys_state::{Flight, KeysAge, KeysState};
use super::task::KeysFetcher;
use crate::derives::{clones, shows};
use crate::jose::{KeySet, KeySource};
use crate::now_or_later::NowOrLater;
use crate::unavailable::Unavailable;

/// The keys of an issuer, fetched when they are needed. See the [module](super) for when that is, and for an example.
///
/// [`at`](Self::at) takes the URL of the keys, and [`discover`](Self::discover) finds it. A clone shares the keys.
///
/// A fetch needs a running tokio runtime whose timers and sockets are enabled, as they are with `#[tokio::main]`.
/// Building needs none. Without a runtime, there are no keys, and the layer answers `503`.
pub struct RemoteKeys(Arc<KeysFetcher>);

impl KeySource for RemoteKeys {
    fn keys(&self) -> NowOrLater<Result<KeySet, Unavailable>> {
        let now = self.0.clock.monotonic();
        let mut state = self.0.state();
        let usable = state.usable(now, &self.0.timing);
        if let Some((keys, KeysAge::Fresh)) = usable {
            return NowOrLater::now(Ok(keys));
        }
        let flight = self.0.join_or_begin(&mut state, now);
        match (usable, flight) {
            (None | Some((_, KeysAge::Overdue)), Some(flight)) => {
                drop(state);
                self.after(flight, |keys| keys.result())
            }
            (Some((keys, _)), _) => NowOrLater::now(Ok(keys)),
            (None, None) => NowOrLater::now(Err(self.unavailable(&state, now))),
        }
    }

    fn newer_than(&self, known: KeySet) -> NowOrLater<KeySet> {
        let now = self.0.clock.monotonic();
        let mut state = self.0.state();
        match state.usable(now, &self.0.timing) {
            Some((keys, _)) if keys.generation() != known.generation() => NowOrLater::now(keys),
            _ => match self.0.join_or_begin(&mut state, now) {
                Some(flight) => {
                    drop(state);
                    self.after(flight, |keys| keys.result().unwrap_or(known))
                }
                None => NowOrLater::now(known),
            },
        }
    }
}

impl RemoteKeys {
    pub(super) fn of(fetcher: KeysFetcher) -> Self {
        Self(Arc::new(fetcher))
    }

    /// Waits for a fetch, and then answers from what is held.
    fn after<T>(
        &self,
        flight: Flight,
        answer: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> NowOrLater<T> {
        let keys = self.clone();
        NowOrLater::later(async move {
            flight.ended().await;
            answer(&keys)
        })
    }

    /// The keys that are held, without another fetch.
    fn result(&self) -> Result<KeySet, Unavailable> {
        let now = self.0.clock.monotonic();
        let state = self.0.state();
        let usable = state.usable(now, &self.0.timing);
        usable.map_or_else(|| Err(self.unavailable(&state, now)), |(keys, _)| Ok(keys))
    }

    /// No key was compared with the token, so the attempt is no guess.
    fn unavailable(&self, state: &KeysState, now: Duration) -> Unavailable {
        let why = state.fault().map_or_else(
            || "the keys could not be fetched: no tokio runtime is running".to_owned(),
            ToString::to_string,
        );
        let next = state.next_attempt(now, &self.0.timing);
        Unavailable::new(why).retry_after(next).not_compared()
    }
}

clones! { impl[] RemoteKeys[] { 0 } }

shows! { impl[] RemoteKeys[] as self { place: self.0.loader.place() } }
