"""Converts a fitted scikit-learn estimator of texts to a linear model with the same predictions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax

from sentiment_model import LinearModel, View
from sentiment_model.linear import Link
from sentiment_pipeline.conversion.decision import Decision, read_pipeline, through
from sentiment_pipeline.conversion.features import Features, ForeignView, read_features
from sentiment_pipeline.errors import ConversionError, NotSupported
from sentiment_pipeline.version.arrays import float32s, uint64s

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ForeignClassifier:
    """The estimator before conversion, the reference for the model file."""

    estimator: Any
    classes_: npt.NDArray[np.str_]
    link: Link
    has_probabilities: bool
    """False if the estimator has margins only; the probabilities are then computed from them by the link."""

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """[texts, labels]"""
        if self.has_probabilities:
            probabilities: Floats = np.asarray(self.estimator.predict_proba(list(texts)), dtype=np.float64)
            return probabilities
        return linked(np.asarray(self.estimator.decision_function(list(texts)), dtype=np.float64), self.link)


def linked(margins: Floats, link: Link) -> Floats:
    """Margins [texts] or [texts, k] to probabilities [texts, labels]."""
    if link == "sigmoid":
        second = expit(margins.reshape(len(margins)))
        return np.stack([1.0 - second, second], axis=1)
    if link == "softmax":
        shares: Floats = softmax(margins, axis=1)
        return shares
    each = expit(margins)
    return np.asarray(each / each.sum(axis=1, keepdims=True), dtype=np.float64)


def read_estimator(
    estimator: Any, names: Mapping[str, str], facts: Mapping[str, str]
) -> tuple[ForeignClassifier, LinearModel]:
    """Convert a fitted estimator that labels texts.

    Args:
        estimator: a Pipeline of vectorizer and linear classifier, or a parameter search over one.
        names: new names for labels, by the label as a string.
        facts: the origin of the model.

    Raises:
        ConversionError: it uses a feature that a model file cannot express, or lacks a label that is renamed.
    """
    steps, decision = read_pipeline(estimator)
    if not steps:
        raise NotSupported(
            f"{type(estimator).__name__} without a vectorizer before it: log a Pipeline that takes texts"
        )
    features, between = read_features(steps)
    decision = through(between, decision)
    columns = sum(len(view.keys) for view in features.views)
    if columns != len(decision.coef):
        raise ConversionError(f"the classifier expects {len(decision.coef)} features, the vectorizer makes {columns}")
    labels = _labels([str(label) for label in estimator.classes_], names)
    classifier = ForeignClassifier(estimator, np.array(labels), decision.link, decision.has_probabilities)
    return classifier, _model(labels, features, decision, facts)


def _labels(found: Sequence[str], names: Mapping[str, str]) -> list[str]:
    unknown = sorted(set(names) - set(found))
    if unknown:
        raise ConversionError(f"the model has no label {unknown[0]!r}; its labels are {', '.join(found)}")
    return [names.get(label, label) for label in found]


def _model(labels: Sequence[str], features: Features, decision: Decision, facts: Mapping[str, str]) -> LinearModel:
    views, begin, seen = [], 0, Counter[str]()
    for view in features.views:
        rows = slice(begin, begin + len(view.keys))
        begin = rows.stop
        name = view.unit.replace("-", "_")
        seen[name] += 1
        views.append(_view(view, f"{name}_{seen[name]}" if seen[name] > 1 else name, view.scale * decision.coef[rows]))
    return LinearModel(
        labels=tuple(labels),
        views=tuple(views),
        bias=float32s(decision.bias),
        link=decision.link,
        facts=facts,
        reading=features.reading,
    )


def _view(view: ForeignView, name: str, coef: Floats) -> View:
    order = np.argsort(view.keys)
    return View(
        name=name,
        unit=view.unit,
        ngrams=view.ngrams,
        tf=view.tf,
        norm=view.norm,
        keys=uint64s(view.keys[order]),
        weight=float32s(view.weight[order]),
        coef=float32s(coef[order]),
    )
