"""Parity: checks that a model file and its estimator predict the same probabilities."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sentiment_model import Prediction, Scorer
from sentiment_pipeline.errors import ExportError
from sentiment_pipeline.progress import progress

MAX_PARITY_DIFFERENCE = 1e-6
"""Largest difference in probability between estimator and model file, which holds 32-bit numbers."""

Probabilities = npt.NDArray[np.float64]


def predict_all(scorer: Scorer, texts: Sequence[str]) -> list[Prediction]:
    """The predictions of a model file, with a progress bar."""
    predictions = []
    with progress("score with the model file", len(texts)) as advance:
        for prediction in scorer.predict_many(texts):
            predictions.append(prediction)
            advance(1)
    return predictions


def probabilities_of(predictions: Sequence[Prediction]) -> Probabilities:
    """The probabilities of predictions, [texts, labels]."""
    return np.array([prediction.probabilities for prediction in predictions], dtype=np.float64)


def check_parity(estimated: Probabilities, scored: Probabilities) -> float:
    """Compare the probabilities of estimator and model file, [texts, labels] both.

    Returns:
        The largest difference.

    Raises:
        ExportError: it exceeds MAX_PARITY_DIFFERENCE.
    """
    difference = float(np.abs(estimated - scored).max(initial=0.0))
    if not difference <= MAX_PARITY_DIFFERENCE:
        raise ExportError(
            f"the model file differs from the estimator by up to {difference:.2e} in probability,"
            f" at most {MAX_PARITY_DIFFERENCE:.0e} is allowed: this is a bug in the export, please report it"
        )
    return difference
