"""Text to tokens: the specification that training and serving share.

Letters, digits, spaces and case are those of one fixed Unicode version (`sentiment_model.unicode`).
"""

import re
from functools import cache

from sentiment_model.unicode import character_class, check_encodable, lower
from sentiment_model.unicode_tables import SPACE, WORD

PREPROCESSING = "br-space-lower/v1"
"""Name of `preprocess` in a model file: a reader that does not know it must refuse the file."""

TOKENS = "words-punctuation/v1"
"""Name of `tokenize` in a model file."""

_ASCII_TOKEN = re.compile(r"\w+(?:'\w+)?|[^\w\s]")
_BEYOND_BMP = re.compile(r"[\U00010000-\U0010ffff]")


def preprocess(text: str) -> str:
    """Replace the HTML line breaks of scraped reviews by a space, and lower the case."""
    return lower(text.replace("<br />", " "))


def tokenize(text: str) -> list[str]:
    r"""Split preprocessed text into words (with at most one inner apostrophe) and single punctuation marks.

    This is `\w+(?:'\w+)?|[^\w\s]` of Python's `re`, with the letters and spaces of Unicode 15.1.

    >>> tokenize("it's good, isn't it?")
    ["it's", 'good', ',', "isn't", 'it', '?']

    Raises:
        UnencodableText: (a ValueError) the text holds a lone surrogate.
    """
    if text.isascii():
        return _ASCII_TOKEN.findall(text)  # ASCII is the same in every version
    check_encodable(text)
    return _token(beyond_bmp=_BEYOND_BMP.search(text) is not None).findall(text)


@cache
def _token(*, beyond_bmp: bool) -> re.Pattern[str]:
    # `re` finds the characters of the basic plane in a table, and tries the ranges beyond it one by one: four times
    # slower, so only where there are such characters.
    limit = 0x110000 if beyond_bmp else 0x10000
    word, space = (character_class(r for r in ranges if r[0] < limit) for ranges in (WORD, SPACE))
    return re.compile(f"[{word}]+(?:'[{word}]+)?|[^{word}{space}]")
