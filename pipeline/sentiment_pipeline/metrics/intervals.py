"""95 % intervals of shares and of differences of shares, for rows in groups whose rows resemble each other."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Z = 1.959963984540054
"""Quantile of the normal distribution for a 95 % interval."""

_RESAMPLES = 10_000
_RESAMPLES_AT_ONCE = 500
_SEED = 20_240_601
"""Fixed, so that the same rows give the same interval."""

Values = npt.NDArray[np.float64]


def share_interval(right: npt.NDArray[np.bool_], groups: Sequence[str] | None = None) -> tuple[float, float]:
    """Wilson's score interval (Wilson 1927) of the share of rows that are right.

    The interval is computed for the effective number of rows: the number of independent rows that would have the same
    variance as the groups (Kish 1965, "design effect"), at most the number of rows. It lies within [0, 1] and has a
    positive width even for shares of 0 and 1.

    Args:
        right: [rows] whether each row is right; at least one row.
        groups: [rows] the group of each row; None if rows are independent.

    Returns:
        Low and high end.
    """
    share, rows = float(right.mean()), len(right)
    effective = rows / _design_effect(right.astype(np.float64) - share, groups)
    centre = (share + Z**2 / (2 * effective)) / (1 + Z**2 / effective)
    half = Z / (1 + Z**2 / effective) * np.sqrt(share * (1 - share) / effective + (Z / (2 * effective)) ** 2)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def mean_interval(values: npt.NDArray[np.int64], groups: Sequence[str] | None = None) -> tuple[float, float]:
    """Percentile bootstrap interval of a mean, over whole groups (Efron and Tibshirani 1993, chapters 8 and 13).

    Args:
        values: [rows] whole numbers, at least one.
        groups: [rows] the group of each row; None if rows are independent.

    Returns:
        Low and high end, the same for the same rows.
    """
    sums, sizes = _by_group(values, groups)
    # Groups of equal sum and size are interchangeable: drawing the number of groups of each kind is enough, and faster.
    kinds, counts = np.unique(np.stack([sums, sizes], axis=1), axis=0, return_counts=True)
    generator = np.random.default_rng(_SEED)
    means: list[float] = []
    while len(means) < _RESAMPLES:
        drawn = generator.multinomial(len(sums), counts / len(sums), size=_RESAMPLES_AT_ONCE)
        means += ((drawn @ kinds[:, 0]) / (drawn @ kinds[:, 1])).tolist()
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def _design_effect(residuals: Values, groups: Sequence[str] | None) -> float:
    """Variance of the mean with groups, divided by that of as many independent rows; at least 1."""
    independent = float((residuals**2).sum())
    if groups is None or independent == 0.0:
        return 1.0
    sums, _ = _by_group(residuals, groups)
    return max(1.0, float((sums**2).sum()) / independent)


def _by_group(values: npt.NDArray[np.number], groups: Sequence[str] | None) -> tuple[Values, Values]:
    """Sum and number of rows of each group, [groups] both."""
    if groups is None:
        return values.astype(np.float64), np.ones(len(values))
    _, numbers = np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True)
    sums = np.bincount(numbers, weights=values.astype(np.float64)).astype(np.float64)
    return sums, np.bincount(numbers).astype(np.float64)
