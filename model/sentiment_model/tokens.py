"""Text to tokens: the specification that training and serving share.

Letters, digits and case follow the Unicode tables of the running Python (14.0 in 3.11, 15.1 in 3.13). A generated table
of one fixed Unicode version belongs here, beside `_TOKEN`, once a second implementation has to agree on every letter.
"""

import re

PREPROCESSING = "br-space-lower/v1"
"""Name of `preprocess` in a model file: a reader that does not know it must refuse the file."""

TOKENS = "words-punctuation/v1"
"""Name of `tokenize` in a model file."""

_TOKEN = re.compile(r"\w+(?:'\w+)?|[^\w\s]")


def preprocess(text: str) -> str:
    """Replace the HTML line breaks of scraped reviews by a space, and lower the case."""
    return text.replace("<br />", " ").lower()


def tokenize(text: str) -> list[str]:
    """Split preprocessed text into words (with at most one inner apostrophe) and single punctuation marks.

    >>> tokenize("it's good, isn't it?")
    ["it's", 'good', ',', "isn't", 'it', '?']
    """
    return _TOKEN.findall(text)
