"""Comparison of recipes by grouped cross-validation.

Tokenising and counting cost most and do not depend on the fold: texts are counted once. Per fold, document frequencies,
idf and norms are computed anew from its training side: each score is exactly that of the whole recipe fitted there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import accuracy_score, f1_score, log_loss

from sentiment_model import preprocess, tokenize
from sentiment_pipeline.errors import DataError
from sentiment_pipeline.params import Candidate
from sentiment_pipeline.progress import progress
from sentiment_pipeline.recipes import classifier, transformer

Labels = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Counts:
    """n-gram counts of all texts, for every recipe at once."""

    matrix: sparse.csr_matrix
    """[texts, n-grams]"""
    lengths: npt.NDArray[np.int64]
    """[n-grams] how many tokens each n-gram has"""

    def columns(self, candidate: Candidate, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Which n-grams the recipe would know, had it seen these rows."""
        frequency = np.bincount(self.matrix[rows].indices, minlength=self.matrix.shape[1])
        shortest, longest = candidate.ngrams
        fits = (self.lengths >= shortest) & (self.lengths <= longest) & (frequency >= candidate.min_df)
        return np.flatnonzero(fits)


@dataclass(frozen=True)
class Score:
    """How a recipe did on one fold."""

    accuracy: float
    macro_f1: float
    log_loss: float


@dataclass(frozen=True)
class Result:
    """How a recipe did on all folds."""

    candidate: Candidate
    scores: tuple[Score, ...]

    @property
    def accuracy(self) -> float:
        """Mean over folds."""
        return float(np.mean([score.accuracy for score in self.scores]))

    @property
    def accuracy_spread(self) -> float:
        """Standard deviation over folds."""
        return float(np.std([score.accuracy for score in self.scores]))

    @property
    def macro_f1(self) -> float:
        """Mean over folds."""
        return float(np.mean([score.macro_f1 for score in self.scores]))

    @property
    def log_loss(self) -> float:
        """Mean over folds, in nats."""
        return float(np.mean([score.log_loss for score in self.scores]))


def count(texts: Sequence[str], candidates: Sequence[Candidate]) -> Counts:
    """Count the n-grams that any of the recipes may need."""
    with progress("count n-grams", len(texts)) as advance:

        def watched() -> Iterator[str]:
            for text in texts:
                yield text
                advance(1)

        vectorizer = CountVectorizer(
            preprocessor=preprocess,
            tokenizer=tokenize,
            token_pattern=None,
            lowercase=False,
            ngram_range=(min(c.ngrams[0] for c in candidates), max(c.ngrams[1] for c in candidates)),
            # An n-gram rarer than this in all texts is rarer in any fold.
            min_df=min(c.min_df for c in candidates),
        )
        try:
            matrix = vectorizer.fit_transform(watched())
        except ValueError as error:
            raise DataError(f"no n-gram is frequent enough: {error}; lower min_df in train.candidates") from None
    lengths = np.fromiter((term.count(" ") + 1 for term in vectorizer.get_feature_names_out()), dtype=np.int64)
    return Counts(matrix.tocsr(), lengths)


def compare(
    counts: Counts, labels: Labels, folds: npt.NDArray[np.int64], candidates: Sequence[Candidate]
) -> list[Result]:
    """Cross-validate each recipe on the same folds.

    Args:
        labels: [texts]
        folds: [texts] the fold in which each text is held out.

    Raises:
        DataError: a fold is empty or lacks a label.
    """
    numbers = range(int(folds.max()) + 1)
    check_folds(labels, folds)
    results = []
    with progress("cross-validate", len(candidates) * len(numbers)) as advance:
        for candidate in candidates:
            scores = []
            for number in numbers:
                scores.append(_score(counts, labels, folds == number, candidate))
                advance(1)
            results.append(Result(candidate, tuple(scores)))
    return results


def best(results: Sequence[Result]) -> Result:
    """The recipe of highest mean accuracy; among equals the first in params.yaml."""
    return max(results, key=lambda result: result.accuracy)


def check_folds(labels: Labels, folds: npt.NDArray[np.int64]) -> None:
    """Refuse folds that cannot be trained on or scored."""
    known = set(labels)
    for number in range(int(folds.max()) + 1):
        held_out = folds == number
        if set(labels[held_out]) != known or set(labels[~held_out]) != known:
            raise DataError(
                f"fold {number} lacks a label, on its own or in the rest: the groups are too few or too uneven;"
                " lower train.folds or change data.group"
            )


def _score(counts: Counts, labels: Labels, held_out: npt.NDArray[np.bool_], candidate: Candidate) -> Score:
    train, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    columns = counts.columns(candidate, train)
    if not len(columns):
        raise DataError(f"recipe {candidate.name}: no n-gram occurs in {candidate.min_df} texts; lower its min_df")
    weigh = transformer(candidate)
    features = weigh.fit_transform(counts.matrix[train][:, columns])
    classes = np.unique(labels)
    model = classifier(candidate, len(classes)).fit(features, labels[train])
    probabilities = model.predict_proba(weigh.transform(counts.matrix[test][:, columns]))
    predicted = classes[probabilities.argmax(axis=1)]
    return Score(
        accuracy=float(accuracy_score(labels[test], predicted)),
        macro_f1=float(f1_score(labels[test], predicted, average="macro")),
        log_loss=float(log_loss(labels[test], probabilities, labels=classes)),
    )
