"""Counts oddities of raw texts: broken encodings, markup, other scripts and languages. Nothing is removed."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np

from sentiment_pipeline.progress import progress

MIN_WORDS = 3
"""Texts with fewer words count as short."""

_PATTERNS = {
    # UTF-8 that was read as Latin-1 or Windows-1252, or lost.
    "mojibake": re.compile("[\u00c3\u00c2][\u0080-\u00bf\u2018-\u201e\u20ac\u2122]|\u00e2\u20ac|\ufffd"),
    "html_tags": re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?/?>"),
    "html_entities": re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});"),
    "control_characters": re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]"),
    "lone_surrogates": re.compile(r"[\ud800-\udfff]"),
    "links": re.compile(r"https?://|www\.", re.IGNORECASE),
}
_WORD = re.compile(r"[^\W\d_]+")

_MOST_LETTERS = 0.5

_FREQUENT_WORDS = 100
_MIN_WORDS_FOR_LANGUAGE = 20
"""Texts with fewer words are too short to recognise another language."""
_FAR_BELOW = 1 / 3


def oddities(texts: Sequence[str]) -> dict[str, int]:
    """Count the texts that have each oddity.

    Returns:
        The number of texts by oddity. Besides the patterns: `short` texts have fewer than 3 words; in `not_latin` texts
        most letters are of another script; `unlike_the_rest` texts have at least 20 words, of which the 100 most
        frequent words of all texts make up less than a third of the usual share: another language, or a list.
    """
    counts = Counter(dict.fromkeys((*_PATTERNS, "short", "not_latin"), 0))
    frequency: Counter[str] = Counter()
    with progress("look for oddities", 2 * len(texts)) as advance:
        for text in texts:
            words = _words(text)
            frequency.update(set(words))
            counts["short"] += len(words) < MIN_WORDS
            counts["not_latin"] += not text.isascii() and _is_not_latin(text)
            counts.update(name for name, pattern in _PATTERNS.items() if pattern.search(text))
            advance(1)
        frequent = {word for word, _ in frequency.most_common(_FREQUENT_WORDS)}
        shares = []
        for text in texts:
            words = _words(text)
            if len(words) >= _MIN_WORDS_FOR_LANGUAGE:
                shares.append(sum(word in frequent for word in words) / len(words))
            advance(1)
    usual = float(np.median(shares)) if shares else 0.0
    return {**counts, "unlike_the_rest": sum(share < _FAR_BELOW * usual for share in shares)}


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _is_not_latin(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return sum(map(_is_foreign, letters)) > _MOST_LETTERS * len(letters)


@cache
def _is_foreign(letter: str) -> bool:
    return not unicodedata.name(letter, "").startswith("LATIN")
