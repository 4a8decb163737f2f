//! Finds keys among ascending ones, which may lie in a mapped file.

/// Up to so many keys are gone through one after the other; among more, a key is searched.
const FEW: usize = 32;

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

    /// The places of those of the wanted keys that there are, in the order in which they are wanted.
    ///
    /// Most of the time goes into waiting for memory. No branch here depends on a key that was read, so that a
    /// processor need not wait for one before it asks for the next.
    pub fn find_all(&self, keys: &[u64], wanted: &[u64], places: &mut Vec<u32>) {
        places.clear();
        places.resize(wanted.len(), 0);
        let mut known = 0;
        for &key in wanted {
            let bucket = (key >> self.shift) as usize;
            let (first, end) = (self.starts[bucket] as usize, self.starts[bucket + 1] as usize);
            let shared = &keys[first..end];
            let smaller = match shared.len() {
                ..=FEW => shared.iter().map(|&other| usize::from(other < key)).sum(),
                _ => shared.partition_point(|&other| other < key),
            };
            let place = first + smaller;
            places[known] = place as u32;
            known += usize::from(keys.get(place) == Some(&key));
        }
        places.truncate(known);
    }
}
