"""Slices: parts of the held-out reviews on which accuracy is measured separately."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score

from sentiment_model import preprocess, tokenize
from sentiment_pipeline.data.reviews.review import Review
from sentiment_pipeline.metrics.classification import Labels
from sentiment_pipeline.metrics.intervals import share_interval

MAX_BUCKETS = 20
"""The most frequent values of a column that have a bucket of their own; all others share one."""

OTHERS = "others"

_LONGEST_VALUE = 40
"""In characters; longer values of a column are cut, because they become names of metrics."""

# The words of nltk.sentiment.util.NEGATION, which NLTK's mark_negation uses.
_NEGATION = re.compile(
    r"never|no|nothing|nowhere|noone|none|not|havent|hasnt|hadnt|cant|couldnt|shouldnt|wont|wouldnt|dont|doesnt|didnt"
    r"|isnt|arent|aint|.*n't.*"
)

Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Slice:
    """The measures of one slice."""

    rows: int
    accuracy: float
    low: float
    """95 % interval of the accuracy."""
    high: float
    macro_f1: float
    """Over the labels that occur in the slice."""
    confidence: float
    """Mean probability of the predicted label."""


def has_negation(text: str) -> bool:
    """Whether the text has a negation, as defined by NLTK's `mark_negation`."""
    # A typographic apostrophe would split "isn" from "t".
    return any(_NEGATION.fullmatch(token) for token in tokenize(preprocess(text.replace("\u2019", "'"))))


def slices_of(reviews: Sequence[Review]) -> dict[str, dict[str, Rows]]:
    """The slices by name and bucket, as masks [reviews]: length, negation, and the columns of `data.slices`."""
    return {
        "length": _by_length([len(review.text.split()) for review in reviews]),
        "negation": _by_value(["with" if has_negation(review.text) else "without" for review in reviews]),
        **{name: _by_value([r.slices.get(name, "") for r in reviews]) for name in _columns(reviews)},
    }


def measure_slice(
    truth: Labels, predicted: Labels, confidence: npt.NDArray[np.float64], groups: Sequence[str]
) -> Slice:
    """Measure one slice, given its rows only."""
    low, high = share_interval(truth == predicted, groups)
    return Slice(
        rows=len(truth),
        accuracy=float((truth == predicted).mean()),
        low=low,
        high=high,
        macro_f1=float(f1_score(truth, predicted, labels=np.unique(truth), average="macro", zero_division=0.0)),
        confidence=float(confidence.mean()),
    )


def _columns(reviews: Sequence[Review]) -> list[str]:
    return sorted({name for review in reviews for name in review.slices})


def _by_length(words: Sequence[int]) -> dict[str, Rows]:
    """Quartiles of length; texts of equal length are in one bucket."""
    lengths = np.array(words)
    edges = sorted({int(edge) for edge in np.quantile(lengths, [0.25, 0.5, 0.75], method="lower")})
    numbers = np.searchsorted(edges, lengths)
    lows = [0, *(edge + 1 for edge in edges)]
    names = [*(f"{low}-{high} words" for low, high in zip(lows, edges, strict=False)), f"{lows[-1]}+ words"]
    return {name: numbers == number for number, name in enumerate(names) if (numbers == number).any()}


def _by_value(values: Sequence[str]) -> dict[str, Rows]:
    counts = Counter(values)
    shown = {value for value, _ in counts.most_common(MAX_BUCKETS)}
    named = np.array([_bucket(value) if value in shown else OTHERS for value in values])
    return {name: named == name for name in sorted(set(named.tolist()), key=_order)}


def _bucket(value: str) -> str:
    return value[:_LONGEST_VALUE] or "none given"


def _order(name: str) -> tuple[bool, float, str]:
    """Numbers in ascending order, then words; the shared bucket comes last."""
    try:
        return (name == OTHERS, float(name), "")
    except ValueError:
        return (name == OTHERS, float("inf"), name)
