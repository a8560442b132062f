//! Remembers which uses of a key were claimed.

use crate::store::{Claim, MAX_COUNT};

/// The words of a map with a bit for each number from 0 to [`MAX_COUNT`].
const WORDS: usize = MAX_COUNT as usize / 64 + 1;

/// The words that every key has: enough for the counts of a page and all that it loads.
const INLINE: usize = 2;

/// A use of a key, as the number of its bit in [`UseBits`].
#[derive(Clone, Copy)]
pub(super) struct UseNumber(usize);

impl UseNumber {
    /// The only use of a key that is claimed with `claim_once`. No count is 0, so that bit is free.
    pub(super) const ONLY: Self = Self(0);

    /// The use with this count, if the count is from 1 to [`MAX_COUNT`].
    pub(super) const fn counted(count: u32) -> Option<Self> {
        match count {
            1..=MAX_COUNT => Some(Self(count as usize)),
            _ => None,
        }
    }
}

/// A bit for each use. It is small until a count above 127 is claimed.
#[derive(Default)]
pub(super) struct UseBits {
    inline: [u64; INLINE],
    spilled: Option<Box<[u64; WORDS - INLINE]>>,
}

impl UseBits {
    /// Claims a use, and returns whether it was claimed before.
    pub(super) fn claim(&mut self, UseNumber(number): UseNumber) -> Claim {
        let bit = 1 << (number % 64);
        let word = self.word(number / 64);
        let claimed = *word & bit != 0;
        *word |= bit;
        if claimed {
            Claim::NotFirst
        } else {
            Claim::First
        }
    }

    fn word(&mut self, index: usize) -> &mut u64 {
        match index.checked_sub(INLINE) {
            None => &mut self.inline[index],
            Some(index) => &mut self.spilled.get_or_insert_with(Self::spill)[index],
        }
    }

    fn spill() -> Box<[u64; WORDS - INLINE]> {
        Box::new([0; WORDS - INLINE])
    }
}
