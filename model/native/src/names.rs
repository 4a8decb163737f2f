//! Finds the n-grams of keys in the texts that they were counted in.

use std::ops::RangeInclusive;

use crate::index::KeyIndex;
use crate::keys::{Tokens, Unit};
use crate::reading::Reading;

/// The n-gram of each of the ascending keys, or None if no text has it.
///
/// The error is a key that two different n-grams share.
pub fn names<T: AsRef<str>>(
    texts: &[T],
    keys: &[u64],
    unit: Unit,
    lengths: &RangeInclusive<usize>,
) -> Result<Vec<Option<String>>, u64> {
    let index = KeyIndex::new(keys);
    let mut names: Vec<Option<String>> = vec![None; keys.len()];
    let (mut tokens, mut name, reading) = (Tokens::default(), String::new(), Reading::default());
    for text in texts {
        tokens.read(text.as_ref(), unit, &reading);
        let mut shared = None;
        tokens.for_each_ngram(unit, lengths, |first, length, key| {
            if let Some(place) = index.find(keys, key) {
                tokens.name(unit, first, length, &mut name);
                match &names[place] {
                    None => names[place] = Some(name.clone()),
                    Some(known) if *known != name => shared = Some(key),
                    Some(_) => {}
                }
            }
        });
        if let Some(key) = shared {
            return Err(key);
        }
    }
    Ok(names)
}
