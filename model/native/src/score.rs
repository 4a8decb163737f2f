//! Scores texts with the views of a model, as `sentiment_model/scorer.py` specifies it.

use std::hint::black_box;
use std::ops::RangeInclusive;

use crate::index::KeyIndex;
use crate::keys::{Tokens, Unit};
use crate::reading::Reading;
use crate::tally::Tally;

/// Number of n-grams that are looked up at the same time.
const AT_ONCE: usize = 256;

/// How a count becomes a term frequency.
#[derive(Clone, Copy)]
pub enum Tf {
    Plain,
    /// 1 + ln(count)
    Sublinear,
    /// 1
    Binary,
}

impl Tf {
    fn of(self, count: usize) -> f64 {
        match self {
            Tf::Plain => count as f64,
            Tf::Sublinear => 1.0 + (count.max(1) as f64).ln(),
            Tf::Binary => 1.0,
        }
    }
}

/// The norm by which the features of a text are divided.
#[derive(Clone, Copy)]
pub enum Norm {
    L2,
    L1,
    None,
}

/// One view: its vocabulary and the weights of its n-grams. `K` and `N` hold arrays, in memory or in a mapped file.
pub struct View<K, N> {
    unit: Unit,
    lengths: RangeInclusive<usize>,
    tf: Tf,
    /// Term frequencies of small counts.
    frequencies: [f64; 16],
    norm: Norm,
    keys: K,
    /// One row of k numbers per key.
    coef: N,
    index: KeyIndex,
    entries: Vec<Entry>,
}

/// The numbers that score an n-gram. They share one cache line; in the mapped arrays they would be on three.
#[derive(Clone, Copy)]
struct Entry {
    key: u64,
    weight: f32,
    /// The first of its k coefficients.
    coef: f32,
}

/// The number of n-grams of a text, and how many of them are in the vocabulary.
#[derive(Default, Clone, Copy)]
pub struct Seen {
    pub known: usize,
    pub total: usize,
}

/// Working memory, kept between texts.
#[derive(Default)]
pub struct Scratch {
    tokens: Tokens,
    wanted: Vec<u64>,
    tally: Tally,
    sums: Vec<f64>,
}

impl<K: AsRef<[u64]>, N: AsRef<[f32]>> View<K, N> {
    /// `keys` are ascending; `weight` has one number for each key, `coef` has k.
    pub fn new(
        unit: Unit,
        lengths: RangeInclusive<usize>,
        tf: Tf,
        norm: Norm,
        keys: K,
        weight: &[f32],
        coef: N,
    ) -> Self {
        let frequencies = std::array::from_fn(|count| tf.of(count));
        let index = KeyIndex::new(keys.as_ref());
        let k = coef.as_ref().len() / weight.len().max(1);
        let firsts = coef.as_ref().iter().step_by(k.max(1));
        let numbers = keys.as_ref().iter().zip(weight).zip(firsts);
        let entries = numbers.map(|((&key, &weight), &coef)| Entry { key, weight, coef }).collect();
        View { unit, lengths, tf, frequencies, norm, keys, coef, index, entries }
    }

    /// Add the view's scores to the k margins.
    pub fn add(&self, text: &str, reading: &Reading, margins: &mut [f64], scratch: &mut Scratch) -> Seen {
        let Scratch { tokens, wanted, tally, sums } = scratch;
        let (coef, k) = (self.coef.as_ref(), margins.len());
        tokens.read(text, self.unit, reading);
        wanted.clear();
        tokens.for_each_ngram(self.unit, &self.lengths, |_, _, key| wanted.push(key));
        let known = self.find(wanted, tally);
        let mut length = 0.0;
        sums.clear();
        sums.resize(k, 0.0);
        for &(place, count) in tally.counts() {
            let place = place as usize;
            let entry = self.entries[place];
            let value = self.frequency(count as usize) * f64::from(entry.weight);
            length += match self.norm {
                Norm::L1 => value.abs(),
                Norm::L2 | Norm::None => value * value,
            };
            sums[0] += value * f64::from(entry.coef);
            for (sum, &number) in sums[1..].iter_mut().zip(&coef[place * k + 1..]) {
                *sum += value * f64::from(number);
            }
        }
        let scale = match self.norm {
            Norm::L2 if length > 0.0 => 1.0 / f64::sqrt(length),
            Norm::L1 if length > 0.0 => 1.0 / length,
            _ => 1.0,
        };
        for (margin, sum) in margins.iter_mut().zip(sums) {
            *margin += *sum * scale;
        }
        Seen { known, total: wanted.len() }
    }

    /// Count the wanted keys that are in the vocabulary by their position, and return the sum of the counts.
    ///
    /// Most of the time is spent waiting for memory, so many n-grams are requested at once.
    fn find(&self, wanted: &[u64], tally: &mut Tally) -> usize {
        let mut known = 0;
        let mut guesses = [(0, 0); AT_ONCE];
        tally.begin(wanted.len().min(self.entries.len()));
        for some in wanted.chunks(AT_ONCE) {
            let mut likely = 0;
            for &key in some {
                let (place, is_likely) = self.index.guess(key);
                guesses[likely] = (place, key);
                likely += usize::from(is_likely);
            }
            let guesses = &guesses[..likely];
            // Read without being used yet, so that all of them are fetched from memory at the same time.
            guesses.iter().for_each(|&(place, _)| _ = black_box(self.entries[place].key));
            for &(place, key) in guesses {
                let is_it = self.entries[place].key == key;
                let found = if is_it { Some(place) } else { self.index.find(self.keys.as_ref(), key) };
                if let Some(place) = found {
                    tally.add(place as u32);
                    known += 1;
                }
            }
        }
        known
    }

    fn frequency(&self, count: usize) -> f64 {
        self.frequencies.get(count).copied().unwrap_or_else(|| self.tf.of(count))
    }

    /// The known n-grams of a text in the order of first occurrence: name, count, position in the vocabulary.
    pub fn matches(&self, text: &str, reading: &Reading) -> Vec<(String, usize, usize)> {
        let keys = self.keys.as_ref();
        let mut tokens = Tokens::default();
        tokens.read(text, self.unit, reading);
        let mut found: Vec<(usize, usize, usize)> = Vec::new();
        tokens.for_each_ngram(self.unit, &self.lengths, |first, length, key| {
            if let Some(place) = self.index.find(keys, key) {
                found.push((place, first, length));
            }
        });
        found.sort_unstable();
        let mut groups: Vec<_> = found.chunk_by(|one, other| one.0 == other.0).collect();
        groups.sort_unstable_by_key(|group| (group[0].1, group[0].2));
        let mut name = String::new();
        let described = groups.into_iter().map(|group| {
            let (place, first, length) = group[0];
            tokens.name(self.unit, first, length, &mut name);
            (name.clone(), group.len(), place)
        });
        described.collect()
    }
}
