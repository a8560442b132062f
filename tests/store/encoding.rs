//! Tests the encoding of records, which a store in a database or in Redis keeps.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use tower_challenge::Unavailable;
use tower_challenge::store::{
    FamiliarLimit, FamiliarRecord, NetworkLimit, NetworkRecord, Settlement, ThrottleAttempt,
    ThrottleDecision, ThrottleLimits, ThrottleReceipt, ThrottleRecords, UnfamiliarLimit,
    UnfamiliarRecord,
};

use crate::throttle::key;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MILLI: Duration = Duration::from_millis(1);

/// A record that a store keeps as bytes.
pub(crate) trait Encoded: Clone + Default + PartialEq + std::fmt::Debug {
    fn encode(&self) -> Vec<u8>;
    fn decode(bytes: &[u8]) -> Result<Self, Unavailable>;
}

macro_rules! encoded {
    ($($record:ty),*) => {$(
        impl Encoded for $record {
            fn encode(&self) -> Vec<u8> {
                self.to_bytes().into()
            }

            fn decode(bytes: &[u8]) -> Result<Self, Unavailable> {
                Self::from_bytes(bytes)
            }
        }
    )*};
}

encoded!(UnfamiliarRecord, FamiliarRecord, NetworkRecord);

/// Checks that the bytes of a record decode to the same record, and that neither shorter nor longer bytes decode.
fn has_one_encoding<R: Encoded>(record: &R) {
    let mut bytes = record.encode();
    assert_eq!(&R::decode(&bytes).expect("its own encoding"), record);
    for length in 0..bytes.len() {
        assert!(R::decode(&bytes[..length]).is_err(), "{length} bytes");
    }
    bytes.push(0);
    assert!(R::decode(&bytes).is_err(), "a byte too many");
}

/// Checks that bytes decode to a record which has this encoding, or do not decode. Returns whether they decode.
fn decodes_strictly<R: Encoded>(bytes: &[u8]) -> bool {
    let record = R::decode(bytes);
    if let Ok(record) = &record {
        assert_eq!(record.encode(), bytes);
    }
    record.is_ok()
}

fn limits() -> impl Strategy<Value = ThrottleLimits> {
    let every = || prop::sample::select(vec![MILLI, Duration::from_secs(90), DAY, DAY * 400]);
    let unfamiliar = (1..40_u8, every(), 1..9_u8, 0..60_u8);
    let known = (0..30_u8, every(), every());
    (unfamiliar, known).prop_map(
        |((failures, every, share, lockout), (spent, refill, memory))| {
            ThrottleLimits::new()
                .unfamiliar(UnfamiliarLimit::new(failures, every, share).lockout_after(lockout))
                .familiar(FamiliarLimit::new(spent, refill, memory))
                .subscriber(NetworkLimit::new(9, every))
        },
    )
}

/// An event at an account: its kind, the password, the location, and the seconds that pass before it.
type Event = (u8, u32, u32, u64);

fn history() -> impl Strategy<Value = Vec<Event>> {
    let time = prop_oneof![8 => 0..100_u64, 1 => 0..1_000_000_u64];
    vec((0..12_u8, 0..60_u32, 0..20_u32, time), 0..120)
}

/// Returns the records after a history, and the time at its end.
fn after(limits: ThrottleLimits, history: &[Event]) -> (ThrottleRecords, Duration) {
    let (mut records, mut now) = (ThrottleRecords::default(), Duration::ZERO);
    let mut receipt = ThrottleReceipt::new(ThrottleDecision::Counted, now);
    for (kind, tag, location, seconds) in history {
        now += Duration::from_secs(*seconds);
        let attempt = ThrottleAttempt::new(limits)
            .for_account(key(0), key(1), *tag)
            .at_location(*location);
        let attempt = match location % 3 {
            0 => attempt,
            _ => attempt.on_network(key(2), key(3 + u128::from(*location))),
        };
        match kind {
            0 | 1 => records.settle(&attempt, Settlement::Success(receipt), now),
            2 => records.settle(&attempt, Settlement::Undone(receipt), now),
            3 => records.settle(&attempt, Settlement::MarkFamiliar, now),
            4 if *tag < 5 => records.settle(&attempt, Settlement::Unlock, now),
            _ => receipt = records.reserve(&attempt, now),
        }
    }
    (records, now)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_record_decodes_only_from_its_own_bytes(limits in limits(), history in history()) {
        let (records, _) = after(limits, &history);
        has_one_encoding(&records.unfamiliar);
        has_one_encoding(&records.familiar);
        has_one_encoding(&records.subscriber);
        has_one_encoding(&records.subnet);
    }

    #[test]
    fn random_bytes_are_an_error_or_the_encoding_of_their_record(
        mut bytes in vec(any::<u8>(), 0..400),
        head in any::<bool>(),
    ) {
        if head && bytes.len() > 14 {
            // With a head that may be valid, the decoder reads the lists behind it.
            bytes[0] = 1;
            (bytes[1], bytes[14]) = (bytes[1] % 4, bytes[14] % 32);
            (bytes[10], bytes[11]) = (bytes[10] % 18, bytes[11] % 34);
        }
        decodes_strictly::<UnfamiliarRecord>(&bytes);
        decodes_strictly::<FamiliarRecord>(&bytes);
        decodes_strictly::<NetworkRecord>(&bytes);
    }

    /// If one byte changes, decoding either fails or gives a record with which the rules work.
    #[test]
    fn a_record_with_a_changed_byte_causes_no_panic(
        limits in limits(),
        history in history(),
        at in any::<prop::sample::Index>(),
        change in 1..=u8::MAX,
    ) {
        let (mut records, now) = after(limits, &history);
        let (mut unfamiliar, mut familiar) = (records.unfamiliar.to_bytes(), records.familiar.to_bytes());
        let (in_unfamiliar, in_familiar) = (at.index(unfamiliar.len()), at.index(familiar.len()));
        unfamiliar[in_unfamiliar] ^= change;
        familiar[in_familiar] ^= change;
        if decodes_strictly::<UnfamiliarRecord>(&unfamiliar) {
            records.unfamiliar = UnfamiliarRecord::from_bytes(&unfamiliar).expect("it was decoded");
        }
        if decodes_strictly::<FamiliarRecord>(&familiar) {
            records.familiar = FamiliarRecord::from_bytes(&familiar).expect("it was decoded");
        }
        for location in 0..20 {
            let attempt = ThrottleAttempt::new(limits)
                .for_account(key(0), key(1), location)
                .at_location(location)
                .on_network(key(2), key(3));
            let receipt = records.reserve(&attempt, now);
            records.settle(&attempt, Settlement::Success(receipt), now);
        }
        has_one_encoding(&records.unfamiliar);
        has_one_encoding(&records.familiar);
    }

    /// A store can delete a record when its time to live has passed, and not a millisecond earlier.
    #[test]
    fn a_record_lives_exactly_until_it_is_idle(limits in limits(), history in history()) {
        let (records, now) = after(limits, &history);
        let unfamiliar = limits.unfamiliar_limit();
        match records.unfamiliar.expires_in(&unfamiliar, now) {
            Some(left) => {
                prop_assert!(records.unfamiliar.is_idle(&unfamiliar, now + left));
                let earlier = left.checked_sub(MILLI);
                prop_assert!(earlier.is_none_or(|left| !records.unfamiliar.is_idle(&unfamiliar, now + left)));
            }
            None => {
                let next = records.unfamiliar.clone().reserve(u32::MAX, None, &unfamiliar, now + DAY * 100_000);
                prop_assert_eq!(next, tower_challenge::store::UnfamiliarDecision::LockedOut);
            }
        }
        let left = records.subscriber.expires_in(now);
        prop_assert!(records.subscriber.is_idle(now + left));
        prop_assert!(left.checked_sub(MILLI).is_none_or(|left| !records.subscriber.is_idle(now + left)));

        // An expired record of familiar locations decides as an empty one does, and returns the same updates.
        let known = limits.familiar_limit();
        let end = now + records.familiar.expires_in(&known, now);
        for location in 0..20 {
            let (mut kept, mut new) = (records.familiar.clone(), FamiliarRecord::default());
            prop_assert_eq!(kept.reserve(location, 1, &known, end), new.reserve(location, 1, &known, end));
            prop_assert_eq!(kept.success(location, 1, &known, end), new.success(location, 1, &known, end));
        }
    }
}

/// Other versions and other programs read this layout, so the test has it byte by byte.
#[test]
fn the_layout_is_the_documented_one() {
    let limits = ThrottleLimits::new();
    let at = Duration::from_millis(0x0102_0304_0506);
    let mut unfamiliar = UnfamiliarRecord::default();
    unfamiliar.reserve(0xa1a2_a3a4, None, &limits.unfamiliar_limit(), at);
    unfamiliar.reserve(0xb1b2_b3b4, Some([7, 8]), &limits.unfamiliar_limit(), at);
    unfamiliar.reserve(0xb1b2_b3b4, Some([7, 8]), &limits.unfamiliar_limit(), at);
    let seconds = u32::try_from(at.as_secs()).unwrap().to_be_bytes();
    let head = [&[1, 0, 0, 1, 2, 3, 4, 5, 6][..], &seconds, &[2, 2]].concat();
    let attempts = [
        0xa1, 0xa2, 0xa3, 0xa4, 0, 0, 0, 0xb1, 0xb2, 0xb3, 0xb4, 3, 7, 8,
    ];
    assert_eq!(unfamiliar.to_bytes(), [&head[..], &attempts].concat());

    let (mut familiar, known) = (FamiliarRecord::default(), limits.familiar_limit());
    let at = Duration::from_secs(0x0102_0304);
    familiar.success(0xc1c2_c3c4, 0, &known, at);
    familiar.reserve(0xc1c2_c3c4, 0xa1a2_a3a4, &known, at);
    let head = [1, 3, 1, 2, 3, 4, 1, 2, 3, 4, 1, 1];
    let location = [
        0xc1, 0xc2, 0xc3, 0xc4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 1, 0xa1, 0xa2, 0xa3, 0xa4, 0, 0,
    ];
    assert_eq!(familiar.to_bytes(), [&head[..], &location].concat());

    let mut subscriber = NetworkRecord::default();
    subscriber
        .reserve(&NetworkLimit::new(1, MILLI * 6), MILLI * 0x0102_0300)
        .expect("the first");
    assert_eq!(subscriber.to_bytes(), [1, 0, 0, 0, 0, 1, 2, 3, 6]);
}

#[test]
fn decoding_a_corrupt_record_fails_with_the_reason() {
    let familiar = |bytes: &[u8]| FamiliarRecord::from_bytes(bytes).expect_err("it is corrupt");
    let unfamiliar = |bytes: &[u8]| UnfamiliarRecord::from_bytes(bytes).expect_err("it is corrupt");
    let network = |bytes: &[u8]| NetworkRecord::from_bytes(bytes).expect_err("it is corrupt");
    let head = |credited: u8, flags, count, tried| {
        vec![1, flags, 0, 0, 0, credited, 0, 0, 0, 0, count, tried]
    };
    let with = |head: Vec<u8>, length: usize, last: [u8; 2]| {
        let mut bytes = head;
        bytes.resize(12 + length, 0);
        bytes.extend(last);
        bytes
    };
    let mut unknown_flags = UnfamiliarRecord::default().to_bytes();
    unknown_flags[14] = 1;
    unknown_flags.extend([0, 0, 0, 0, 8, 0, 0]);
    let mut absent = unknown_flags.clone();
    absent[19..].copy_from_slice(&[1, 0, 9]);
    for (error, text) in [
        (network(&[]), "wrong length"),
        (network(&[2, 0, 0, 0, 0, 0, 0, 0, 0]), "unknown version"),
        (unfamiliar(&[0; 15]), "unknown version"),
        (unfamiliar(&unknown_flags), "unknown flags"),
        (
            unfamiliar(&absent),
            "nonzero value although its flag is not set",
        ),
        (familiar(&head(0, 4, 0, 0)), "unknown flags"),
        (
            familiar(&head(1, 0, 0, 0)),
            "nonzero value although its flag is not set",
        ),
        (
            familiar(&head(0, 0, 17, 0)),
            "too many locations or attempts",
        ),
        (
            familiar(&head(0, 0, 1, 33)),
            "too many locations or attempts",
        ),
        (
            familiar(&with(head(0, 0, 1, 1), 18, [1, 0])),
            "an attempt at a location that does not exist",
        ),
        (
            familiar(&with(head(0, 0, 1, 1), 18, [0, 2])),
            "unknown flags",
        ),
    ] {
        assert_eq!(
            error.to_string(),
            format!("corrupt throttle record: {text}")
        );
        assert!(!error.is_not_compared());
    }
}
