//! How a text becomes tokens, as `sentiment_model/reading.py` specifies it.

use std::collections::HashSet;

/// How a preprocessed text is split into tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// `\w+(?:'\w+)?|[^\w\s]`
    WordsPunctuation,
    /// `\w+`
    Words,
    /// `\w\w+`
    WordsOfTwo,
    /// `\S+`
    Nonspaces,
}

/// How a text becomes tokens.
pub struct Reading {
    /// Whether HTML line breaks become spaces.
    pub breaks: bool,
    pub lower: bool,
    /// Whether two or more white spaces become one space.
    pub one_space: bool,
    pub split: Split,
    pub stop_words: HashSet<String>,
}

impl Default for Reading {
    /// How this project trains.
    fn default() -> Self {
        Reading {
            breaks: true,
            lower: true,
            one_space: false,
            split: Split::WordsPunctuation,
            stop_words: HashSet::new(),
        }
    }
}

impl Reading {
    /// The reading with these names from a model file, or None if a name is unknown.
    pub fn named(preprocessing: &str, tokens: &str, stop_words: HashSet<String>) -> Option<Self> {
        let (breaks, lower, one_space) = match preprocessing {
            "br-space-lower/v1" => (true, true, false),
            "lower/v1" => (false, true, false),
            "none/v1" => (false, false, false),
            "lower-one-space/v1" => (false, true, true),
            "one-space/v1" => (false, false, true),
            _ => return None,
        };
        let split = match tokens {
            "words-punctuation/v1" => Split::WordsPunctuation,
            "words/v1" => Split::Words,
            "words-of-two/v1" => Split::WordsOfTwo,
            "nonspaces/v1" => Split::Nonspaces,
            _ => return None,
        };
        Some(Reading { breaks, lower, one_space, split, stop_words })
    }
}
