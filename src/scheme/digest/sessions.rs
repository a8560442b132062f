//! The keys of sessions, for who computes them once (RFC 7616 section 3.4.2).

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use super::proof::Ha1;
use crate::config_error::ConfigError;
use crate::random::random;

/// How many are remembered.
const CAPACITY: usize = 16_384;

/// What a key is remembered under: whose it is, and with which nonce it is used.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place([u8; 32]);

/// A session to be kept once its request is known to be no replay: its key, and where.
pub(super) type Begun = (Ha1, Vec<Place>);

/// The keys of those who have logged in. Nobody else makes it grow.
pub(super) struct Sessions {
    seed: Zeroizing<[u8; 32]>,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    keys: HashMap<Place, Ha1>,
    /// The oldest first.
    order: VecDeque<Place>,
}

impl Sessions {
    pub(super) fn new() -> Result<Self, ConfigError> {
        Ok(Self {
            seed: Zeroizing::new(random()?),
            table: Mutex::default(),
        })
    }

    /// A key is good for nobody but the user who began its session, and no longer than the password and the nonce.
    pub(super) fn place(&self, secret: &Ha1, user: &str, nonce: &[u8]) -> Place {
        let mut hash = blake3::Hasher::new_keyed(&self.seed);
        let algorithm = secret.algorithm().name().as_bytes();
        for part in [algorithm, secret.octets(), user.as_bytes(), nonce] {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Place(*hash.finalize().as_bytes())
    }

    pub(super) fn key(&self, place: Place) -> Option<Ha1> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.keys.get(&place).cloned()
    }

    /// Keeps the key of a session wherever it is to be found.
    pub(super) fn keep_all(&self, (key, places): &Begun) {
        for place in places {
            self.keep(*place, key);
        }
    }

    /// Keeps the key of a session, unless its first request has set it.
    fn keep(&self, place: Place, key: &Ha1) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.keys.contains_key(&place) {
            return;
        }
        if table.order.len() >= CAPACITY {
            let oldest = table.order.pop_front();
            oldest.and_then(|oldest| table.keys.remove(&oldest));
        }
        table.order.push_back(place);
        table.keys.insert(place, key.clone());
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::algorithm::Algorithm;
    use super::{CAPACITY, Ha1, Sessions};

    #[test]
    fn the_oldest_session_is_forgotten_for_a_new_one() {
        let sessions = Sessions::new().unwrap();
        let key = Ha1::of(Algorithm::Sha256, b"ada", b"files", b"lovelace");
        let place = |number: usize| sessions.place(&key, "ada", &number.to_be_bytes());
        for number in 0..CAPACITY {
            sessions.keep(place(number), &key);
        }
        assert!(sessions.key(place(0)).is_some());
        sessions.keep(place(CAPACITY), &key);
        assert!(sessions.key(place(0)).is_none());
        for number in [1, CAPACITY - 1, CAPACITY] {
            assert!(sessions.key(place(number)).is_some());
        }
        assert!(sessions.table.lock().unwrap().keys.len() <= CAPACITY);
    }
}
