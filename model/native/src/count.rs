//! Counts the n-grams of a corpus into a sparse matrix.
//!
//! Every (n-gram, text) pair is kept until the end, partitioned by the first byte of its key. Document frequencies are
//! therefore exact, and sorting one partition after another needs neither a table of all n-grams nor their names.

use std::ops::RangeInclusive;

use rayon::prelude::*;

use crate::keys::{Tokens, Unit};
use crate::reading::Reading;

const PARTS: usize = 256;
const TEXTS_AT_ONCE: usize = 64;
const LENGTH_BITS: u32 = 4;

/// An n-gram in a text: its key, the number of the text, its count, and its length in tokens.
#[derive(Clone, Copy)]
struct Entry {
    key: u64,
    text: u32,
    /// The count in the high bits, the length - 1 in the last bits.
    packed: u32,
}

impl Entry {
    fn count(self) -> u32 {
        self.packed >> LENGTH_BITS
    }

    fn length(self) -> u8 {
        (self.packed & ((1 << LENGTH_BITS) - 1)) as u8 + 1
    }
}

/// The reason why a corpus cannot be counted.
#[derive(Debug)]
pub enum CountError {
    TextTooLong,
    TooManyTexts,
    Collision,
}

pub struct Corpus {
    unit: Unit,
    lengths: RangeInclusive<usize>,
    parts: Vec<Vec<Entry>>,
    texts: u32,
}

/// The columns of the matrix and the number of cells in each row.
pub struct Columns {
    /// Ascending.
    pub keys: Vec<u64>,
    /// Length of each key's n-gram, in tokens.
    pub lengths: Vec<u8>,
    /// Start of each row, and the end.
    pub row_starts: Vec<i64>,
    /// For each partition, the cells of the kept n-grams by column; `key` is the column.
    cells: Vec<Vec<Entry>>,
}

impl Corpus {
    /// `lengths`: 1 to 16 tokens.
    pub fn new(unit: Unit, lengths: RangeInclusive<usize>) -> Self {
        Corpus { unit, lengths, parts: (0..PARTS).map(|_| Vec::new()).collect(), texts: 0 }
    }

    /// Count more texts, in the current thread pool.
    pub fn add<T: AsRef<str> + Sync>(&mut self, texts: &[T]) -> Result<(), CountError> {
        let total = u32::try_from(texts.len()).ok().and_then(|more| self.texts.checked_add(more));
        let total = total.ok_or(CountError::TooManyTexts)?;
        let begun = self.texts;
        for group in texts.chunks(TEXTS_AT_ONCE * 64).enumerate() {
            let (number, group) = group;
            let first = begun + (number * TEXTS_AT_ONCE * 64) as u32;
            let counted: Vec<_> = group
                .par_chunks(TEXTS_AT_ONCE)
                .enumerate()
                .map(|(place, texts)| self.count(texts, first + (place * TEXTS_AT_ONCE) as u32))
                .collect();
            for entries in counted {
                for entry in entries? {
                    self.parts[(entry.key >> 56) as usize].push(entry);
                }
            }
        }
        self.texts = total;
        Ok(())
    }

    fn count<T: AsRef<str>>(&self, texts: &[T], first: u32) -> Result<Vec<Entry>, CountError> {
        let (mut tokens, reading) = (Tokens::default(), Reading::default());
        let mut keys = vec![Vec::new(); *self.lengths.end()];
        let mut entries = Vec::new();
        for (text, number) in texts.iter().zip(first..) {
            tokens.read(text.as_ref(), self.unit, &reading);
            if tokens.spans.len() >= 1 << (32 - LENGTH_BITS) {
                return Err(CountError::TextTooLong);
            }
            tokens.for_each_ngram(self.unit, &self.lengths, |_, length, key| keys[length - 1].push(key));
            for (length, keys) in keys.iter_mut().enumerate() {
                keys.sort_unstable();
                for same in keys.chunk_by(|one, other| one == other) {
                    let packed = (same.len() as u32) << LENGTH_BITS | length as u32;
                    entries.push(Entry { key: same[0], text: number, packed });
                }
                keys.clear();
            }
        }
        Ok(entries)
    }

    /// Keep the n-grams that occur in at least `min_df` texts. The corpus is empty afterwards.
    pub fn columns(&mut self, min_df: usize) -> Result<Columns, CountError> {
        let parts = std::mem::replace(&mut self.parts, (0..PARTS).map(|_| Vec::new()).collect());
        let texts = std::mem::take(&mut self.texts) as usize;
        let kept = parts.into_par_iter().map(|part| keep(part, min_df)).collect::<Result<Vec<_>, _>>()?;
        let mut columns = Columns {
            keys: Vec::with_capacity(kept.iter().map(|part| part.keys.len()).sum()),
            lengths: Vec::new(),
            row_starts: vec![0; texts + 1],
            cells: Vec::with_capacity(PARTS),
        };
        for mut part in kept {
            let before = columns.keys.len() as u64;
            for cell in &mut part.cells {
                cell.key += before;
                columns.row_starts[cell.text as usize + 1] += 1;
            }
            columns.keys.append(&mut part.keys);
            columns.lengths.append(&mut part.lengths);
            columns.cells.push(part.cells);
        }
        for row in 0..texts {
            columns.row_starts[row + 1] += columns.row_starts[row];
        }
        Ok(columns)
    }
}

struct Part {
    keys: Vec<u64>,
    lengths: Vec<u8>,
    cells: Vec<Entry>,
}

fn keep(mut part: Vec<Entry>, min_df: usize) -> Result<Part, CountError> {
    part.sort_unstable_by_key(|entry| (entry.key, entry.text));
    let (mut keys, mut lengths) = (Vec::new(), Vec::new());
    let (mut read, mut written) = (0, 0);
    while read < part.len() {
        let Entry { key, .. } = part[read];
        let length = part[read].length();
        let df = part[read..].iter().take_while(|entry| entry.key == key).count();
        if part[read..read + df].iter().any(|entry| entry.length() != length) {
            return Err(CountError::Collision);
        }
        if df >= min_df {
            let column = keys.len() as u64;
            for place in read..read + df {
                part[written] = Entry { key: column, ..part[place] };
                written += 1;
            }
            keys.push(key);
            lengths.push(length);
        }
        read += df;
    }
    part.truncate(written);
    Ok(Part { keys, lengths, cells: part })
}

impl Columns {
    pub fn cells(&self) -> usize {
        self.row_starts.last().map_or(0, |&end| end as usize)
    }

    /// Write the column and the count of each cell, row by row, columns ascending. Both slices have `cells()` items.
    pub fn write_cells(&mut self, columns: &mut [i32], counts: &mut [i32]) {
        let mut next = self.row_starts.clone();
        for part in std::mem::take(&mut self.cells) {
            for cell in part {
                let place = next[cell.text as usize] as usize;
                columns[place] = cell.key as i32;
                counts[place] = cell.count() as i32;
                next[cell.text as usize] += 1;
            }
        }
    }
}
