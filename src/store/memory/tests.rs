use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::{MemoryStore, ReplayMemory};
use crate::store::{Claim, ClaimHolder, ClaimKey, ReplayStore};

const MINUTE: Duration = Duration::from_secs(60);

/// Keys of two different shards.
const BROKEN: ClaimKey = ClaimKey::new([0; 16]);
const SOUND: ClaimKey = ClaimKey::new([1; 16]);

#[test]
fn a_shard_in_which_a_claim_panicked_refuses_every_later_claim() {
    let store = MemoryStore::new();
    assert_eq!(once(&store, BROKEN), Ok(Claim::First));
    panic_within(&store.0);
    for _ in 0..2 {
        let why = "the replay store is broken: a claim panicked";
        assert_eq!(once(&store, BROKEN), Err(why.to_owned()));
    }
    assert_eq!(once(&store, SOUND), Ok(Claim::First), "another shard");
    assert_eq!(store.entry_count(), 2, "the keys can still be counted");
}

fn panic_within(memory: &ReplayMemory) {
    let shard = || memory.shards.part(*BROKEN.as_bytes());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _held = shard().unwrap();
        panic!("on purpose");
    }));
    assert!(panicked.is_err() && shard().is_none());
}

fn once(store: &MemoryStore, key: ClaimKey) -> Result<Claim, String> {
    let answer = store
        .claim_once(key, ClaimHolder::new(0), MINUTE)
        .try_now()
        .unwrap();
    answer.map_err(|why| why.to_string())
}
