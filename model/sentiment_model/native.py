"""Chooses the implementation: Rust if the wheel `sentiment-native` is installed, otherwise Python.

`SENTIMENT_NATIVE=0` in the environment selects Python. Both give the same results; Rust is faster. The choice is made
for each scorer and each count.
"""

import math
import operator
import os
import warnings
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any, Literal

from sentiment_model.errors import UnencodableText
from sentiment_model.linear import LinearModel
from sentiment_model.scoring import Match, Score
from sentiment_model.unicode import LONE_SURROGATE

VERSION = "0.2.0"
"""Version of the wheel that belongs to this release."""


def available() -> ModuleType | None:
    """The Rust module, or None if Python is used."""
    return None if os.environ.get("SENTIMENT_NATIVE") == "0" else _installed()


@cache
def _installed() -> ModuleType | None:
    try:
        import sentiment_native
    except ImportError:
        return None
    found: str = sentiment_native.__version__
    if found != VERSION:
        # A registered model contains its own sentiment_model, which may meet a wheel of another release.
        warnings.warn(
            f"sentiment-native {found} is not used: {VERSION} belongs to this release. Python scores, more slowly.",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    module: ModuleType = sentiment_native
    return module


def implementation() -> str:
    """`rust` or `python`: the implementation of the next scorer."""
    return "python" if available() is None else "rust"


def cpus() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def encodable() -> Iterator[None]:
    """Replace the codec's error, which contains the text, by `UnencodableText`."""
    try:
        yield
    except UnicodeEncodeError:
        raise UnencodableText(LONE_SURROGATE) from None


def ascending(keys: Sequence[int]) -> bool:
    """Whether the u64 keys are strictly ascending."""
    module = available()
    if module is None or not _is_buffer(keys):
        return all(map(operator.lt, keys, keys[1:]))
    return bool(module.ascending(keys))


def finite(numbers: Sequence[float]) -> bool:
    """Whether no number is infinite or NaN. A buffer must hold f32."""
    module = available()
    if module is None or not _is_buffer(numbers):
        return all(map(math.isfinite, numbers))
    return bool(module.finite(numbers))


class NativeEngine:
    """Scores in Rust, on the arrays of a model."""

    def __init__(self, module: ModuleType, model: LinearModel) -> None:
        views = [
            (
                view.unit,
                view.ngrams,
                view.tf,
                view.norm,
                _array("Q", view.keys),
                _array("f", view.weight),
                _array("f", view.coef),
            )
            for view in model.views
        ]
        self._scorer = module.LinearScorer([float(number) for number in model.bias], views, _reading(model))

    def score(self, text: str) -> Score:
        """See `Engine`. A long text releases the interpreter's lock."""
        try:
            score: Score = self._scorer.score(text)
        except UnicodeEncodeError:
            raise UnencodableText(LONE_SURROGATE) from None
        return score

    def score_many(self, texts: Sequence[str], threads: int) -> list[Score]:
        """See `Engine`. Releases the interpreter's lock."""
        with encodable():
            scores: list[Score] = self._scorer.score_many(texts, threads)
        return scores

    def matches(self, text: str) -> list[list[Match]]:
        """See `Engine`."""
        with encodable():
            matches: list[list[Match]] = self._scorer.matches(text)
        return matches


def _reading(model: LinearModel) -> tuple[str, str, list[str]]:
    reading = model.reading
    return reading.preprocessing, reading.tokens, list(reading.stop_words)


def _array(typecode: Literal["Q", "f"], numbers: Sequence[Any]) -> "Sequence[Any]":
    """The numbers as a buffer of that type; a buffer is returned as it is."""
    return numbers if _is_buffer(numbers) else array(typecode, numbers)


def _is_buffer(numbers: Sequence[Any]) -> bool:
    return isinstance(numbers, array | memoryview)
