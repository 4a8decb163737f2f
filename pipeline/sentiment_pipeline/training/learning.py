"""The learning curve: would more reviews make the model better, or another recipe?"""

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
    """Fit a recipe to growing parts of what is not held out, from counts that are there already.

    A part is made of whole groups and holds all smaller parts. A part too small to fit is left out.

    Args:
        scaling: of the recipe; as good as the one that each part alone would give, for labels hardly depend on it.
        labels: [texts]
        groups: [texts]
        held_out: [texts] which to judge on.
    """
    places = np.array([position(group, "learning") for group in groups])
    judged = np.flatnonzero(held_out)
    points = []
    with progress("learning curve", len(FRACTIONS)) as advance:
        for fraction in FRACTIONS:
            rows = np.flatnonzero(~held_out & (places < fraction))
            if set(labels[rows]) == set(labels):
                points += _points(candidate, scaling, corpus, labels, groups, rows, judged)
            advance(1)
    return points


def _points(
    candidate: Candidate,
    scaling: Scaling,
    corpus: Corpus,
    labels: Labels,
    groups: Sequence[str],
    rows: Rows,
    judged: Rows,
) -> list[Point]:
    try:
        fitted = fit_views(candidate, corpus, labels, rows)
    except DataError:
        # No n-gram is frequent enough in so few texts.
        return []

    def right(asked: Rows) -> npt.NDArray[np.bool_]:
        said = probabilities(scaling.apply(raw_margins(fitted, corpus, asked))).argmax(axis=1)
        found: npt.NDArray[np.bool_] = np.unique(labels)[said] == labels[asked]
        return found

    unseen = right(judged)
    low, high = share_interval(unseen, [groups[row] for row in judged])
    return [Point(len(rows), float(unseen.mean()), low, high, float(right(rows).mean()))]
