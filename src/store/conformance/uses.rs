//! Which counts a key has.

use super::ask::count;
use super::backend::ReplayBackend;
use super::random::{SeededRandom, new_key};
use crate::store::{ClaimKey, MAX_COUNT};

/// Every count from 1 to [`MAX_COUNT`] can be claimed, once, in any order.
///
/// # Panics
///
/// Panics if one is refused the first time or granted the second time.
pub fn counts_come_in_any_order<B: ReplayBackend>(backend: &B) {
    let mut random = SeededRandom::new();
    let key = new_key();
    for number in random.shuffled(MAX_COUNT) {
        let what = format!("count {number}, which nobody has claimed");
        count(backend, key, number).must_be_first(&what);
    }
    for number in random.shuffled(MAX_COUNT) {
        let what = format!("count {number}, claimed a second time");
        count(backend, key, number).must_be_again(&what);
    }
}

/// Counts below 1 and above [`MAX_COUNT`] are refused, and stand for none within.
///
/// # Panics
///
/// Panics if one is granted, or if refusing it has spent a count.
pub fn counts_out_of_range_are_refused<B: ReplayBackend>(backend: &B) {
    let key = new_key();
    refused_out_of_range(backend, key);
    for number in [1, 2, 63, 64, MAX_COUNT - 1, MAX_COUNT] {
        let what = format!("count {number}, after some out of range");
        count(backend, key, number).must_be_first(&what);
    }
    refused_out_of_range(backend, key);
}

fn refused_out_of_range<B: ReplayBackend>(backend: &B, key: ClaimKey) {
    for number in [
        0,
        MAX_COUNT + 1,
        MAX_COUNT + 64,
        MAX_COUNT * 2,
        1 << 16,
        u32::MAX,
    ] {
        let what = format!("count {number}, which is out of range");
        count(backend, key, number).must_be_again(&what);
    }
}
