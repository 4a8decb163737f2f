"""The n-grams that speak most for each label. A model file has only their hashes; training texts have their names."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sentiment_pipeline.training.calibration import Floats
from sentiment_pipeline.training.fitting import TextClassifier

TOP = 20


@dataclass(frozen=True)
class TopNgram:
    """One n-gram and what it says."""

    label: str
    view: str
    ngram: str
    weight: float
    """What one occurrence adds to the margin in favour of the label, before a text is scaled to length 1."""


def top_ngrams(fitted: TextClassifier, names: Sequence[Sequence[str]], count: int = TOP) -> list[TopNgram]:
    """The `count` n-grams of largest weight for each label and view, the largest first.

    Args:
        names: per view, what each of its keys stands for.
    """
    found = []
    for view, factor, ngrams in zip(fitted.views, fitted.scaling.factors, names, strict=True):
        coef, _ = view.coefficients()
        weights = factor * coef * view.weighter.weight_[:, None]
        for number, label in enumerate(fitted.classes_):
            favour = _in_favour(weights, number)
            best = np.argsort(-favour, kind="stable")[:count]
            found += [
                TopNgram(str(label), view.recipe.name, ngrams[place], float(favour[place]))
                for place in best
                if favour[place] > 0
            ]
    return found


def _in_favour(weights: Floats, number: int) -> Floats:
    """Weights [n-grams, margins] in favour of one label: with two labels, there is one margin for the second."""
    if weights.shape[1] > 1:
        favour: Floats = weights[:, number]
        return favour
    return weights[:, 0] if number == 1 else -weights[:, 0]
