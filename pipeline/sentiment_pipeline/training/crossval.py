"""Comparison of recipes by grouped cross-validation.

Tokenising and counting take most of the time and do not depend on the fold, so texts are counted once. Document
frequencies, weights and norms are computed for each fold from its training side, so every score is exactly that of a
recipe fitted from scratch.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.metrics import accuracy_score, f1_score, log_loss

from sentiment_model.native import cpus
from sentiment_pipeline.errors import DataError
from sentiment_pipeline.metrics.classification import expected_calibration_error
from sentiment_pipeline.params import Candidate
from sentiment_pipeline.progress import progress
from sentiment_pipeline.training.calibration import Floats, Scaling, fit_scaling, probabilities, unscaled
from sentiment_pipeline.training.counts import Corpus
from sentiment_pipeline.training.fitting import Labels, TextClassifier, fit_views, raw_margins
from sentiment_pipeline.training.recipes import is_calibrated

_WORTH_PROCESSES = 3_000_000
"""Number of counts above which several processes are faster than one."""

Folds = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Score:
    """The measures of a recipe on one fold."""

    accuracy: float
    macro_f1: float
    log_loss: float
    ece: float
    seconds: float
    """Time to fit the recipe and to score the fold."""


@dataclass(frozen=True)
class Result:
    """The measures of a recipe on all folds."""

    candidate: Candidate
    scores: tuple[Score, ...]
    scaling: Scaling
    """Fitted to the margins of all folds; those of a fold come from the model that was not fitted to it."""

    @property
    def accuracy(self) -> float:
        """Mean over folds."""
        return self.mean("accuracy")

    @property
    def accuracy_error(self) -> float:
        """Standard error of that mean."""
        accuracies = [score.accuracy for score in self.scores]
        return float(np.std(accuracies, ddof=1) / np.sqrt(len(accuracies))) if len(accuracies) > 1 else 0.0

    def mean(self, measure: str) -> float:
        """Mean over folds of one measure."""
        return float(np.mean([getattr(score, measure) for score in self.scores]))


def compare(corpus: Corpus, labels: Labels, folds: Folds, candidates: Sequence[Candidate]) -> list[Result]:
    """Cross-validate each recipe on the same folds, in several processes if the corpus is large.

    Args:
        labels: [texts]
        folds: [texts] the fold in which each text is held out.

    Raises:
        DataError: a fold is empty or lacks a label, or a recipe finds no n-gram.
    """
    check_folds(labels, folds)
    numbers = range(int(folds.max()) + 1)
    tasks = [(candidate, number) for candidate in candidates for number in numbers]
    jobs = min(len(tasks), cpus()) if corpus.cells >= _WORTH_PROCESSES else 1
    # Processes, not threads: liblinear has one sequence of random numbers per process.
    workers = Parallel(n_jobs=jobs, return_as="generator", batch_size=1, pre_dispatch=jobs)
    with progress("cross-validate", len(tasks)) as advance:
        found = []
        for held_out in workers(delayed(_hold_out)(corpus, labels, folds == number, c) for c, number in tasks):
            found.append(held_out)
            advance(1)
    pieces = iter(found)
    return [_result(candidate, labels, folds, [next(pieces) for _ in numbers]) for candidate in candidates]


def best(results: Sequence[Result]) -> Result:
    """The recipe with the highest mean accuracy; of equal ones the first in params.yaml."""
    return max(results, key=lambda result: result.accuracy)


def refit(result: Result, corpus: Corpus, labels: Labels) -> TextClassifier:
    """Fit a recipe to all texts, with the scaling found by cross-validation."""
    fitted = fit_views(result.candidate, corpus, labels, np.arange(len(labels)))
    return TextClassifier(result.candidate, np.unique(labels), fitted, result.scaling)


def check_folds(labels: Labels, folds: Folds) -> None:
    """Raise DataError if a fold, or the rest without it, lacks a label."""
    known = set(labels)
    for number in range(int(folds.max()) + 1):
        held_out = folds == number
        if set(labels[held_out]) != known or set(labels[~held_out]) != known:
            raise DataError(
                f"fold {number}, or the rest without it, lacks a label: the groups are too few or too uneven;"
                " lower train.folds or change data.group"
            )


@dataclass(frozen=True)
class _HeldOut:
    margins: Floats
    """[texts of the fold, views, k], raw."""
    seconds: float


def _hold_out(corpus: Corpus, labels: Labels, held_out: npt.NDArray[np.bool_], candidate: Candidate) -> _HeldOut:
    begun = time.perf_counter()
    fitted = fit_views(candidate, corpus, labels, np.flatnonzero(~held_out))
    margins = raw_margins(fitted, corpus, np.flatnonzero(held_out))
    return _HeldOut(margins, time.perf_counter() - begun)


def _result(candidate: Candidate, labels: Labels, folds: Folds, pieces: Sequence[_HeldOut]) -> Result:
    classes, truth = np.unique(labels, return_inverse=True)
    raw = np.empty((len(labels), *pieces[0].margins.shape[1:]))
    for number, piece in enumerate(pieces):
        raw[folds == number] = piece.margins

    def scaling(rows: npt.NDArray[np.bool_]) -> Scaling:
        return unscaled(raw.shape[2]) if is_calibrated(candidate) else fit_scaling(raw[rows], truth[rows])

    def scores() -> Iterator[Score]:
        for number, piece in enumerate(pieces):
            inside = folds == number
            # The scaling for a fold is fitted to the other folds.
            estimated = probabilities(scaling(~inside).apply(raw[inside]))
            predicted = classes[estimated.argmax(axis=1)]
            yield Score(
                accuracy=float(accuracy_score(labels[inside], predicted)),
                macro_f1=float(f1_score(labels[inside], predicted, average="macro")),
                log_loss=float(log_loss(labels[inside], estimated, labels=classes)),
                ece=expected_calibration_error(labels[inside], estimated, classes.tolist()),
                seconds=piece.seconds,
            )

    return Result(candidate, tuple(scores()), scaling(np.full(len(labels), fill_value=True)))
