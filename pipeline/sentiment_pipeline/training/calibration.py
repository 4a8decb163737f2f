"""Calibration: averages the raw margins of all views and scales them to log-odds. Both steps are linear."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, log_expit, log_softmax, softmax

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scaling:
    """margin = Σ over views of factor · raw margin, + shift."""

    factors: tuple[float, ...]
    """Per view."""
    shifts: tuple[float, ...]
    """Per margin: one for two labels, otherwise one per label."""

    def apply(self, raw: Floats) -> Floats:
        """Raw margins [texts, views, k] to margins [texts, k]."""
        margins: Floats = np.einsum("tvk,v->tk", raw, np.array(self.factors)) + np.array(self.shifts)
        return margins


def unscaled(margins: int) -> Scaling:
    """The scaling that leaves the margins of a single view unchanged."""
    return Scaling((1.0,), (0.0,) * margins)


def fit_scaling(raw: Floats, truth: npt.NDArray[np.int64]) -> Scaling:
    """Fit a scaling to the margins of texts that the classifiers were not fitted to.

    The views are divided by the standard deviation of their margins and averaged. Then one factor, and a shift per
    margin, minimise the log loss: Platt scaling (Platt 1999) for two labels; for more, temperature scaling (Guo et al.
    2017) with a shift per label.

    Args:
        raw: [texts, views, k]
        truth: [texts] the index of the true label.
    """
    views, k = raw.shape[1:]
    spread = raw.std(axis=(0, 2))
    means = 1.0 / (np.where(spread > 0, spread, 1.0) * views)
    margins = np.einsum("tvk,v->tk", raw, means)

    def loss(parameters: Floats) -> float:
        scaled = parameters[0] * margins + parameters[1:]
        return -float(_log_likelihood(scaled, truth).mean())

    best = minimize(loss, np.concatenate([[1.0], np.zeros(k)]), method="L-BFGS-B").x
    return Scaling(tuple(float(mean * best[0]) for mean in means), tuple(map(float, best[1:])))


def probabilities(margins: Floats) -> Floats:
    """Margins [texts, k] to probabilities [texts, labels]: sigmoid for one margin, softmax for more."""
    if margins.shape[1] == 1:
        positive = expit(margins[:, 0])
        return np.column_stack([1.0 - positive, positive])
    result: Floats = softmax(margins, axis=1)
    return result


def _log_likelihood(margins: Floats, truth: npt.NDArray[np.int64]) -> Floats:
    if margins.shape[1] == 1:
        result: Floats = log_expit(np.where(truth == 1, margins[:, 0], -margins[:, 0]))
        return result
    rows: Floats = log_softmax(margins, axis=1)
    return rows[np.arange(len(truth)), truth]
