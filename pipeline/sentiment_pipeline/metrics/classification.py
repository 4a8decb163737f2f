"""Measures of predicted probabilities against true labels, for two labels or more."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss, roc_auc_score
from sklearn.metrics import precision_recall_fscore_support as precision_recall_f1

from sentiment_pipeline.metrics.intervals import share_interval

CALIBRATION_BINS = 10

Labels = npt.NDArray[np.str_]
Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """The numbers that `dvc metrics` compares."""

    rows: int
    accuracy: float
    accuracy_low: float
    """95 % interval of the accuracy (see `share_interval`)."""
    accuracy_high: float
    baseline_accuracy: float
    """Accuracy of always predicting the most frequent label of these rows."""
    macro_f1: float
    log_loss: float
    """In nats."""
    roc_auc: float
    """Area under the ROC curve; with more than two labels the mean over labels, each against the rest."""
    brier: float
    """Mean squared distance of the probability vector from the truth (Brier 1950), halved to lie in [0, 1]."""
    ece: float
    """Expected calibration error: mean difference of confidence and accuracy over 10 equal bins (Guo et al. 2017)."""


@dataclass(frozen=True)
class Bin:
    """One bin of the calibration curve."""

    confidence: float
    accuracy: float
    rows: int


@dataclass(frozen=True)
class PerLabel:
    """The measures of one label."""

    precision: float
    recall: float
    f1: float
    rows: int
    """Rows with this true label."""


def measure(
    truth: Labels, probabilities: Probabilities, labels: Sequence[str], groups: Sequence[str] | None = None
) -> Evaluation:
    """Measure probabilities against the truth.

    Args:
        truth: [rows] true labels.
        probabilities: [rows, labels]
        labels: the names of the columns.
        groups: [rows] the group of each row, which widens the interval; None if rows are independent.
    """
    names = np.array(labels)
    predicted = names[probabilities.argmax(axis=1)]
    one_hot = truth[:, None] == names[None, :]
    # Numbers, not names: scikit-learn expects the columns in the sorted order of the names.
    numbers = one_hot.argmax(axis=1)
    low, high = share_interval(predicted == truth, groups)
    return Evaluation(
        rows=len(truth),
        accuracy=float(accuracy_score(truth, predicted)),
        accuracy_low=low,
        accuracy_high=high,
        baseline_accuracy=max(Counter(truth.tolist()).values()) / len(truth),
        macro_f1=float(f1_score(truth, predicted, average="macro")),
        log_loss=float(log_loss(numbers, probabilities, labels=range(len(labels)))),
        roc_auc=float(
            roc_auc_score(
                numbers,
                probabilities[:, 1] if len(labels) == 2 else probabilities,
                multi_class="ovr",
                labels=range(len(labels)),
            )
        ),
        brier=float(((probabilities - one_hot) ** 2).sum(axis=1).mean() / 2),
        ece=expected_calibration_error(truth, probabilities, labels),
    )


def confusion(truth: Labels, predicted: Labels, labels: Sequence[str]) -> dict[str, dict[str, int]]:
    """Number of rows by actual label and predicted label."""
    matrix = confusion_matrix(truth, predicted, labels=list(labels))
    return {actual: dict(zip(labels, row.tolist(), strict=True)) for actual, row in zip(labels, matrix, strict=True)}


def per_label(truth: Labels, predicted: Labels, labels: Sequence[str]) -> Mapping[str, PerLabel]:
    """Precision, recall and F1 of each label; 0 if it was never predicted."""
    columns = precision_recall_f1(truth, predicted, labels=list(labels), average=None, zero_division=0.0)
    return {
        label: PerLabel(float(precision), float(recall), float(f1), int(rows))
        for label, precision, recall, f1, rows in zip(labels, *columns, strict=True)
    }


def expected_calibration_error(truth: Labels, probabilities: Probabilities, labels: Sequence[str]) -> float:
    """Mean difference of confidence and accuracy over the bins of `calibration` (Guo et al. 2017)."""
    bins = calibration(truth, probabilities, labels)
    return sum(b.rows * abs(b.confidence - b.accuracy) for b in bins) / len(truth)


def calibration(truth: Labels, probabilities: Probabilities, labels: Sequence[str]) -> list[Bin]:
    """Accuracy by confidence; empty bins are left out."""
    confidence = probabilities.max(axis=1)
    right = np.array(labels)[probabilities.argmax(axis=1)] == truth
    numbers = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return [
        Bin(float(confidence[inside].mean()), float(right[inside].mean()), int(inside.sum()))
        for number in range(CALIBRATION_BINS)
        if (inside := numbers == number).any()
    ]
