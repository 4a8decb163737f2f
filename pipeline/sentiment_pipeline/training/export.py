"""From a fitted classifier to a model file, and the proof that both say the same."""

from array import array
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sentiment_model import LinearModel, Prediction, Scorer, View
from sentiment_model.counting import KeyCollision, ngram_names
from sentiment_pipeline.errors import ExportError
from sentiment_pipeline.progress import progress
from sentiment_pipeline.training.fitting import FittedView, TextClassifier

MAX_PARITY_DIFFERENCE = 1e-6
"""By how much a probability may differ between estimator and model file (which holds 32-bit numbers)."""

Probabilities = npt.NDArray[np.float64]


def to_linear_model(fitted: TextClassifier, facts: Mapping[str, str]) -> LinearModel:
    """Take the numbers out of a fitted classifier; its scaling becomes part of coefficients and bias."""
    bias = np.array(fitted.scaling.shifts)
    views = []
    for view, factor in zip(fitted.views, fitted.scaling.factors, strict=True):
        coef, intercept = view.coefficients()
        bias = bias + factor * intercept
        views.append(_view(view, factor * coef))
    return LinearModel(
        labels=tuple(map(str, fitted.classes_)),
        views=tuple(views),
        bias=f32(bias),
        link="sigmoid" if len(fitted.classes_) == 2 else "softmax",
        facts=facts,
    )


def check_keys(fitted: TextClassifier, texts: Sequence[str]) -> list[list[str]]:
    """Refuse a vocabulary in which two n-grams of the training texts share a key.

    Returns:
        Per view, the n-grams behind its keys.

    Raises:
        ExportError: they do.
    """
    try:
        return [ngram_names(texts, v.keys, unit=v.recipe.unit, ngrams=v.recipe.ngrams) for v in fitted.views]
    except KeyCollision as error:
        raise ExportError(f"{error}; raise min_df or change the n-gram range") from None


def predict_all(scorer: Scorer, texts: Sequence[str]) -> list[Prediction]:
    """What the model file says of each text."""
    predictions = []
    with progress("score with the model file", len(texts)) as advance:
        for prediction in scorer.predict_many(texts):
            predictions.append(prediction)
            advance(1)
    return predictions


def probabilities_of(predictions: Sequence[Prediction]) -> Probabilities:
    """Their probabilities, [texts, labels]."""
    return np.array([prediction.probabilities for prediction in predictions], dtype=np.float64)


def check_parity(estimated: Probabilities, scored: Probabilities) -> float:
    """The largest difference between two sets of probabilities, [texts, labels] both.

    Raises:
        ExportError: it is above MAX_PARITY_DIFFERENCE.
    """
    difference = float(np.abs(estimated - scored).max(initial=0.0))
    if not difference <= MAX_PARITY_DIFFERENCE:
        raise ExportError(
            f"the model file differs from the estimator by up to {difference:.2e} in probability,"
            f" at most {MAX_PARITY_DIFFERENCE:.0e} is allowed: this is a fault of the export, please report it"
        )
    return difference


def _view(view: FittedView, coef: npt.NDArray[np.float64]) -> View:
    return View(
        name=view.recipe.name,
        unit=view.recipe.unit,
        ngrams=view.recipe.ngrams,
        tf="sublinear" if view.weighter.sublinear_tf else "plain",
        norm="l2",
        keys=array("Q", view.keys.tobytes()),
        weight=f32(view.weighter.weight_),
        coef=f32(np.ascontiguousarray(coef)),
    )


def f32(values: npt.NDArray[np.float64]) -> "array[float]":
    return array("f", values.astype(np.float32).tobytes())
