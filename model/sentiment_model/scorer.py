"""Predicts the labels and probabilities of texts with a model."""

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sentiment_model import native
from sentiment_model.explain import Explanation, explain
from sentiment_model.linear import LinearModel
from sentiment_model.modelfile import read_model
from sentiment_model.scoring import Engine, PythonEngine, Score

_TEXTS_AT_ONCE = 1024


@dataclass(frozen=True)
class Prediction:
    """The prediction for one text."""

    label: str
    probabilities: tuple[float, ...]
    """One per label, in the order of `Scorer.labels`; they add up to 1."""
    margins: tuple[float, ...]
    """The linear scores before the link: one per label, or a single one (of the second label) for two labels."""
    known: int
    """Number of n-grams of the text that are in the vocabulary, repetitions included."""
    total: int
    """Number of n-grams of the text over all views."""


class Scorer:
    """Predicts with a LinearModel. It holds no state between calls and may be shared by threads.

    Scores equal those of the scikit-learn estimator that the model was exported from, up to the rounding of weights to
    32 bits. The Rust implementation is used if its wheel is installed (see `sentiment_model.native`).
    """

    def __init__(self, model: LinearModel) -> None:
        self._model = model
        module = native.available()
        self._engine: Engine = PythonEngine(model) if module is None else native.NativeEngine(module, model)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "Scorer":
        """Map and check a model file. Raises the errors of `read_model`."""
        return cls(read_model(path))

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the probabilities."""
        return self._model.labels

    def predict(self, text: str) -> Prediction:
        """Predict one text of any length. If no n-gram is known, the bias alone decides.

        Raises:
            UnencodableText: (a ValueError) The text holds a lone surrogate.
        """
        return self._prediction(self._engine.score(text))

    def predict_many(self, texts: Iterable[str], *, threads: int | None = None) -> Iterator[Prediction]:
        """Predict texts in batches, so that the iterable may be larger than memory.

        Args:
            texts: As for `predict`.
            threads: Number of threads; None for one per processor. The Python implementation uses one.

        Raises:
            UnencodableText: (a ValueError) A text holds a lone surrogate.
        """
        remaining = iter(texts)
        while batch := list(islice(remaining, _TEXTS_AT_ONCE)):
            yield from map(self._prediction, self._engine.score_many(batch, threads or native.cpus()))

    def explain(self, text: str) -> Explanation:
        """The contribution of each known n-gram to the margins of `predict`. Raises the errors of `predict`."""
        return explain(self._model, self._engine.matches(text))

    def _prediction(self, score: Score) -> Prediction:
        margins, known, total = score
        model = self._model
        if model.link == "sigmoid":
            return Prediction(model.labels[margins[0] > 0], _sigmoid(margins[0]), margins, known, total)
        best = max(range(len(margins)), key=margins.__getitem__)
        scores = margins if model.link == "softmax" else tuple(map(_log_sigmoid, margins))
        return Prediction(model.labels[best], _softmax(scores), margins, known, total)


def _sigmoid(margin: float) -> tuple[float, float]:
    # exp of a number that is not positive cannot overflow.
    tail = math.exp(-abs(margin))
    small, large = tail / (1.0 + tail), 1.0 / (1.0 + tail)
    return (small, large) if margin > 0 else (large, small)


def _log_sigmoid(margin: float) -> float:
    return min(margin, 0.0) - math.log1p(math.exp(-abs(margin)))


def _softmax(margins: Sequence[float]) -> tuple[float, ...]:
    top = max(margins)
    exponentials = [math.exp(margin - top) for margin in margins]
    total = math.fsum(exponentials)
    return tuple(value / total for value in exponentials)
