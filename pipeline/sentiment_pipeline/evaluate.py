"""Stage `evaluate`: what the exported model file, as it will be served, is worth on held-out reviews."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss, roc_auc_score

from sentiment_model import Scorer
from sentiment_model.manifest import MANIFEST, MODEL, digest_of
from sentiment_pipeline import paths, tracking
from sentiment_pipeline.errors import DataError
from sentiment_pipeline.export import Probabilities, predict_all, probabilities_of
from sentiment_pipeline.params import Params
from sentiment_pipeline.progress import say
from sentiment_pipeline.report import write_csv, write_json
from sentiment_pipeline.reviews import Review, read_reviews

CALIBRATION_BINS = 10

Labels = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Evaluation:
    """The numbers that `dvc metrics` compares; probabilities are those of the model file."""

    rows: int
    accuracy: float
    baseline_accuracy: float
    """Of always saying the label that is most frequent among the held-out reviews."""
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


def evaluate(params: Params, root: Path = Path()) -> None:
    """Evaluate models/current on data/prepared/test.jsonl and write metrics and plots.

    Raises:
        DataError: there is no held-out file, or its labels are not those of the model.
    """
    held_out = read_reviews(root / paths.TEST)
    folder = root / paths.MODEL_DIR
    scorer = Scorer.open(folder / MODEL)
    probabilities = probabilities_of(predict_all(scorer, [review.text for review in held_out]))
    truth = labels_of(held_out, scorer.labels)
    result = measure(truth, probabilities, scorer.labels)
    predicted = np.array(scorer.labels)[probabilities.argmax(axis=1)]
    write_json(root / paths.EVALUATE_REPORT, {"digest": digest_of((folder / MANIFEST).read_bytes()), **asdict(result)})
    write_csv(root / paths.CONFUSION_PLOT, ("actual", "predicted"), list(zip(truth, predicted, strict=True)))
    write_csv(
        root / paths.CALIBRATION_PLOT,
        ("confidence", "accuracy", "rows"),
        [(b.confidence, b.accuracy, b.rows) for b in calibration(truth, probabilities, scorer.labels)],
    )
    tracking.record(params, root)
    for line in summary(truth, predicted, scorer.labels, result):
        say(line)


def accuracy_of(scorer: Scorer, held_out: Sequence[Review]) -> float:
    """Share of held-out reviews that the model labels rightly."""
    predictions = scorer.predict_many(review.text for review in held_out)
    return sum(p.label == review.label for p, review in zip(predictions, held_out, strict=True)) / len(held_out)


def labels_of(held_out: Sequence[Review], known: Sequence[str]) -> Labels:
    """The true labels, [reviews].

    Raises:
        DataError: the model does not know one of them.
    """
    truth = np.array([review.label for review in held_out])
    strangers = set(truth) - set(known)
    if strangers:
        raise DataError(f"the held-out reviews have labels that the model lacks: {', '.join(sorted(strangers))}")
    return truth


def measure(truth: Labels, probabilities: Probabilities, labels: Sequence[str]) -> Evaluation:
    """Compare probabilities, [reviews, labels], with the truth, [reviews]."""
    names = np.array(labels)
    predicted = names[probabilities.argmax(axis=1)]
    one_hot = (truth[:, None] == names[None, :]).astype(np.float64)
    scores = probabilities[:, 1] if len(labels) == 2 else probabilities
    return Evaluation(
        rows=len(truth),
        accuracy=float(accuracy_score(truth, predicted)),
        baseline_accuracy=max(Counter(truth.tolist()).values()) / len(truth),
        macro_f1=float(f1_score(truth, predicted, average="macro")),
        log_loss=float(log_loss(truth, probabilities, labels=labels)),
        roc_auc=float(roc_auc_score(truth, scores, multi_class="ovr", labels=labels)),
        brier=float(((probabilities - one_hot) ** 2).sum(axis=1).mean() / 2),
        ece=expected_calibration_error(truth, probabilities, labels),
    )


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


def summary(truth: Labels, predicted: Labels, labels: Sequence[str], result: Evaluation) -> list[str]:
    """What a person wants to see at the end of a run."""
    matrix = confusion_matrix(truth, predicted, labels=list(labels))
    width = max(12, *(len(label) for label in labels))
    head = " ".join(f"{label:>{width}}" for label in labels)
    numbers = (
        f"held-out accuracy {result.accuracy:.4f} (baseline {result.baseline_accuracy:.4f}), "
        f"macro F1 {result.macro_f1:.4f}, log loss {result.log_loss:.4f}, "
        f"ROC AUC {result.roc_auc:.4f}, ECE {result.ece:.4f}"
    )
    lines = [numbers, f"{'actual, said':>{width}} {head}"]
    for label, row in zip(labels, matrix, strict=True):
        lines.append(f"{label:>{width}} " + " ".join(f"{count:>{width}}" for count in row))
    return lines
