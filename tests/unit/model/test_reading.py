"""Ways to read a text, compared with scikit-learn's CountVectorizer on any Unicode text.

| options of CountVectorizer | names here |
|---|---|
| analyzer word: token patterns, lowercase or not, stop words | words; words-of-two, words, nonspaces; lower, none |
| analyzer char, lowercase or not | characters; lower-one-space, one-space |
| analyzer char_wb, lowercase or not | characters-in-words; lower, none |
"""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from sentiment_model.keys import CHARACTERS_START, WORDS_START, ngram_key
from sentiment_model.reading import Reading, Unit, ngram_keys_of, ngram_lengths_of, ngram_names_of
from sentiment_model.tokens import Preprocessing, Tokens

PIECES = st.sampled_from(
    [
        "good",
        "GOOD",
        "not",
        "it's",
        "x",
        "Σ",
        "ΑΣ",
        "İ",
        "ß",
        " ",
        "  ",
        "\n",
        " \t ",
        "\x1c\x85",
        "\u3000",
        "é",
        "🎬",
        "_0",
    ]
)
# Unassigned code points are left out: what they are depends on the release of Python.
ANY = st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=40)
TEXT = st.one_of(ANY, st.lists(PIECES, max_size=20).map("".join))
NGRAMS = st.tuples(st.integers(1, 5), st.integers(0, 3)).map(lambda pair: (pair[0], sum(pair)))
STOP_WORDS = frozenset({"not", "good", "it"})


def check(text: str, unit: Unit, ngrams: tuple[int, int], reading: Reading, **options: Any) -> None:
    expected = CountVectorizer(ngram_range=ngrams, **options).build_analyzer()(text)
    names = ngram_names_of(text, unit, ngrams, reading)
    assert Counter(names) == Counter(expected)
    start = WORDS_START if unit == "words" else CHARACTERS_START
    tokens = [name.split(" ") if unit == "words" else name for name in names]
    assert ngram_keys_of(text, unit, ngrams, reading) == [ngram_key(name, start) for name in tokens]
    assert ngram_lengths_of(text, unit, ngrams, reading) == [len(name) for name in tokens]


@pytest.mark.parametrize(
    ("pattern", "tokens"),
    [(r"(?u)\b\w\w+\b", "words-of-two/v1"), (r"(?u)\b\w+\b", "words/v1"), (r"\S+", "nonspaces/v1")],
)
@given(TEXT, NGRAMS, st.booleans(), st.booleans())
def test_words(pattern: str, tokens: Tokens, text: str, ngrams: tuple[int, int], lower: bool, stop: bool) -> None:
    way: Preprocessing = "lower/v1" if lower else "none/v1"
    reading = Reading(way, tokens, STOP_WORDS if stop else frozenset())
    options = {"lowercase": lower, "token_pattern": pattern, "stop_words": sorted(STOP_WORDS) if stop else None}
    check(text, "words", ngrams, reading, **options)


@given(TEXT, NGRAMS, st.booleans())
def test_characters(text: str, ngrams: tuple[int, int], lower: bool) -> None:
    way: Preprocessing = "lower-one-space/v1" if lower else "one-space/v1"
    check(text, "characters", ngrams, Reading(way), lowercase=lower, analyzer="char")


@given(TEXT, NGRAMS, st.booleans())
def test_characters_in_words(text: str, ngrams: tuple[int, int], lower: bool) -> None:
    for way in ("lower/v1", "lower-one-space/v1") if lower else ("none/v1", "one-space/v1"):
        check(text, "characters-in-words", ngrams, Reading(way), lowercase=lower, analyzer="char_wb")
