"""One Unicode version, 15.1, whatever version the running Python has.

| what | how it is shown |
|---|---|
| the same letters, spaces and lower case under every Python | one hash over them |
| they are Python's own of that version | all characters that the running Python knows, one by one and in random texts |
| context: final sigma | against `str.lower` |
| characters newer than 15.1 | are marks, and have no lower case |
"""

# ruff: noqa: RUF001 (Greek and Turkish letters are what this is about)

import hashlib
import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_model import UnencodableText, tokenize
from sentiment_model.unicode import UNICODE, check_encodable, lower
from sentiment_model.unicode_tables import WORD

ALL = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
EDGES = sorted({chr(edge + step) for pair in WORD for edge in pair for step in (-1, 0, 1) if edge > 0xFFFF})
KNOWN = [character for character in ALL if unicodedata.category(character) != "Cn"]


def apart(characters: list[str]) -> str:
    """Each character between two letters, and as a word of its own."""
    return " ".join(f"a{character}b" for character in characters)


not_newer = pytest.mark.skipif(
    tuple(map(int, unicodedata.unidata_version.split("."))) > tuple(map(int, UNICODE.split("."))),
    reason=f"the running Python knows Unicode {unicodedata.unidata_version}, newer than the tables",
)


def test_every_python_release_sees_the_same_characters() -> None:
    seen = [lower(apart(ALL))]
    for characters in (ALL[:0xF800], EDGES):  # apart, for the tokens of the two are found by different patterns
        seen += tokenize(apart(characters))
    digest = hashlib.sha256("\n".join(seen).encode()).hexdigest()
    assert digest == "21a3203524ace42dcfeea9fac4f0c49a6c2fb2cfbc966e63778384064f7adebe"


@not_newer
def test_each_known_character_has_the_class_that_python_gives_it() -> None:
    pattern = re.compile(r"\w+(?:'\w+)?|[^\w\s]")
    assert lower(apart(KNOWN)) == apart(KNOWN).lower()
    assert tokenize(apart(KNOWN)) == pattern.findall(apart(KNOWN))


@not_newer
@given(st.text(st.one_of(st.sampled_from(KNOWN), st.sampled_from("aBΣσ'.:\u00b7\u0301\u0345\u02b0İIı -")), max_size=40))
def test_texts_are_lowered_as_python_does(text: str) -> None:
    assert lower(text) == text.lower()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ΟΔΟΣ", "οδος"),
        ("ΟΔΟΣ ΟΔΟΣ.", "οδος οδος."),
        ("ΣΑΣ", "σας"),
        ("Σ", "σ"),
        ("Α\u0301Σ", "α\u0301ς"),
        ("ΑΣ'Α", "ασ'α"),
        ("İ", "i\u0307"),
        ("DIŞ", "diş"),
        ("STRASSE ẞ", "strasse ß"),
        ("\U00010400\U0001e900", "\U00010428\U0001e922"),
    ],
)
def test_case_is_lowered_in_context(text: str, expected: str) -> None:
    assert lower(text) == expected


def test_characters_newer_than_the_tables_are_marks_without_case() -> None:
    # A capital Cyrillic letter since Unicode 16.
    assert tokenize("a\u1c89b") == ["a", "\u1c89", "b"]
    assert lower("\u1c89") == "\u1c89"


def test_characters_that_only_newer_pythons_know_are_letters_in_all() -> None:
    # CJK Extension I is of Unicode 15.1, Kawi of 15.0: Python 3.11 has neither.
    assert tokenize("a\U0002ebf0 \U00011f04") == ["a\U0002ebf0", "\U00011f04"]


@pytest.mark.parametrize("text", ["\ud800", "good \udfff film", "é\udc00"])
def test_a_lone_surrogate_is_refused_without_repeating_the_text(text: str) -> None:
    for refuse in (check_encodable, tokenize):
        with pytest.raises(UnencodableText, match="lone surrogate") as caught:
            refuse(text)
        assert caught.value.__cause__ is None
        assert "film" not in str(caught.value)
