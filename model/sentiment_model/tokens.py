"""Text to tokens, the same in training, in serving and for converted models.

Letters, digits, spaces and case follow one fixed Unicode version (`sentiment_model.unicode`).
"""

import re
from functools import cache
from typing import Literal

from sentiment_model.unicode import character_class, check_encodable, lower
from sentiment_model.unicode_tables import SPACE, WORD

Preprocessing = Literal["br-space-lower/v1", "lower/v1", "none/v1", "lower-one-space/v1", "one-space/v1"]
"""Names of the preprocessing in a model file. A reader must refuse a file with an unknown name."""

Tokens = Literal["words-punctuation/v1", "words/v1", "words-of-two/v1", "nonspaces/v1"]
"""Names of the tokenization in a model file."""

PREPROCESSING: Preprocessing = "br-space-lower/v1"
TOKENS: Tokens = "words-punctuation/v1"
"""The names that this project trains with."""

_PATTERNS: dict[Tokens, tuple[str, str]] = {
    # For ASCII, which is the same in every Unicode version, and with the classes of the tables.
    "words-punctuation/v1": (r"\w+(?:'\w+)?|[^\w\s]", "[{word}]+(?:'[{word}]+)?|[^{word}{space}]"),
    "words/v1": (r"\w+", "[{word}]+"),
    "words-of-two/v1": (r"\w\w+", "[{word}][{word}]+"),
    "nonspaces/v1": (r"\S+", "[^{space}]+"),
}
_BEYOND_BMP = re.compile(r"[\U00010000-\U0010ffff]")


def preprocess(text: str, way: Preprocessing = PREPROCESSING) -> str:
    """Prepare a text for splitting.

    The default, with which this project trains, replaces the HTML line breaks of scraped reviews by a space and lowers
    the case. The others do what scikit-learn's vectorizers do: lower the case (`lower`), replace each run of two or
    more white spaces by one space (`one-space`), both, or nothing (`none`).
    """
    if way == "br-space-lower/v1":
        return lower(text.replace("<br />", " "))
    if way.startswith("lower"):
        text = lower(text)
    return _spaces().sub(" ", text) if way.endswith("one-space/v1") else text


def tokenize(text: str, way: Tokens = TOKENS) -> list[str]:
    r"""Split preprocessed text, by default into words (with at most one inner apostrophe) and single punctuation marks.

    The tokens are those of `re.findall`, with the letters and spaces of Unicode 15.1, for `\w+(?:'\w+)?|[^\w\s]`, or
    for `\w+` (`words`), `\w\w+` (`words-of-two`) and `\S+` (`nonspaces`).

    >>> tokenize("it's good, isn't it?")
    ["it's", 'good', ',', "isn't", 'it', '?']

    Raises:
        UnencodableText: (a ValueError) The text holds a lone surrogate.
    """
    if text.isascii():
        return _ascii_token(way).findall(text)
    check_encodable(text)
    return _token(way, beyond_bmp=_BEYOND_BMP.search(text) is not None).findall(text)


@cache
def _ascii_token(way: Tokens) -> re.Pattern[str]:
    return re.compile(_PATTERNS[way][0])


@cache
def _token(way: Tokens, *, beyond_bmp: bool) -> re.Pattern[str]:
    # `re` looks up characters of the basic plane in a table, but tries the ranges beyond it one by one. That is four
    # times slower, so these ranges are used only for texts with such characters.
    limit = 0x110000 if beyond_bmp else 0x10000
    word, space = (character_class(r for r in ranges if r[0] < limit) for ranges in (WORD, SPACE))
    return re.compile(_PATTERNS[way][1].format(word=word, space=space))


@cache
def _spaces() -> re.Pattern[str]:
    return re.compile(f"[{character_class(SPACE)}]{{2,}}")
