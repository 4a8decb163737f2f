//! Text to tokens, as `sentiment_model/tokens.py` specifies them.

use std::ops::Range;

use crate::unicode::{class_of, push_lower, IS_SPACE, IS_WORD};

const BREAK: &str = "<br />";

/// The text with line breaks of HTML as spaces, in lower case; `lowered` is overwritten.
pub fn preprocess(text: &str, lowered: &mut String) {
    lowered.clear();
    if text.is_ascii() {
        for (number, part) in text.split(BREAK).enumerate() {
            if number > 0 {
                lowered.push(' ');
            }
            let start = lowered.len();
            lowered.push_str(part);
            lowered[start..].make_ascii_lowercase();
        }
    } else if text.contains(BREAK) {
        push_lower(&text.replace(BREAK, " "), lowered);
    } else {
        push_lower(text, lowered);
    }
}

/// Where the tokens of a preprocessed text are: `\w+(?:'\w+)?|[^\w\s]`.
pub fn for_each_token(text: &str, mut found: impl FnMut(Range<usize>)) {
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

/// Where each character of a preprocessed text is.
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

/// What the character at this place is, and how many bytes it has.
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
