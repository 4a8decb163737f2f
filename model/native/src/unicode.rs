//! Letters, spaces and lower case of the fixed Unicode version, as `sentiment_model/unicode.py` specifies them.

use std::sync::OnceLock;

use crate::unicode_tables::{CASED, CASE_IGNORABLE, LOWER, SPACE, WORD};

pub const IS_WORD: u8 = 1;
pub const IS_SPACE: u8 = 2;
const IS_CASED: u8 = 4;
const IS_CASE_IGNORABLE: u8 = 8;
const HAS_LOWER: u8 = 16;

const SIGMA: char = '\u{3a3}';
const FINAL_SIGMA: char = '\u{3c2}';
const DOTTED_CAPITAL_I: char = '\u{130}';

const PAGE: usize = 256;
const CODE_POINTS: usize = 0x11_0000;

/// The class of each character, in pages of 256 characters. Equal pages are stored once.
struct Classes {
    page_of: Vec<u8>,
    pages: Vec<[u8; PAGE]>,
}

impl Classes {
    fn build() -> Self {
        let mut all = vec![0u8; CODE_POINTS];
        let tables = [(WORD, IS_WORD), (SPACE, IS_SPACE), (CASED, IS_CASED), (CASE_IGNORABLE, IS_CASE_IGNORABLE)];
        for (ranges, class) in tables {
            for &(first, last) in ranges {
                all[first as usize..=last as usize].iter_mut().for_each(|classes| *classes |= class);
            }
        }
        for &(first, last, step, _) in LOWER {
            (first..=last).step_by(step as usize).for_each(|code| all[code as usize] |= HAS_LOWER);
        }
        all[DOTTED_CAPITAL_I as usize] |= HAS_LOWER;
        let mut classes = Classes { page_of: Vec::new(), pages: Vec::new() };
        for chunk in all.chunks_exact(PAGE) {
            let known = classes.pages.iter().position(|page| page[..] == *chunk);
            let place = known.unwrap_or_else(|| {
                classes.pages.push(chunk.try_into().expect("a chunk has the size of a page"));
                classes.pages.len() - 1
            });
            classes.page_of.push(u8::try_from(place).expect("fewer than 256 pages differ"));
        }
        classes
    }

    #[inline]
    fn of(&self, character: char) -> u8 {
        let code = character as usize;
        self.pages[self.page_of[code / PAGE] as usize][code % PAGE]
    }
}

#[inline]
fn classes() -> &'static Classes {
    static CLASSES: OnceLock<Classes> = OnceLock::new();
    CLASSES.get_or_init(Classes::build)
}

/// The class of a character: `IS_WORD`, `IS_SPACE` and the others as bits.
#[inline]
pub fn class_of(character: char) -> u8 {
    classes().of(character)
}

/// Append the text in lower case.
pub fn push_lower(text: &str, lowered: &mut String) {
    let classes = classes();
    for (place, character) in text.char_indices() {
        if character.is_ascii() {
            lowered.push(character.to_ascii_lowercase());
        } else if classes.of(character) & HAS_LOWER == 0 {
            lowered.push(character);
        } else if character == DOTTED_CAPITAL_I {
            lowered.push_str("i\u{307}");
        } else if character == SIGMA && is_final(text, place) {
            lowered.push(FINAL_SIGMA);
        } else {
            lowered.push(lower(character));
        }
    }
}

fn lower(character: char) -> char {
    let code = character as u32;
    let place = LOWER.partition_point(|&(first, ..)| first <= code);
    // Runs may interleave (every second code point): the last run that contains the character counts.
    let run = LOWER[..place].iter().rev().find(|&&(first, last, step, _)| code <= last && (code - first) % step == 0);
    let moved = run.and_then(|&(_, _, _, difference)| char::from_u32(code.wrapping_add_signed(difference)));
    moved.unwrap_or(character)
}

/// Whether this capital sigma is final: after a cased letter and not before one (Unicode, section 3.13).
fn is_final(text: &str, place: usize) -> bool {
    meets_cased(text[..place].chars().rev()) && !meets_cased(text[place + SIGMA.len_utf8()..].chars())
}

/// Whether the first of these characters that is not ignorable is a cased letter.
fn meets_cased(mut characters: impl Iterator<Item = char>) -> bool {
    characters.find(|&c| class_of(c) & IS_CASE_IGNORABLE == 0).is_some_and(|c| class_of(c) & IS_CASED != 0)
}
