"""Reads a fitted classifier as margins that are linear in the features, and a link from margins to probabilities."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sentiment_model.linear import Link
from sentiment_pipeline.errors import ConversionError, NotSupported

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Decision:
    """margins = features · coef + bias, for `m` features and `k` outputs."""

    coef: Floats
    """[m, k]"""
    bias: Floats
    """[k]"""
    link: Link
    has_probabilities: bool = True
    """Whether the probabilities are those of `predict_proba`. Otherwise the margins are those of `decision_function`,
    and the probabilities computed from them are not calibrated."""


def read_classifier(classifier: Any) -> Decision:
    """Read the coefficients of a fitted classifier.

    Raises:
        ConversionError: its type is not supported, or its margins are not linear in the features.
    """
    if not hasattr(classifier, "classes_"):
        raise ConversionError(f"{type(classifier).__name__} is not fitted, or is not a classifier")
    if len(classifier.classes_) < 2:
        raise ConversionError(f"the classifier has {len(classifier.classes_)} label, expected two or more")
    for kind, read in _readers().items():
        if type(classifier) is kind:
            return read(classifier)
    known = ", ".join(sorted(kind.__name__ for kind in _readers()))
    raise NotSupported(f"{type(classifier).__name__} as the classifier (supported are {known})")


def read_pipeline(estimator: Any) -> tuple[list[Any], Decision]:
    """Split a fitted pipeline into the steps before the classifier and the decision of the classifier.

    Raises:
        ConversionError: as `read_classifier`.
    """
    from sklearn.calibration import CalibratedClassifierCV

    *before, classifier = steps_of(unwrapped(estimator))
    classifier = unwrapped(classifier)
    if type(classifier) is not CalibratedClassifierCV:
        return before, read_classifier(classifier)
    calibrated = _calibrated(classifier)
    inner, decision = read_pipeline(calibrated.estimator)
    # Platt's sigmoid is 1 / (1 + exp(a · margin + b)).
    slopes = np.array([-sigmoid.a_ for sigmoid in calibrated.calibrators])
    shifts = np.array([-sigmoid.b_ for sigmoid in calibrated.calibrators])
    return [*before, *inner], Decision(slopes * decision.coef, slopes * decision.bias + shifts, _link(classifier))


def _calibrated(model: Any) -> Any:
    """The one calibrated classifier of a CalibratedClassifierCV whose log-odds are linear in the features."""
    fitted = getattr(model, "calibrated_classifiers_", ())
    if not fitted:
        raise ConversionError(f"{type(model).__name__} is not fitted")
    if model.method != "sigmoid":
        raise NotSupported(f"CalibratedClassifierCV(method={model.method!r}); method='sigmoid' is")
    if len(fitted) > 1:
        raise NotSupported(
            f"CalibratedClassifierCV with ensemble=True: the mean of {len(fitted)} sigmoids is not a linear model;"
            " fit it again with ensemble=False"
        )
    if not hasattr(fitted[0].estimator, "decision_function"):
        inner = type(unwrapped(fitted[0].estimator)).__name__
        raise NotSupported(f"CalibratedClassifierCV over {inner}: the sigmoid of a probability is not linear")
    return fitted[0]


def steps_of(estimator: Any) -> list[Any]:
    """The steps of a pipeline and of the pipelines within it, without steps that do nothing."""
    from sklearn.pipeline import Pipeline

    if not isinstance(estimator, Pipeline):
        return [estimator]
    steps = [step for _, step in estimator.steps if step is not None and step != "passthrough"]
    return [inner for step in steps for inner in steps_of(step)]


def through(steps: Sequence[Any], decision: Decision) -> Decision:
    """The decision in terms of the features before some fitted linear steps.

    Raises:
        ConversionError: a step is not supported.
    """
    for step in reversed(steps):
        decision = _through(step, decision)
    return decision


def _through(step: Any, decision: Decision) -> Decision:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_selection import SelectorMixin
    from sklearn.preprocessing import MaxAbsScaler, StandardScaler

    coef, bias = decision.coef, decision.bias
    if isinstance(step, SelectorMixin) and type(step).__module__.startswith("sklearn."):
        support = step.get_support()
        whole = np.zeros((len(support), coef.shape[1]))
        whole[support] = coef
        coef = whole
    elif type(step) is TruncatedSVD:
        coef = step.components_.T @ coef
    elif type(step) in (MaxAbsScaler, StandardScaler):
        if getattr(step, "scale_", None) is not None:
            coef = coef / step.scale_[:, None]
        if getattr(step, "with_mean", False):
            bias = bias - step.mean_ @ coef
    else:
        raise NotSupported(
            f"{type(step).__name__} between vectorizer and classifier"
            " (feature selection, TruncatedSVD, MaxAbsScaler and StandardScaler are)"
        )
    return Decision(coef, bias, decision.link, decision.has_probabilities)


def _readers() -> dict[type, Callable[[Any], Decision]]:
    from sklearn.linear_model import (
        LogisticRegression,
        LogisticRegressionCV,
        Perceptron,
        RidgeClassifier,
        SGDClassifier,
    )
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.naive_bayes import ComplementNB, MultinomialNB
    from sklearn.svm import LinearSVC

    return {
        MultinomialNB: _bayes,
        ComplementNB: _bayes,
        LogisticRegression: _logistic,
        LogisticRegressionCV: _logistic,
        SGDClassifier: _descent,
        LinearSVC: _margins_only,
        RidgeClassifier: _margins_only,
        Perceptron: _margins_only,
        OneVsRestClassifier: _one_vs_rest,
    }


def _bayes(model: Any) -> Decision:
    coef = model.feature_log_prob_.T
    # ComplementNB does not use the frequencies of the labels.
    bias = model.class_log_prior_ if type(model).__name__ == "MultinomialNB" else np.zeros(coef.shape[1])
    if coef.shape[1] == 2:
        return Decision(coef[:, 1:] - coef[:, :1], bias[1:] - bias[:1], "sigmoid")
    # A shift common to all labels changes no probability, but costs precision.
    return Decision(coef - coef.mean(axis=1, keepdims=True), bias - bias.mean(), "softmax")


def _logistic(model: Any) -> Decision:
    classes = len(model.classes_)
    multi_class = getattr(model, "multi_class", "auto")
    if classes == 2:
        if multi_class == "multinomial":
            raise NotSupported(
                "two labels with multi_class='multinomial', which later releases of scikit-learn interpret differently"
            )
        return _linear(model, "sigmoid")
    if multi_class == "ovr" or (model.solver == "liblinear"):
        # Fitted by a release before 1.8; later releases would apply a softmax that it was not fitted for.
        return _linear(model, "one-vs-rest", has_probabilities=False)
    return _linear(model, "softmax")


def _descent(model: Any) -> Decision:
    if model.loss == "modified_huber":
        raise NotSupported(
            "SGDClassifier(loss='modified_huber'), whose probabilities are not the sigmoid of a linear margin"
        )
    return _linear(model, _link(model), has_probabilities=model.loss == "log_loss")


def _margins_only(model: Any) -> Decision:
    return _linear(model, _link(model), has_probabilities=False)


def _one_vs_rest(model: Any) -> Decision:
    if model.multilabel_:
        raise NotSupported("OneVsRestClassifier with several labels per text")
    parts = [read_classifier(part) for part in model.estimators_]
    if any(part.link != "sigmoid" for part in parts):
        raise NotSupported("OneVsRestClassifier over classifiers of more than two labels")
    return Decision(
        np.hstack([part.coef for part in parts]),
        np.concatenate([part.bias for part in parts]),
        _link(model),
        all(part.has_probabilities for part in parts),
    )


def unwrapped(estimator: Any) -> Any:
    """The fitted estimator inside a parameter search or a FrozenEstimator."""
    from sklearn.frozen import FrozenEstimator

    while True:
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            return estimator


def _linear(model: Any, link: Link, *, has_probabilities: bool = True) -> Decision:
    # RidgeClassifier omits the dimension of labels if there are two.
    coef = np.atleast_2d(np.asarray(model.coef_, dtype=np.float64)).T
    bias = np.broadcast_to(np.asarray(model.intercept_, dtype=np.float64), coef.shape[1:])
    return Decision(coef, bias, link, has_probabilities)


def _link(model: Any) -> Link:
    return "sigmoid" if len(model.classes_) == 2 else "one-vs-rest"
