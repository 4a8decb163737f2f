//! Finds keys in an ascending array, which may be a mapped file.

use std::ops::Range;

/// Number of marks that are compared at once.
const AT_ONCE: usize = 16;

/// 1 in each byte: multiplied by a byte, it repeats that byte.
const EACH: u128 = u128::MAX / 0xff;

/// Finds the position of a key in an ascending array of keys.
///
/// The array is larger than the processor's caches, and most n-grams of a text are not in it. The index is small: its
/// marks rule out nearly all of these n-grams without reading the array.
pub struct KeyIndex {
    /// Position of the first key of each bucket (keys with the same first bits), and the end.
    starts: Vec<u32>,
    shift: u32,
    /// The last byte of each key, padded with `AT_ONCE` zeros.
    marks: Vec<u8>,
}

impl KeyIndex {
    /// A bucket holds 4 to 8 keys if keys are uniform, as hashes are. Other keys are found as well.
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

    /// The position of `key`. `keys` must be the keys that the index was made of.
    #[inline]
    pub fn find(&self, keys: &[u64], key: u64) -> Option<usize> {
        let bucket = self.bucket(key);
        keys[bucket.clone()].binary_search(&key).ok().map(|place| bucket.start + place)
    }

    /// The most probable position of the key, and whether the key may be present at all.
    ///
    /// No branch depends on the key, because the processor could predict neither whether an n-gram is known nor the
    /// size of its bucket.
    #[inline]
    pub fn guess(&self, key: u64) -> (usize, bool) {
        let Range { start, end } = self.bucket(key);
        let marks = u128::from_le_bytes(self.marks[start..start + AT_ONCE].try_into().expect("as many bytes"));
        // The lowest byte whose marks are equal, which is 0 in `unequal` ("Bit Twiddling Hacks", Sean Anderson).
        let unequal = marks ^ (EACH * u128::from(mark(key)));
        let equal = unequal.wrapping_sub(EACH) & !unequal & (EACH << 7);
        let first = equal.trailing_zeros() as usize / 8;
        let overflows = end - start > AT_ONCE;
        (start + first % AT_ONCE, (first < end - start) | overflows)
    }

    /// Positions of the keys with the same first bits.
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
