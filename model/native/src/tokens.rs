//! Text to tokens, as `sentiment_model/tokens.py` specifies them.

use std::ops::Range;

use crate::reading::{Reading, Split};
use crate::unicode::{class_of, push_lower, IS_SPACE, IS_WORD};

const BREAK: &str = "<br />";

/// Write the preprocessed text to `prepared`, which is overwritten.
pub fn preprocess(text: &str, reading: &Reading, prepared: &mut String) {
    prepared.clear();
    match (reading.breaks, reading.lower) {
        (true, true) if text.is_ascii() => {
            for (number, part) in text.split(BREAK).enumerate() {
                if number > 0 {
                    prepared.push(' ');
                }
                let start = prepared.len();
                prepared.push_str(part);
                prepared[start..].make_ascii_lowercase();
            }
        }
        (true, true) if text.contains(BREAK) => push_lower(&text.replace(BREAK, " "), prepared),
        (true, false) => prepared.push_str(&text.replace(BREAK, " ")),
        (_, true) => push_lower(text, prepared),
        (false, false) => prepared.push_str(text),
    }
    if reading.one_space {
        *prepared = with_one_space(prepared);
    }
}

/// Replace each run of two or more white spaces by one space. A single one stays as it is.
fn with_one_space(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut waiting: Option<char> = None;
    for character in text.chars() {
        if class_of(character) & IS_SPACE != 0 {
            waiting = Some(if waiting.is_none() { character } else { ' ' });
        } else {
            joined.extend(waiting.take());
            joined.push(character);
        }
    }
    joined.extend(waiting);
    joined
}

/// Call `found` with the byte range of each token of a preprocessed text.
pub fn for_each_token(text: &str, split: Split, found: impl FnMut(Range<usize>)) {
    match split {
        Split::WordsPunctuation => for_each_word_or_mark(text, found),
        Split::Words => for_each_run(text, 1, |class| class & IS_WORD != 0, found),
        Split::WordsOfTwo => for_each_run(text, 2, |class| class & IS_WORD != 0, found),
        Split::Nonspaces => for_each_run(text, 1, |class| class & IS_SPACE == 0, found),
    }
}

/// Call `found` with each run of at least `shortest` characters of that kind.
fn for_each_run(text: &str, shortest: usize, kind: impl Fn(u8) -> bool, mut found: impl FnMut(Range<usize>)) {
    let mut place = 0;
    while place < text.len() {
        let start = place;
        let mut characters = 0;
        while place < text.len() {
            let (class, width) = class_at(text, place);
            if !kind(class) {
                break;
            }
            characters += 1;
            place += width;
        }
        if characters >= shortest {
            found(start..place);
        }
        if place < text.len() {
            place += class_at(text, place).1;
        }
    }
}

fn for_each_word_or_mark(text: &str, mut found: impl FnMut(Range<usize>)) {
    let mut start = 0;
    while start < text.len() {
        let (class, width) = class_at(text, start);
        let mut end = start + width;
        if class & IS_WORD != 0 {
            end = end_of_word(text, end);
            if text.as_bytes().get(end) == Some(&b'\'') {
                let inner = end_of_word(text, end + 1);
                if inner > end + 1 {
                    end = inner;
                }
            }
        }
        if class & IS_SPACE == 0 {
            found(start..end);
        }
        start = end;
    }
}

/// Call `found` with the byte range of each character of a preprocessed text.
pub fn for_each_character(text: &str, mut found: impl FnMut(Range<usize>)) {
    for (start, character) in text.char_indices() {
        found(start..start + character.len_utf8());
    }
}

#[inline]
fn end_of_word(text: &str, mut place: usize) -> usize {
    while place < text.len() {
        let (class, width) = class_at(text, place);
        if class & IS_WORD == 0 {
            break;
        }
        place += width;
    }
    place
}

/// The class of the character at this place, and its length in bytes.
#[inline]
fn class_at(text: &str, place: usize) -> (u8, usize) {
    let byte = text.as_bytes()[place];
    if byte.is_ascii() {
        return (ASCII[byte as usize], 1);
    }
    let character = text[place..].chars().next().expect("a place within the text");
    (class_of(character), character.len_utf8())
}

/// ASCII is the same in every version of Unicode.
static ASCII: [u8; 128] = {
    let mut classes = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        let character = byte as u8;
        if character.is_ascii_alphanumeric() || character == b'_' {
            classes[byte] = IS_WORD;
        } else if matches!(character, b'\t'..=b'\r' | 0x1c..=b' ') {
            classes[byte] = IS_SPACE;
        }
        byte += 1;
    }
    classes
};
