"""Compares the accuracy of two models on the same labelled rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from sentiment_pipeline.metrics.intervals import mean_interval


@dataclass(frozen=True)
class Comparison:
    """A challenger against the champion, on the same rows."""

    n: int
    champion_accuracy: float
    challenger_accuracy: float
    difference: float
    """Challenger minus champion."""
    low: float
    """Low end of the 95 % interval of the difference: paired bootstrap over whole groups."""
    high: float
    p_value: float
    """Exact McNemar test, two-sided, on the rows on which only one model is right: the probability of a split at least
    as uneven if both models were equally good. The test assumes independent rows; the interval does not."""
    only_champion_right: int
    only_challenger_right: int


def compare(
    actual: Sequence[str],
    champion_labels: Sequence[str],
    challenger_labels: Sequence[str],
    groups: Sequence[str] | None = None,
) -> Comparison:
    """Compare two models by their predictions for the same rows; the same input always gives the same result.

    Args:
        actual: [rows] the true labels.
        champion_labels: [rows] the predictions of the champion.
        challenger_labels: [rows] the predictions of the challenger.
        groups: [rows] the group of each row (film, product, author); None if rows are independent.

    Raises:
        ValueError: there are no rows, or the lengths differ.
    """
    lengths = {len(actual), len(champion_labels), len(challenger_labels), len(actual if groups is None else groups)}
    if lengths == {0} or len(lengths) != 1:
        raise ValueError(f"expected the same rows, at least one, for both models, found lengths {sorted(lengths)}")
    truth = np.asarray(actual, dtype=np.str_)
    champion = np.asarray(champion_labels, dtype=np.str_) == truth
    challenger = np.asarray(challenger_labels, dtype=np.str_) == truth
    lost, won = int((champion & ~challenger).sum()), int((challenger & ~champion).sum())
    low, high = mean_interval(challenger.astype(np.int64) - champion.astype(np.int64), groups)
    return Comparison(
        n=len(truth),
        champion_accuracy=float(champion.mean()),
        challenger_accuracy=float(challenger.mean()),
        difference=(won - lost) / len(truth),
        low=low,
        high=high,
        p_value=float(binomtest(won, won + lost).pvalue) if won + lost else 1.0,
        only_champion_right=lost,
        only_challenger_right=won,
    )
