//! Which sessions are proved, and which are over? RFC 8120 section 6 wants both to be known.
//!
//! A sid is sealed, so a session itself needs no memory. But a first proof that is wrong ends its session, so that an
//! exchange is good for one guess, and a wrong proof in a session that is proved changes nothing. So the server marks
//! sessions, in a table of fixed size. An attacker without a password adds a mark with each wrong proof, but none with an
//! exchange that is left half-finished.
//!
//! If the table is full, it forgets the mark of the session that began first, and raises its *floor* to the time at which
//! that session began. A session that began at or before the floor and has no mark is over. So a flood of guesses shortens
//! the sessions of others, whose clients begin new ones without asking their users. It never gives back a guess: if the
//! marks were forgotten without the floor, an attacker could fill the table, and guess again with the sessions that it
//! forgets.
//!
//! With several servers, each has its own marks. An exchange is then good for one guess at each server, and after a restart
//! for another one if the keys are loaded.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A session: when it began, in milliseconds since 1970, and the identifier of its nonce.
pub(super) type SessionKey = (u64, [u8; 16]);

/// The marks of sessions.
pub(super) struct SessionMarks {
    capacity: usize,
    table: Mutex<MarkTable>,
}

#[derive(Default)]
struct MarkTable {
    marks: BTreeMap<SessionKey, SessionMark>,
    /// Sessions that began at or before this time and have no mark are over.
    floor: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SessionMark {
    /// A client has proved that it knows the password.
    Proved,
    /// The session is over.
    Closed,
}

/// What a proof means for its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProofEffect {
    /// The proof is right. The session is proved.
    Right,
    /// The proof is wrong. If it was the first one, the session is now over.
    Wrong,
    /// The session was over before.
    Closed,
}

impl SessionMarks {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            table: Mutex::default(),
        }
    }

    /// Decides what a proof means, in one atomic step. The proof must have been compared before: then a second guess of the
    /// same exchange learns nothing, even if both come at once.
    pub(super) fn settle(&self, session: SessionKey, is_right: bool) -> ProofEffect {
        let mut table = self.table();
        match (table.mark_of(session), is_right) {
            (Some(SessionMark::Closed), _) => ProofEffect::Closed,
            (Some(SessionMark::Proved), true) => ProofEffect::Right,
            (Some(SessionMark::Proved), false) => ProofEffect::Wrong,
            (None, true) => {
                table.mark(session, SessionMark::Proved, self.capacity);
                ProofEffect::Right
            }
            (None, false) => {
                table.mark(session, SessionMark::Closed, self.capacity);
                ProofEffect::Wrong
            }
        }
    }

    /// Ends a session.
    pub(super) fn close(&self, session: SessionKey) {
        let capacity = self.capacity;
        self.table().mark(session, SessionMark::Closed, capacity);
    }

    /// The number of marks.
    pub(super) fn len(&self) -> usize {
        self.table().marks.len()
    }

    /// No caller panics while it holds the lock.
    fn table(&self) -> MutexGuard<'_, MarkTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MarkTable {
    fn mark_of(&self, session: SessionKey) -> Option<SessionMark> {
        let (began, _) = session;
        let mark = self.marks.get(&session).copied();
        mark.or_else(|| (began <= self.floor).then_some(SessionMark::Closed))
    }

    fn mark(&mut self, session: SessionKey, mark: SessionMark, capacity: usize) {
        self.marks.insert(session, mark);
        while self.marks.len() > capacity {
            if let Some(((began, _), _)) = self.marks.pop_first() {
                self.floor = self.floor.max(began);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ProofEffect, SessionKey, SessionMarks};

    const fn session(began: u64) -> SessionKey {
        (began, [7; 16])
    }

    #[test]
    fn a_first_wrong_proof_ends_the_session_and_a_later_one_does_not() {
        let marks = SessionMarks::new(8);
        assert_eq!(marks.settle(session(1), false), ProofEffect::Wrong);
        assert_eq!(marks.settle(session(1), true), ProofEffect::Closed);
        assert_eq!(marks.settle(session(1), false), ProofEffect::Closed);
        assert_eq!(marks.settle(session(2), true), ProofEffect::Right);
        assert_eq!(marks.settle(session(2), false), ProofEffect::Wrong);
        assert_eq!(marks.settle(session(2), true), ProofEffect::Right);
        marks.close(session(2));
        assert_eq!(marks.settle(session(2), true), ProofEffect::Closed);
    }

    #[test]
    fn a_full_table_gives_no_guess_back() {
        let marks = SessionMarks::new(2);
        for began in 1..=5 {
            assert_eq!(marks.settle(session(began), false), ProofEffect::Wrong);
        }
        assert_eq!(marks.len(), 2);
        for began in 1..=5 {
            assert_eq!(marks.settle(session(began), true), ProofEffect::Closed);
        }
        // A session that began after the floor is as before, and one that began at the floor is over.
        assert_eq!(marks.settle((3, [8; 16]), true), ProofEffect::Closed);
        assert_eq!(marks.settle((6, [8; 16]), true), ProofEffect::Right);
    }

    #[test]
    fn a_table_without_places_ends_every_session_with_its_first_proof() {
        let marks = SessionMarks::new(0);
        assert_eq!(marks.settle(session(1), true), ProofEffect::Right);
        assert_eq!(marks.settle(session(1), true), ProofEffect::Closed);
    }
}
