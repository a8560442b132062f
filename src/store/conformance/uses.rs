//! Checks which counts of a key can be claimed.

use super::ask::count;
use super::backend::ReplayBackend;
use super::random::{SeededRandom, new_key};
use crate::store::{ClaimKey, MAX_COUNT};

/// Checks that every count from 1 to [`MAX_COUNT`] can be claimed once, in any order.
///
/// # Panics
///
/// Panics if the store refuses a count the first time or grants it the second time.
pub fn counts_can_be_claimed_in_any_order<B: ReplayBackend>(backend: &B) {
    let mut random = SeededRandom::new();
    let key = new_key();
    for number in random.shuffled(MAX_COUNT) {
        let what = format!("count {number}, which is unclaimed");
        count(backend, key, number).must_be_first(&what);
    }
    for number in random.shuffled(MAX_COUNT) {
        let what = format!("count {number}, claimed a second time");
        count(backend, key, number).must_be_not_first(&what);
    }
}

/// Checks that the store refuses counts below 1 and above [`MAX_COUNT`], and does not take them for counts within the
/// range.
///
/// # Panics
///
/// Panics if the store grants such a count, or if refusing it has used up a count.
pub fn the_store_refuses_counts_out_of_range<B: ReplayBackend>(backend: &B) {
    let key = new_key();
    must_refuse_counts_out_of_range(backend, key);
    for number in [1, 2, 63, 64, MAX_COUNT - 1, MAX_COUNT] {
        let what = format!("count {number}, after some out of range");
        count(backend, key, number).must_be_first(&what);
    }
    must_refuse_counts_out_of_range(backend, key);
}

fn must_refuse_counts_out_of_range<B: ReplayBackend>(backend: &B, key: ClaimKey) {
    for number in [
        0,
        MAX_COUNT + 1,
        MAX_COUNT + 64,
        MAX_COUNT * 2,
        1 << 16,
        u32::MAX,
    ] {
        let what = format!("count {number}, which is out of range");
        count(backend, key, number).must_be_not_first(&what);
    }
}
