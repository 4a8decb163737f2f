//! Scores texts with the views of a model, as `sentiment_model/scorer.py` specifies it.

use std::ops::RangeInclusive;

use crate::index::KeyIndex;
use crate::keys::{Tokens, Unit};
use crate::reading::Reading;

/// How a count becomes a term frequency.
#[derive(Clone, Copy)]
pub enum Tf {
    Plain,
    /// 1 + ln(count)
    Sublinear,
    /// 1
    Binary,
}

/// What the features of a text are divided by.
#[derive(Clone, Copy)]
pub enum Norm {
    L2,
    L1,
    None,
}

/// One view: its vocabulary and what its n-grams weigh. `A` holds arrays, in memory or in a mapped file.
pub struct View<K, N> {
    pub unit: Unit,
    pub lengths: RangeInclusive<usize>,
    pub tf: Tf,
    pub norm: Norm,
    pub keys: K,
    pub weight: N,
    /// One row of k numbers per key.
    pub coef: N,
    pub index: KeyIndex,
}

/// How many n-grams a text has, and how many of them are in the vocabulary.
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
    places: Vec<u32>,
    sums: Vec<f64>,
}

impl<K: AsRef<[u64]>, N: AsRef<[f32]>> View<K, N> {
    /// Add the view's share to the margins, of which there are k.
    pub fn add(&self, text: &str, reading: &Reading, margins: &mut [f64], scratch: &mut Scratch) -> Seen {
        let Scratch { tokens, wanted, places, sums } = scratch;
        let (keys, weight, coef) = (self.keys.as_ref(), self.weight.as_ref(), self.coef.as_ref());
        tokens.read(text, self.unit, reading);
        wanted.clear();
        tokens.for_each_ngram(self.unit, &self.lengths, |_, _, key| wanted.push(key));
        self.index.find_all(keys, wanted, places);
        places.sort_unstable();
        let mut length = 0.0;
        sums.clear();
        sums.resize(margins.len(), 0.0);
        for same in places.chunk_by(|one, other| one == other) {
            let place = same[0] as usize;
            let value = self.frequency(same.len()) * f64::from(weight[place]);
            length += match self.norm {
                Norm::L1 => value.abs(),
                Norm::L2 | Norm::None => value * value,
            };
            for (sum, &number) in sums.iter_mut().zip(&coef[place * margins.len()..]) {
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
        Seen { known: places.len(), total: wanted.len() }
    }

    fn frequency(&self, count: usize) -> f64 {
        match self.tf {
            _ if count == 1 => 1.0,
            Tf::Plain => count as f64,
            Tf::Sublinear => 1.0 + (count as f64).ln(),
            Tf::Binary => 1.0,
        }
    }

    /// The known n-grams of a text in the order of their first occurrence: name, count, place in the vocabulary.
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
