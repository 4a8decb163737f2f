"""The readable specification of scoring: text to margins in pure Python, on arrays in memory or in a mapped file."""

import math
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from sentiment_model.linear import LinearModel, View
from sentiment_model.reading import ngram_keys_of, ngram_names_of

Score = tuple[tuple[float, ...], int, int]
"""The margins, the number of known n-grams of the text, the number of all its n-grams."""

Match = tuple[str, int, int]
"""A known n-gram of a text: the n-gram (words joined by spaces), its count, its position in the vocabulary."""


class Engine(Protocol):
    """An implementation of scoring. It holds no state between calls and may be shared by threads."""

    def score(self, text: str) -> Score:
        """Score one text."""
        ...

    def score_many(self, texts: Sequence[str], threads: int) -> list[Score]:
        """Score texts, with at most so many threads."""
        ...

    def matches(self, text: str) -> list[list[Match]]:
        """For each view, the known n-grams in the order of first occurrence."""
        ...


class KeyIndex:
    """Finds a key in ascending u64 keys, which may lie in a mapped file.

    A table maps the first bits of a key to the range to bisect. The range holds about 8 keys if keys are uniform, as
    hashes are; the result is also correct for other keys.
    """

    def __init__(self, keys: Sequence[int]) -> None:
        bits = min(16, max(0, len(keys).bit_length() - 3))
        self._keys = keys
        self._shift = 64 - bits
        starts = [bisect_left(keys, first << self._shift) for first in range(1 << bits)]
        self._starts = array("Q", [*starts, len(keys)])

    def find(self, key: int) -> int:
        """The position of the key, or -1."""
        bucket = key >> self._shift
        starts, keys = self._starts, self._keys
        end = starts[bucket + 1]
        place = bisect_left(keys, key, starts[bucket], end)
        return place if place < end and keys[place] == key else -1


class PythonEngine:
    """Scores with the standard library alone."""

    def __init__(self, model: LinearModel) -> None:
        self._model = model
        self._indexes = [KeyIndex(view.keys) for view in model.views]

    def score(self, text: str) -> Score:
        """See `Engine`."""
        margins = list(self._model.bias)
        known = total = 0
        for view, index in zip(self._model.views, self._indexes, strict=True):
            counts = Counter(ngram_keys_of(text, view.unit, view.ngrams, self._model.reading))
            total += counts.total()
            known += _add_view(margins, view, index, counts)
        return tuple(margins), known, total

    def score_many(self, texts: Sequence[str], threads: int) -> list[Score]:
        """See `Engine`. Uses one thread, because Python runs one at a time."""
        return [self.score(text) for text in texts]

    def matches(self, text: str) -> list[list[Match]]:
        """See `Engine`."""
        found = []
        for view, index in zip(self._model.views, self._indexes, strict=True):
            # A Counter keeps the order of first occurrences.
            reading = self._model.reading
            keys = ngram_keys_of(text, view.unit, view.ngrams, reading)
            names = dict(zip(keys, ngram_names_of(text, view.unit, view.ngrams, reading), strict=True))
            places = ((names[key], count, index.find(key)) for key, count in Counter(keys).items())
            found.append([match for match in places if match[2] >= 0])
        return found


def _add_view(margins: list[float], view: View, index: KeyIndex, counts: Counter[int]) -> int:
    """Add the scores of a view to the margins and return the number of known n-grams."""
    weight, coef, k = view.weight, view.coef, len(margins)
    outputs = range(k)
    known = 0
    length = 0.0
    sums = [0.0] * k
    for key, count in counts.items():
        place = index.find(key)
        if place < 0:
            continue
        known += count
        value = weight[place] if count == 1 else frequency(view, count) * weight[place]
        length += length_part(view, value)
        for output in outputs:
            sums[output] += value * coef[place * k + output]
    scale = scale_of(view, length)
    for output in outputs:
        margins[output] += sums[output] * scale
    return known


def frequency(view: View, count: int) -> float:
    """The term frequency of a count."""
    if view.tf == "binary":
        return 1.0
    return float(count) if view.tf == "plain" else 1.0 + math.log(count)


def length_part(view: View, value: float) -> float:
    """The term of one feature in the sum that `scale_of` takes."""
    return abs(value) if view.norm == "l1" else value * value


def scale_of(view: View, length: float) -> float:
    """The factor by which the view's norm scales features.

    Args:
        view: Its `norm` decides.
        length: The sum of `length_part` over the features of a text.
    """
    if view.norm == "none" or length <= 0.0:
        return 1.0
    return 1.0 / (length if view.norm == "l1" else math.sqrt(length))
