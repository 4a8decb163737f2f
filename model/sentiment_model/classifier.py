"""A model for notebooks and scripts: many texts in, labels or probabilities out."""

import os
from collections.abc import Iterable
from pathlib import Path

from sentiment_model.explain import Contribution
from sentiment_model.manifest import MODEL
from sentiment_model.scorer import Scorer


class Classifier:
    """Labels texts, with the methods that scikit-learn's classifiers have.

    Attributes:
        classes_: The labels, in the order of the probabilities.
    """

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self.classes_ = scorer.labels

    def __repr__(self) -> str:
        return f"{type(self).__name__}(classes_={self.classes_})"

    def predict(self, texts: Iterable[str]) -> list[str]:
        """The label of each text.

        Raises:
            TypeError: A single string was given instead of several texts.
            UnencodableText: (a ValueError) A text holds a lone surrogate.
        """
        return [prediction.label for prediction in self._scorer.predict_many(_several(texts))]

    def predict_proba(self, texts: Iterable[str]) -> list[tuple[float, ...]]:
        """The probabilities of each text, one per label in the order of `classes_`; raises as `predict`."""
        return [prediction.probabilities for prediction in self._scorer.predict_many(_several(texts))]

    def explain(self, text: str) -> list[Contribution]:
        """The known n-grams of one text, sorted by their largest effect on a margin."""
        found = self._scorer.explain(text).contributions
        return sorted(found, key=lambda one: -max(map(abs, one.contributions)))


def load(path: str | os.PathLike[str]) -> Classifier:
    """Load a model file, or the model file in a version's folder.

    >>> import sentiment_model
    >>> model = sentiment_model.load("models/current")
    >>> model
    Classifier(classes_=('negative', 'positive'))
    >>> model.predict(["Good!", "Not good at all.", "Bad."])
    ['positive', 'negative', 'negative']
    >>> [round(second, 2) for _, second in model.predict_proba(["Good!", "Bad."])]
    [0.78, 0.32]
    >>> [(one.ngram, round(one.contributions[0], 2)) for one in model.explain("Not good at all.")]
    [('not good', -2.12), ('good', 0.71)]

    Raises:
        UnsupportedFormat: The file is no model file, or of a format that this release does not know.
        ModelFileError: The model file is damaged.
        OSError: The file cannot be opened.
    """
    place = Path(path)
    return Classifier(Scorer.open(place / MODEL if place.is_dir() else place))


def _several(texts: Iterable[str]) -> Iterable[str]:
    if isinstance(texts, str):
        raise TypeError("expected several texts, found one: put it into a list, as in predict([text])")
    return texts
