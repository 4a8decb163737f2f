"""What a model is: a bias plus a sum of views of the text, each a vocabulary of n-gram keys with their numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sentiment_model.reading import TRAINED, Reading, Unit

Tf = Literal["plain", "sublinear", "binary"]
Norm = Literal["l2", "l1", "none"]
Link = Literal["sigmoid", "softmax", "one-vs-rest"]


@dataclass(frozen=True, kw_only=True)
class View:
    """One way to look at the text. `n` is the size of its vocabulary, `k` the model's number of outputs."""

    name: str
    """Prefix of its tensors in the file: lower-case letters, digits and underscores."""
    ngrams: tuple[int, int]
    """Shortest and longest n-gram, in tokens."""
    tf: Tf
    """How a count becomes a term frequency: itself, 1 + ln(count), or 1."""
    norm: Norm
    """What the weighted frequencies of a text are divided by: Euclidean length, sum of their sizes, or nothing."""
    keys: Sequence[int] = field(repr=False)
    """u64 [n], strictly ascending."""
    weight: Sequence[float] = field(repr=False)
    """f32 [n], multiplies the term frequency before the norm (idf, or idf times an NB log-ratio)."""
    coef: Sequence[float] = field(repr=False)
    """f32 [n, k] row by row, multiplies what the norm left."""

    unit: Unit = "words"
    """What an n-gram is made of."""


@dataclass(frozen=True, kw_only=True)
class LinearModel:
    """A linear classifier over n-grams, for two classes (`sigmoid`, k = 1) or k of them (`softmax`, `one-vs-rest`)."""

    labels: tuple[str, ...]
    """In the order of the probabilities. With two, the margin speaks for the second."""
    views: tuple[View, ...]
    bias: Sequence[float]
    """f32 [k]"""
    link: Link
    """From margins to probabilities; `one-vs-rest` divides the sigmoid of each by their sum."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Where the model comes from: shown, never interpreted. No times, run ids or hosts: equal models, equal bytes."""
    reading: Reading = TRAINED

    @property
    def outputs(self) -> int:
        """k, the number of margins."""
        return 1 if self.link == "sigmoid" else len(self.labels)
