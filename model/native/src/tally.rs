//! Counts the known n-grams of one text.

use crate::keys::GOLDEN_RATIO;

/// How often each known n-gram of a text occurs, by its place in the vocabulary. Kept between texts.
#[derive(Default)]
pub struct Tally {
    /// Places and counts, from 1 on; the first is no n-gram's.
    counted: Vec<(u32, u32)>,
    /// The number of the next n-gram.
    next: usize,
    /// Open addressing: numbers in `counted`, 0 where there is none.
    slots: Vec<u32>,
    shift: u32,
}

impl Tally {
    /// Forget the last text; the next one has at most so many different n-grams.
    pub fn begin(&mut self, most: usize) {
        let bits = usize::BITS - most.leading_zeros() + 1;
        self.shift = u64::BITS - bits;
        self.slots.clear();
        self.slots.resize(1 << bits, 0);
        self.counted.resize((most + 1).max(self.counted.len()), (0, 0));
        self.counted[0] = (u32::MAX, 0);
        self.next = 1;
    }

    /// One occurrence more. Whether there was one before cannot be foretold: no branch depends on it.
    #[inline]
    pub fn add(&mut self, place: u32) {
        // Multiplied by it, numbers that lie side by side are far apart.
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

    /// Places and counts, in the order of the first occurrence.
    pub fn counts(&self) -> &[(u32, u32)] {
        &self.counted[1..self.next]
    }
}
