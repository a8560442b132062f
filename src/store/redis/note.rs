//! The note that the store leaves for itself in a receipt.

use std::time::Duration;

use super::reply::MisfitReply;
use crate::store::{Settlement, ThrottleReceipt};

/// The note in a receipt: where the attempt is counted, and how long its request has waited for that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ReceiptNote(u8);

/// This process has counted the attempt alone. The other bits are then those of its own store.
const ALONE: u8 = 0x80;

/// The letters of the records that the server counted in shared slots, and their bits.
const SHARED: [(u8, u8); 3] = [(b'u', 1), (b's', 2), (b'n', 4)];

/// Where the number begins that tells how much of its time the request has waited.
const WAITED: u32 = 3;

/// The time of a request has so many parts.
const PARTS_OF_TIME: u8 = 15;

impl ReceiptNote {
    /// The note in a receipt.
    pub(super) const fn of(receipt: ThrottleReceipt) -> Self {
        Self(receipt.note())
    }

    /// The note in the receipt of a settlement, if it has one.
    pub(super) const fn of_settlement(settlement: &Settlement) -> Self {
        match settlement {
            Settlement::Success(receipt) | Settlement::Undone(receipt) => Self::of(*receipt),
            Settlement::MarkFamiliar | Settlement::Unlock => Self(0),
        }
    }

    /// The note about records that the server counted in shared slots.
    pub(super) fn shared(letters: &str) -> Result<Self, MisfitReply> {
        let mut note = 0;
        for letter in letters.bytes() {
            let (_, bit) = SHARED
                .iter()
                .find(|(known, _)| *known == letter)
                .ok_or(MisfitReply)?;
            note |= bit;
        }
        Ok(Self(note))
    }

    /// The letters of the records that the server counted in shared slots.
    pub(super) fn letters(self) -> Vec<u8> {
        let counted = SHARED.iter().filter(|(_, bit)| self.0 & bit != 0);
        counted.map(|(letter, _)| *letter).collect()
    }

    pub(super) const fn is_shared(self) -> bool {
        self.0 & ALONE == 0 && self.0 & 7 != 0
    }

    pub(super) const fn is_alone(self) -> bool {
        self.0 & ALONE != 0
    }

    /// Adds that the request has waited for so long, of the time that it may wait for the throttle.
    pub(super) fn with_waited(self, waited: Duration, of: Duration) -> Self {
        let parts = (waited.as_nanos() * u128::from(PARTS_OF_TIME)).div_ceil(of.as_nanos().max(1));
        let parts = u8::try_from(parts).map_or(PARTS_OF_TIME, |parts| parts.min(PARTS_OF_TIME));
        Self(self.0 | parts << WAITED)
    }

    /// How much of the time `of` is left for the settlement.
    pub(super) fn left(self, of: Duration) -> Duration {
        let waited = (self.0 >> WAITED) & PARTS_OF_TIME;
        of / u32::from(PARTS_OF_TIME) * u32::from(PARTS_OF_TIME - waited)
    }

    /// Leaves this note in a receipt, beside what it says already.
    pub(super) const fn added_to(self, receipt: ThrottleReceipt) -> ThrottleReceipt {
        receipt.with_note(receipt.note() | self.0)
    }
}

/// Notes in a receipt that this process has counted the attempt alone.
pub(super) const fn alone(receipt: ThrottleReceipt) -> ThrottleReceipt {
    ReceiptNote(ALONE).added_to(receipt)
}

/// Removes the mark, so that the store of this process finds its own note.
pub(super) const fn without_alone(receipt: ThrottleReceipt) -> ThrottleReceipt {
    receipt.with_note(receipt.note() & !ALONE)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{ReceiptNote, alone, without_alone};
    use crate::store::{Settlement, ThrottleDecision, ThrottleReceipt};

    const HALF: Duration = Duration::from_millis(50);

    #[test]
    fn a_note_tells_which_records_are_shared_and_how_much_time_is_left() {
        for letters in ["", "u", "s", "sn", "usn"] {
            let note = ReceiptNote::shared(letters).unwrap();
            assert_eq!(note.is_shared(), !letters.is_empty());
            for (millis, least, most) in [
                (0, 49, 50),
                (1, 46, 49),
                (25, 23, 25),
                (50, 0, 0),
                (9000, 0, 0),
            ] {
                let note = note.with_waited(Duration::from_millis(millis), HALF);
                assert_eq!(note.letters().len(), letters.len());
                let left = note.left(HALF);
                let expected = Duration::from_millis(least)..=Duration::from_millis(most);
                assert!(expected.contains(&left), "{millis}: {left:?}");
                assert!(!note.is_alone());
            }
        }
        assert!(ReceiptNote::shared("x").is_err());
    }

    #[test]
    fn the_note_of_a_process_that_counts_alone_stays_its_own() {
        let receipt = ThrottleReceipt::new(ThrottleDecision::Counted, HALF).with_note(5);
        let marked = alone(receipt);
        let note = ReceiptNote::of_settlement(&Settlement::Success(marked));
        assert!(note.is_alone() && !note.is_shared());
        assert_eq!(without_alone(marked), receipt);
        assert_eq!(
            ReceiptNote::of_settlement(&Settlement::Unlock).left(HALF / 15 * 15),
            HALF / 15 * 15
        );
    }
}
