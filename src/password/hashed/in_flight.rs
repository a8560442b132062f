//! Who is asking what just now.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Answer;
use crate::password::flight::{Observer, Passenger, Pilot, flight};
use crate::password::verdict_cache::Mac;

/// The computations that others may wait for, each under the MAC of what was *submitted*: names that nobody has do not
/// share one because they share a decoy.
#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashMap<Mac, Observer<Answer>>>>);

/// How to come by an answer.
pub(super) enum Boarding {
    /// Nobody is asking: compute it. Others find it until the [`Entry`] is dropped.
    First(Pilot<Answer>, Passenger<Answer>, Entry),
    /// Somebody is: wait.
    Later(Passenger<Answer>),
}

/// Others find a computation for as long as this exists. Whoever computes keeps it.
pub(super) struct Entry {
    all: InFlight,
    mac: Mac,
}

impl InFlight {
    pub(super) fn board(&self, mac: Mac) -> Boarding {
        let mut all = self.all();
        if let Some(known) = all.get(&mac) {
            return Boarding::Later(known.board());
        }
        let (pilot, passenger) = flight();
        all.insert(mac, passenger.observer());
        let all = self.clone();
        Boarding::First(pilot, passenger, Entry { all, mac })
    }

    /// No step leaves it half changed, so a panic elsewhere does not matter.
    fn all(&self) -> MutexGuard<'_, HashMap<Mac, Observer<Answer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.all.all().remove(&self.mac);
    }
}
