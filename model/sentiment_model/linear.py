"""The model: a bias plus a sum over views of the text. A view is a vocabulary of n-gram keys with their weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sentiment_model.reading import TRAINED, Reading, Unit

Tf = Literal["plain", "sublinear", "binary"]
Norm = Literal["l2", "l1", "none"]
Link = Literal["sigmoid", "softmax", "one-vs-rest"]


@dataclass(frozen=True, kw_only=True)
class View:
    """A vocabulary of n-grams of one kind. `n` is its size, `k` the model's number of outputs."""

    name: str
    """Prefix of its tensors in the file: lower-case letters, digits and underscores."""
    ngrams: tuple[int, int]
    """Shortest and longest n-gram, in tokens."""
    tf: Tf
    """How a count becomes a term frequency: itself, 1 + ln(count), or 1."""
    norm: Norm
    """What the weighted frequencies of a text are divided by: their l2 norm, their l1 norm, or nothing."""
    keys: Sequence[int] = field(repr=False)
    """u64 [n], strictly ascending."""
    weight: Sequence[float] = field(repr=False)
    """f32 [n], multiplies the term frequency before the norm (idf, or idf times an NB log-ratio)."""
    coef: Sequence[float] = field(repr=False)
    """f32 [n, k] row by row, multiplies the normalised frequencies."""

    unit: Unit = "words"
    """What an n-gram is made of."""


@dataclass(frozen=True, kw_only=True)
class LinearModel:
    """A linear classifier over n-grams, for two classes (`sigmoid`, k = 1) or k of them (`softmax`, `one-vs-rest`)."""

    labels: tuple[str, ...]
    """In the order of the probabilities. With two labels, a positive margin means the second."""
    views: tuple[View, ...]
    bias: Sequence[float]
    """f32 [k]"""
    link: Link
    """From margins to probabilities; `one-vs-rest` divides the sigmoid of each by their sum."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Provenance of the model: shown, never interpreted.

    No times, run ids or host names, so that equal models have equal bytes.
    """
    reading: Reading = TRAINED

    @property
    def outputs(self) -> int:
        """k, the number of margins."""
        return 1 if self.link == "sigmoid" else len(self.labels)
