"""The n-grams with the largest weights for each label. A model file holds only their hashes; their text comes from the
training reviews."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sentiment_pipeline.training.calibration import Floats
from sentiment_pipeline.training.fitting import TextClassifier

TOP = 20


@dataclass(frozen=True)
class TopNgram:
    """An n-gram and its weight for a label."""

    label: str
    view: str
    ngram: str
    weight: float
    """What one occurrence adds to the margin in favour of the label, before the features of a text are normalised."""


def top_ngrams(fitted: TextClassifier, names: Sequence[Sequence[str]], count: int = TOP) -> list[TopNgram]:
    """The `count` n-grams of largest weight for each label and view, the largest first.

    Args:
        fitted: the classifier.
        names: per view, the n-gram of each key.
        count: how many n-grams per label and view.
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
    """Weights in favour of one label, of weights [n-grams, margins]; two labels share the margin of the second."""
    if weights.shape[1] > 1:
        favour: Floats = weights[:, number]
        return favour
    return weights[:, 0] if number == 1 else -weights[:, 0]
