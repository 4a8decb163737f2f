//! Tokens to n-gram keys, as `sentiment_model/keys.py` specifies them.

use std::ops::{Range, RangeInclusive};

use crate::reading::{Reading, Split};
use crate::tokens::{for_each_character, for_each_token, preprocess};

const FNV_OFFSET: u64 = 0xCBF2_9CE4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01B3;
pub const GOLDEN_RATIO: u64 = 0x9E37_79B9_7F4A_7C15;

/// What an n-gram is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Words,
    Characters,
    /// The characters of each word, padded with a space on each side.
    CharactersInWords,
}

impl Unit {
    /// Start value of the fold.
    fn start(self) -> u64 {
        match self {
            Unit::Words => 0,
            Unit::Characters | Unit::CharactersInWords => 1,
        }
    }
}

fn token_hash(token: &[u8]) -> u64 {
    token.iter().fold(FNV_OFFSET, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME))
}

#[inline]
fn mix64(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[inline]
fn fold(key: u64, hash: u64) -> u64 {
    mix64(key.wrapping_mul(GOLDEN_RATIO).wrapping_add(hash))
}

/// The tokens of a text. Kept between texts to reuse its memory.
#[derive(Default)]
pub struct Tokens {
    /// The preprocessed text.
    pub text: String,
    pub spans: Vec<Range<usize>>,
    hashes: Vec<u64>,
    /// Ends of the sequences of tokens that n-grams do not cross.
    ends: Vec<usize>,
}

impl Tokens {
    /// Read another text.
    pub fn read(&mut self, text: &str, unit: Unit, reading: &Reading) {
        preprocess(text, reading, &mut self.text);
        self.split(unit, reading);
    }

    /// Read a text that is already preprocessed.
    pub fn read_preprocessed(&mut self, text: &str, unit: Unit) {
        self.text.clear();
        self.text.push_str(text);
        self.split(unit, &Reading::default());
    }

    fn split(&mut self, unit: Unit, reading: &Reading) {
        self.spans.clear();
        self.hashes.clear();
        self.ends.clear();
        if unit == Unit::CharactersInWords {
            self.pad_words();
        }
        let bytes = self.text.as_bytes();
        let mut found = |span: Range<usize>| {
            self.hashes.push(token_hash(&bytes[span.clone()]));
            self.spans.push(span);
        };
        match unit {
            Unit::Words if reading.stop_words.is_empty() => for_each_token(&self.text, reading.split, found),
            Unit::Words => for_each_token(&self.text, reading.split, |span| {
                if !reading.stop_words.contains(&self.text[span.clone()]) {
                    found(span);
                }
            }),
            Unit::Characters | Unit::CharactersInWords => for_each_character(&self.text, found),
        }
        if unit != Unit::CharactersInWords {
            self.ends.push(self.hashes.len());
        }
    }

    /// Replace the text by its words, each padded with a space on each side.
    fn pad_words(&mut self) {
        let mut padded = String::with_capacity(self.text.len() + 2);
        let mut characters = 0;
        for_each_token(&self.text, Split::Nonspaces, |span| {
            let word = &self.text[span];
            padded.push(' ');
            padded.push_str(word);
            padded.push(' ');
            characters += word.chars().count() + 2;
            self.ends.push(characters);
        });
        self.text = padded;
    }

    /// Call `found` with the first token, the length and the key of each n-gram, by position, then by length.
    #[inline]
    pub fn for_each_ngram(
        &self,
        unit: Unit,
        lengths: &RangeInclusive<usize>,
        mut found: impl FnMut(usize, usize, u64),
    ) {
        let mut begin = 0;
        for &end in &self.ends {
            let shortest = match unit {
                // A word shorter than the shortest n-gram is one n-gram.
                Unit::CharactersInWords => (end - begin).min(*lengths.start()),
                _ => *lengths.start(),
            };
            for first in begin..end {
                let mut key = unit.start();
                for (place, &hash) in self.hashes[first..end].iter().take(*lengths.end()).enumerate() {
                    key = fold(key, hash);
                    if place + 1 >= shortest {
                        found(first, place + 1, key);
                    }
                }
            }
            begin = end;
        }
    }

    /// Write an n-gram as text to `name`. Words are joined by spaces.
    pub fn name(&self, unit: Unit, first: usize, length: usize, name: &mut String) {
        name.clear();
        for (number, span) in self.spans[first..first + length].iter().enumerate() {
            if number > 0 && unit == Unit::Words {
                name.push(' ');
            }
            name.push_str(&self.text[span.clone()]);
        }
    }
}
