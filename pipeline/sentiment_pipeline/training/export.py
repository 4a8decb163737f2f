"""Export: converts a fitted classifier to the linear model that a model file holds."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sentiment_model import LinearModel, View
from sentiment_model.counting import KeyCollision, ngram_names
from sentiment_pipeline.errors import ExportError
from sentiment_pipeline.training.fitting import FittedView, TextClassifier
from sentiment_pipeline.version.arrays import float32s, uint64s


def to_linear_model(fitted: TextClassifier, facts: Mapping[str, str]) -> LinearModel:
    """Convert a fitted classifier to a linear model; its scaling becomes part of coefficients and bias."""
    bias = np.array(fitted.scaling.shifts)
    views = []
    for view, factor in zip(fitted.views, fitted.scaling.factors, strict=True):
        coef, intercept = view.coefficients()
        bias = bias + factor * intercept
        views.append(_view(view, factor * coef))
    return LinearModel(
        labels=tuple(map(str, fitted.classes_)),
        views=tuple(views),
        bias=float32s(bias),
        link="sigmoid" if len(fitted.classes_) == 2 else "softmax",
        facts=facts,
    )


def check_keys(fitted: TextClassifier, texts: Sequence[str]) -> list[list[str]]:
    """Check that no two n-grams of the training texts share a key of the vocabulary.

    Returns:
        Per view, the n-gram of each key.

    Raises:
        ExportError: two n-grams share a key.
    """
    try:
        return [ngram_names(texts, v.keys, unit=v.recipe.unit, ngrams=v.recipe.ngrams) for v in fitted.views]
    except KeyCollision as error:
        raise ExportError(f"{error}; raise min_df or change the n-gram range") from None


def _view(view: FittedView, coef: npt.NDArray[np.float64]) -> View:
    return View(
        name=view.recipe.name,
        unit=view.recipe.unit,
        ngrams=view.recipe.ngrams,
        tf="sublinear" if view.weighter.sublinear_tf else "plain",
        norm="l2",
        keys=uint64s(view.keys),
        weight=float32s(view.weighter.weight_),
        coef=float32s(np.ascontiguousarray(coef)),
    )
