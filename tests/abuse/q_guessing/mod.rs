//! Abuse cases of section Q, guessing. The tests of cases about budgets are in `tests/throttle`.

mod cut_off;
mod full_store;
mod unreserved;
