//! Counts the known n-grams of one text.

use crate::keys::GOLDEN_RATIO;

/// The count of each known n-gram of a text, by its position in the vocabulary. Kept between texts to reuse its memory.
#[derive(Default)]
pub struct Tally {
    /// Positions and counts. Item 0 stands for no n-gram.
    counted: Vec<(u32, u32)>,
    /// The number of the next n-gram.
    next: usize,
    /// A hash table with open addressing: indexes into `counted`, 0 for an empty slot.
    slots: Vec<u32>,
    shift: u32,
}

impl Tally {
    /// Forget the last text. The next one has at most `most` distinct n-grams.
    pub fn begin(&mut self, most: usize) {
        let bits = usize::BITS - most.leading_zeros() + 1;
        self.shift = u64::BITS - bits;
        self.slots.clear();
        self.slots.resize(1 << bits, 0);
        self.counted.resize((most + 1).max(self.counted.len()), (0, 0));
        self.counted[0] = (u32::MAX, 0);
        self.next = 1;
    }

    /// Count one more occurrence. No branch depends on whether it is the first: the processor could not predict it.
    #[inline]
    pub fn add(&mut self, place: u32) {
        // The multiplication spreads neighbouring positions over the table.
        let mut slot = (u64::from(place).wrapping_mul(GOLDEN_RATIO) >> self.shift) as usize;
        let mut number = self.slots[slot] as usize;
        while (number != 0) & (self.counted[number].0 != place) {
            slot = (slot + 1) & (self.slots.len() - 1);
            number = self.slots[slot] as usize;
        }
        let (other, count) = self.counted[number];
        let again = other == place;
        let number = if again { number } else { self.next };
        self.counted[number] = (place, if again { count + 1 } else { 1 });
        self.slots[slot] = number as u32;
        self.next += usize::from(!again);
    }

    /// Positions and counts, in the order of first occurrence.
    pub fn counts(&self) -> &[(u32, u32)] {
        &self.counted[1..self.next]
    }
}
