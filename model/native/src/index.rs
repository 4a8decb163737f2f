//! Finds keys among ascending ones, which may lie in a mapped file.

use std::ops::Range;

/// How many marks are compared together.
const AT_ONCE: usize = 16;

/// A number in each byte.
const EACH: u128 = u128::MAX / 0xff;

/// A key's place among ascending keys.
///
/// The keys are too many for the processor's own caches, and most of what a text asks for is not among them. What is
/// kept here is small, and tells nearly all of that without a look at the keys.
pub struct KeyIndex {
    /// Where the keys with the same first bits begin, and the end.
    starts: Vec<u32>,
    shift: u32,
    /// The last bits of each key, and as many zeros as are looked at together.
    marks: Vec<u8>,
}

impl KeyIndex {
    /// 4 to 8 keys share their first bits when keys are uniform, as hashes are; others are found as well.
    pub fn new(keys: &[u64]) -> Self {
        let bits = (usize::BITS - keys.len().leading_zeros()).saturating_sub(3).clamp(1, 20);
        let shift = 64 - bits;
        let mut starts = Vec::with_capacity((1 << bits) + 1);
        for (place, key) in keys.iter().enumerate() {
            let bucket = (key >> shift) as usize;
            while starts.len() <= bucket {
                starts.push(place as u32);
            }
        }
        starts.resize((1 << bits) + 1, keys.len() as u32);
        let marks = keys.iter().map(|&key| mark(key)).chain([0; AT_ONCE]).collect();
        KeyIndex { starts, shift, marks }
    }

    /// `keys` are those that the index was made of.
    #[inline]
    pub fn find(&self, keys: &[u64], key: u64) -> Option<usize> {
        let bucket = self.bucket(key);
        keys[bucket.clone()].binary_search(&key).ok().map(|place| bucket.start + place)
    }

    /// Where the key most probably is if it is there, and whether it may be there at all.
    ///
    /// No branch depends on the key: whether an n-gram is known, and with how many others it shares its first bits,
    /// cannot be foretold.
    #[inline]
    pub fn guess(&self, key: u64) -> (usize, bool) {
        let Range { start, end } = self.bucket(key);
        let marks = u128::from_le_bytes(self.marks[start..start + AT_ONCE].try_into().expect("as many bytes"));
        // The lowest byte that is 0 where the marks are equal ("Bit Twiddling Hacks", Sean Anderson).
        let unequal = marks ^ (EACH * u128::from(mark(key)));
        let equal = unequal.wrapping_sub(EACH) & !unequal & (EACH << 7);
        let first = equal.trailing_zeros() as usize / 8;
        let many = end - start > AT_ONCE;
        (start + first % AT_ONCE, (first < end - start) | many)
    }

    /// Where the keys are that have the first bits of this one.
    #[inline]
    fn bucket(&self, key: u64) -> Range<usize> {
        let bucket = (key >> self.shift) as usize;
        self.starts[bucket] as usize..self.starts[bucket + 1] as usize
    }
}

#[inline]
fn mark(key: u64) -> u8 {
    key as u8
}
