"""The learning curve: shows whether more reviews would make the model better."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sentiment_pipeline.data.reviews.split import position
from sentiment_pipeline.errors import DataError
from sentiment_pipeline.metrics.intervals import share_interval
from sentiment_pipeline.metrics.learning_curve import Point
from sentiment_pipeline.params import Candidate
from sentiment_pipeline.progress import progress
from sentiment_pipeline.training.calibration import Scaling, probabilities
from sentiment_pipeline.training.counts import Corpus, Rows
from sentiment_pipeline.training.fitting import Labels, fit_views, raw_margins

FRACTIONS = (0.125, 0.25, 0.5, 1.0)


def learning_curve(
    candidate: Candidate,
    scaling: Scaling,
    corpus: Corpus,
    labels: Labels,
    groups: Sequence[str],
    held_out: npt.NDArray[np.bool_],
) -> list[Point]:
    """Fit a recipe to growing parts of the reviews that are not held out, using existing counts.

    A part consists of whole groups and includes all smaller parts. Parts that are too small to fit are left out.

    Args:
        scaling: of the recipe. One fitted to each part would hardly change the predicted labels.
        labels: [texts]
        groups: [texts]
        held_out: [texts] the texts that accuracy is measured on.
    """
    places = np.array([position(group, "learning") for group in groups])
    unseen = np.flatnonzero(held_out)
    points = []
    with progress("learning curve", len(FRACTIONS)) as advance:
        for fraction in FRACTIONS:
            rows = np.flatnonzero(~held_out & (places < fraction))
            if set(labels[rows]) == set(labels):
                points += _points(candidate, scaling, corpus, labels, groups, rows, unseen)
            advance(1)
    return points


def _points(
    candidate: Candidate,
    scaling: Scaling,
    corpus: Corpus,
    labels: Labels,
    groups: Sequence[str],
    rows: Rows,
    unseen: Rows,
) -> list[Point]:
    try:
        fitted = fit_views(candidate, corpus, labels, rows)
    except DataError:
        # No n-gram is frequent enough in so few texts.
        return []

    def is_correct(texts: Rows) -> npt.NDArray[np.bool_]:
        predicted = probabilities(scaling.apply(raw_margins(fitted, corpus, texts))).argmax(axis=1)
        found: npt.NDArray[np.bool_] = np.unique(labels)[predicted] == labels[texts]
        return found

    correct = is_correct(unseen)
    low, high = share_interval(correct, [groups[row] for row in unseen])
    return [Point(len(rows), float(correct.mean()), low, high, float(is_correct(rows).mean()))]
