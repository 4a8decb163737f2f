//! Finds keys among ascending ones, which may lie in a mapped file.

/// A key's place among ascending keys.
pub struct KeyIndex {
    /// Where the keys with the same first bits begin, and the end.
    starts: Vec<u32>,
    shift: u32,
}

impl KeyIndex {
    /// About 8 keys share their first bits when keys are uniform, as hashes are; others are found as well.
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
        KeyIndex { starts, shift }
    }

    /// `keys` are those that the index was made of.
    #[inline]
    pub fn find(&self, keys: &[u64], key: u64) -> Option<usize> {
        let bucket = (key >> self.shift) as usize;
        let (first, end) = (self.starts[bucket] as usize, self.starts[bucket + 1] as usize);
        keys[first..end].binary_search(&key).ok().map(|place| first + place)
    }
}
