"""From a fitted scikit-learn pipeline to a model file, and the proof that both say the same."""

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from sentiment_model import LinearModel, Prediction, Scorer, View, preprocess, tokenize
from sentiment_model.keys import ngram_key
from sentiment_pipeline.errors import ExportError
from sentiment_pipeline.progress import progress

MAX_PARITY_DIFFERENCE = 1e-6
"""By how much a probability may differ between estimator and model file (which holds 32-bit numbers)."""

Probabilities = npt.NDArray[np.float64]


def to_linear_model(fitted: Pipeline, facts: Mapping[str, str]) -> LinearModel:
    """Take the numbers out of a fitted pipeline of TfidfVectorizer and LogisticRegression.

    Raises:
        ExportError: a step has a setting that the model file cannot express, or two n-grams share a key.
    """
    vectorizer, classifier = fitted.named_steps["vectorizer"], fitted.named_steps["classifier"]
    check_vectorizer(vectorizer)
    if not isinstance(classifier, LogisticRegression):
        raise ExportError(f"expected a LogisticRegression, found {type(classifier).__name__}")
    terms = vectorizer.get_feature_names_out()
    keys = np.fromiter((ngram_key(term.split(" ")) for term in terms), dtype=np.uint64, count=len(terms))
    order = np.argsort(keys)
    keys = keys[order]
    if len(keys) and (keys[1:] == keys[:-1]).any():
        raise ExportError("two n-grams have the same 64-bit key; raise min_df or change the n-gram range")
    coef = np.ascontiguousarray(classifier.coef_.T[order])
    view = View(
        name="words",
        ngrams=vectorizer.ngram_range,
        tf="sublinear" if vectorizer.sublinear_tf else "plain",
        norm="l2" if vectorizer.norm == "l2" else "none",
        keys=array("Q", keys.tobytes()),
        weight=_f32(vectorizer.idf_[order] if vectorizer.use_idf else np.ones(len(terms))),
        coef=_f32(coef),
    )
    return LinearModel(
        labels=tuple(str(label) for label in classifier.classes_),
        views=(view,),
        bias=_f32(classifier.intercept_),
        link="sigmoid" if len(classifier.classes_) == 2 else "softmax",
        facts=facts,
    )


def check_vectorizer(vectorizer: Any) -> None:
    """Refuse settings that would make the file score other features than the estimator did."""
    if not isinstance(vectorizer, TfidfVectorizer):
        raise ExportError(f"expected a TfidfVectorizer, found {type(vectorizer).__name__}")
    rules = [
        (vectorizer.preprocessor is preprocess, "preprocessor=sentiment_model.preprocess"),
        (vectorizer.tokenizer is tokenize, "tokenizer=sentiment_model.tokenize"),
        (vectorizer.analyzer == "word", "analyzer='word'"),
        (vectorizer.stop_words is None, "stop_words=None"),
        (not vectorizer.binary, "binary=False"),
        (vectorizer.norm in ("l2", None), "norm='l2' or None"),
    ]
    for holds, setting in rules:
        if not holds:
            raise ExportError(f"the vectorizer cannot be exported: expected {setting}")


def predict_all(scorer: Scorer, texts: Sequence[str]) -> list[Prediction]:
    """What the model file says of each text."""
    predictions = []
    with progress("score with the model file", len(texts)) as advance:
        for text in texts:
            predictions.append(scorer.predict(text))
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


def _f32(values: npt.NDArray[np.float64]) -> "array[float]":
    return array("f", values.astype(np.float32).tobytes())
