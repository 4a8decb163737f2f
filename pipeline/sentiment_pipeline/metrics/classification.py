"""What probabilities are worth, given the truth; two labels or more."""

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
    """Of always saying the label that is most frequent among these rows."""
    macro_f1: float
    log_loss: float
    """In nats."""
    roc_auc: float
    """Area under the ROC curve; with more than two labels the mean of one against the rest."""
    brier: float
    """Mean squared distance of the probability vector from the truth (Brier 1950), halved so that it lies in [0, 1]."""
    ece: float
    """Expected calibration error: mean distance of confidence and accuracy over 10 equal bins (Guo et al. 2017)."""


@dataclass(frozen=True)
class Bin:
    """One bin of the calibration curve."""

    confidence: float
    accuracy: float
    rows: int


@dataclass(frozen=True)
class PerLabel:
    """How one label fares."""

    precision: float
    recall: float
    f1: float
    rows: int
    """That have this label in truth."""


def measure(
    truth: Labels, probabilities: Probabilities, labels: Sequence[str], groups: Sequence[str] | None = None
) -> Evaluation:
    """Compare probabilities, [rows, labels], with the truth, [rows]; `groups`, [rows], widen the interval."""
    names = np.array(labels)
    predicted = names[probabilities.argmax(axis=1)]
    one_hot = truth[:, None] == names[None, :]
    # Numbers, not names: scikit-learn takes the columns to be in the order of the names.
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
    """Number of rows by actual label and, within, by what was said."""
    matrix = confusion_matrix(truth, predicted, labels=list(labels))
    return {actual: dict(zip(labels, row.tolist(), strict=True)) for actual, row in zip(labels, matrix, strict=True)}


def per_label(truth: Labels, predicted: Labels, labels: Sequence[str]) -> Mapping[str, PerLabel]:
    """Precision, recall and F1 of each label; 0 where it was never said."""
    columns = precision_recall_f1(truth, predicted, labels=list(labels), average=None, zero_division=0.0)
    return {
        label: PerLabel(float(precision), float(recall), float(f1), int(rows))
        for label, precision, recall, f1, rows in zip(labels, *columns, strict=True)
    }


def expected_calibration_error(truth: Labels, probabilities: Probabilities, labels: Sequence[str]) -> float:
    """Mean distance of confidence and accuracy over the bins of `calibration` (Guo et al. 2017)."""
    bins = calibration(truth, probabilities, labels)
    return sum(b.rows * abs(b.confidence - b.accuracy) for b in bins) / len(truth)


def calibration(truth: Labels, probabilities: Probabilities, labels: Sequence[str]) -> list[Bin]:
    """How often the model is right, by how sure it is; empty bins are left out."""
    confidence = probabilities.max(axis=1)
    right = np.array(labels)[probabilities.argmax(axis=1)] == truth
    numbers = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return [
        Bin(float(confidence[inside].mean()), float(right[inside].mean()), int(inside.sum()))
        for number in range(CALIBRATION_BINS)
        if (inside := numbers == number).any()
    ]
