"""Text in, prediction out: the readable specification of scoring, in pure Python over the mapped arrays."""

import math
import os
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sentiment_model.keys import ngram_keys
from sentiment_model.linear import LinearModel, View
from sentiment_model.modelfile import read_model
from sentiment_model.tokens import preprocess, tokenize


@dataclass(frozen=True)
class Prediction:
    """What the model says about one text."""

    label: str
    probabilities: tuple[float, ...]
    """One per label, in the order of `Scorer.labels`; they add up to 1."""
    margins: tuple[float, ...]
    """The linear scores before the link: one for two labels (in favour of the second), else one per label."""
    known: int
    """How many n-grams of the text, repetitions included, are in the vocabulary."""
    total: int
    """How many n-grams the text has, over all views."""


class KeyIndex:
    """Finds a key in ascending u64 keys, which may lie in a mapped file.

    A table by the first bits of a key says where to bisect: among about 8 keys when they are uniform, as hashes are,
    and still correctly when a file has others.
    """

    def __init__(self, keys: Sequence[int]) -> None:
        bits = min(16, max(0, len(keys).bit_length() - 3))
        self._keys = keys
        self._shift = 64 - bits
        starts = [bisect_left(keys, first << self._shift) for first in range(1 << bits)]
        self._starts = array("Q", [*starts, len(keys)])

    def find(self, key: int) -> int:
        """Where the key is, or -1."""
        bucket = key >> self._shift
        end = self._starts[bucket + 1]
        place = bisect_left(self._keys, key, self._starts[bucket], end)
        return place if place < end and self._keys[place] == key else -1


class Scorer:
    """Predicts with a LinearModel. It holds no state between calls and may be shared by threads.

    Scores are those of scikit-learn's TfidfVectorizer and LogisticRegression, up to the rounding of weights to 32 bits.
    """

    def __init__(self, model: LinearModel) -> None:
        self._model = model
        self._indexes = [KeyIndex(view.keys) for view in model.views]

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "Scorer":
        """Map and check a model file; raises as `read_model`."""
        return cls(read_model(path))

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of the probabilities."""
        return self._model.labels

    def predict(self, text: str) -> Prediction:
        """Score one text of any length; without a known n-gram the bias alone decides.

        Raises:
            UnencodableText: (a ValueError) the text holds a lone surrogate.
        """
        model = self._model
        tokens = tokenize(preprocess(text))
        margins = list(model.bias)
        known = total = 0
        for view, index in zip(model.views, self._indexes, strict=True):
            counts = Counter(ngram_keys(tokens, *view.ngrams))
            total += counts.total()
            known += _add_view(margins, view, index, counts)
        probabilities = _sigmoid(margins[0]) if model.link == "sigmoid" else _softmax(margins)
        best = int(margins[0] > 0) if model.link == "sigmoid" else max(range(len(margins)), key=margins.__getitem__)
        return Prediction(model.labels[best], probabilities, tuple(margins), known, total)


def _add_view(margins: list[float], view: View, index: KeyIndex, counts: Counter[int]) -> int:
    """Add a view's share to the margins; returns how many n-grams it knew."""
    weight, coef, k = view.weight, view.coef, len(margins)
    known = 0
    square = 0.0
    sums = [0.0] * k
    for key, count in counts.items():
        place = index.find(key)
        if place < 0:
            continue
        known += count
        frequency = float(count) if view.tf == "plain" else 1.0 + math.log(count)
        value = frequency * weight[place]
        square += value * value
        for output in range(k):
            sums[output] += value * coef[place * k + output]
    if view.norm == "l2" and square > 0.0:
        length = math.sqrt(square)
        sums = [value / length for value in sums]
    for output in range(k):
        margins[output] += sums[output]
    return known


def _sigmoid(margin: float) -> tuple[float, float]:
    # exp of a negative number only: it cannot overflow.
    tail = math.exp(-abs(margin))
    small, large = tail / (1.0 + tail), 1.0 / (1.0 + tail)
    return (small, large) if margin > 0 else (large, small)


def _softmax(margins: Sequence[float]) -> tuple[float, ...]:
    top = max(margins)
    exponentials = [math.exp(margin - top) for margin in margins]
    total = math.fsum(exponentials)
    return tuple(value / total for value in exponentials)
