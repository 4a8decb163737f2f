"""Everything that is measured about a model on the held-out reviews."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sentiment_model import Scorer
from sentiment_pipeline.data.reviews.review import Review
from sentiment_pipeline.errors import DataError
from sentiment_pipeline.evaluation.behaviour import Behaviour, run_suite
from sentiment_pipeline.evaluation.champion import ChampionComparison, compare_with_champion
from sentiment_pipeline.evaluation.slices import Slice, measure_slice, slices_of
from sentiment_pipeline.metrics.classification import (
    Bin,
    Evaluation,
    Labels,
    PerLabel,
    Probabilities,
    calibration,
    confusion,
    measure,
    per_label,
)
from sentiment_pipeline.params import EvaluateParams
from sentiment_pipeline.version.parity import predict_all, probabilities_of

MISTAKES = 20
"""Number of mistakes that are listed."""


@dataclass(frozen=True)
class Mistake:
    """A wrong prediction of high confidence: its id and length, because reports hold no texts of reviews."""

    id: str
    words: int
    actual: str
    said: str
    confidence: float


@dataclass(frozen=True)
class Findings:
    """Measurements of the model file as it will be served."""

    labels: Sequence[str]
    overall: Evaluation
    per_label: Mapping[str, PerLabel]
    confusion: Mapping[str, Mapping[str, int]]
    bins: Sequence[Bin]
    slices: Mapping[str, Mapping[str, Slice]]
    mistakes: Sequence[Mistake]
    """Those of highest confidence, the highest first."""
    behaviour: Behaviour
    champion: ChampionComparison | None
    predicted: Labels
    """[reviews]"""

    def report(self, digest: str) -> dict[str, Any]:
        """What reports/evaluate.json holds: docs/evaluation.md describes its keys."""
        report: dict[str, Any] = {
            "digest": digest,
            **asdict(self.overall),
            "labels": {label: asdict(numbers) for label, numbers in self.per_label.items()},
            "confusion": self.confusion,
            "slices": {name: {k: asdict(s) for k, s in buckets.items()} for name, buckets in self.slices.items()},
        }
        if self.champion is not None and self.champion.comparison is not None:
            champion = {"version": self.champion.version, "digest": self.champion.digest}
            report["champion"] = {**champion, **asdict(self.champion.comparison)}
        return report


def examine(scorer: Scorer, held_out: Sequence[Review], params: EvaluateParams) -> Findings:
    """Measure a model on the held-out reviews and on the behavioural tests.

    Raises:
        DataError: the model lacks a label of the reviews.
        RegistryError: the champion of `evaluate.champion` could not be downloaded.
    """
    truth = labels_of(held_out, scorer.labels)
    groups = [review.group for review in held_out]
    probabilities = probabilities_of(predict_all(scorer, [review.text for review in held_out]))
    predicted = np.array(scorer.labels)[probabilities.argmax(axis=1)]
    return Findings(
        labels=scorer.labels,
        overall=measure(truth, probabilities, scorer.labels, groups),
        per_label=per_label(truth, predicted, scorer.labels),
        confusion=confusion(truth, predicted, scorer.labels),
        bins=calibration(truth, probabilities, scorer.labels),
        slices=_slices(held_out, truth, predicted, probabilities),
        mistakes=worst_mistakes(held_out, predicted, probabilities),
        behaviour=run_suite(scorer, params),
        champion=compare_with_champion(params.champion, held_out, predicted.tolist()),
        predicted=predicted,
    )


def accuracy_of(scorer: Scorer, held_out: Sequence[Review]) -> float:
    """Share of held-out reviews for which the model predicts the true label."""
    predictions = scorer.predict_many(review.text for review in held_out)
    return sum(p.label == review.label for p, review in zip(predictions, held_out, strict=True)) / len(held_out)


def labels_of(held_out: Sequence[Review], known: Sequence[str]) -> Labels:
    """The true labels, [reviews].

    Raises:
        DataError: the model lacks one of them.
    """
    truth = np.array([review.label for review in held_out])
    unknown = set(truth) - set(known)
    if unknown:
        raise DataError(f"the held-out reviews have labels that the model lacks: {', '.join(sorted(unknown))}")
    return truth


def worst_mistakes(held_out: Sequence[Review], predicted: Labels, probabilities: Probabilities) -> list[Mistake]:
    """The wrong predictions of highest confidence; of equal ones the first."""
    confidence = probabilities.max(axis=1)
    wrong = [place for place, review in enumerate(held_out) if review.label != predicted[place]]
    wrong.sort(key=lambda place: -confidence[place])
    return [
        Mistake(
            id=held_out[place].id,
            words=len(held_out[place].text.split()),
            actual=held_out[place].label,
            said=str(predicted[place]),
            confidence=float(confidence[place]),
        )
        for place in wrong[:MISTAKES]
    ]


def _slices(
    held_out: Sequence[Review], truth: Labels, predicted: Labels, probabilities: Probabilities
) -> dict[str, dict[str, Slice]]:
    confidence, groups = probabilities.max(axis=1), np.array([review.group for review in held_out])
    return {
        name: {
            bucket: measure_slice(truth[rows], predicted[rows], confidence[rows], groups[rows].tolist())
            for bucket, rows in buckets.items()
        }
        for name, buckets in slices_of(held_out).items()
    }
