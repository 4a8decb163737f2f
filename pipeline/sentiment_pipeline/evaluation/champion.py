"""Compares a new model with the champion of a registered model on the same held-out reviews."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sentiment_model
from sentiment_pipeline.data.reviews.review import Review
from sentiment_pipeline.metrics.compare import Comparison, compare
from sentiment_pipeline.tracking.download import download
from sentiment_pipeline.tracking.registry import CHAMPION, MlflowRegistry, Registry


@dataclass(frozen=True)
class ChampionComparison:
    """The champion and its comparison with the new model; None if there is nothing to compare with."""

    version: str
    digest: str
    comparison: Comparison | None
    summary: str
    """The result in one sentence."""


def compare_with_champion(name: str, held_out: Sequence[Review], predicted: Sequence[str]) -> ChampionComparison | None:
    """Compare with the champion of a registered model, if MLFLOW_TRACKING_URI is set.

    Args:
        name: of the registered model; "" for no comparison.
        held_out: the reviews to compare on.
        predicted: [reviews] labels predicted by the new model.

    Raises:
        RegistryError: MLflow did not answer, or the champion's files do not have its digest.
    """
    if not name:
        return None
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        return ChampionComparison("", "", None, "MLFLOW_TRACKING_URI is not set: no champion to compare with")
    return compare_in_registry(MlflowRegistry(), name, held_out, predicted)


def compare_in_registry(
    registry: Registry, name: str, held_out: Sequence[Review], predicted: Sequence[str]
) -> ChampionComparison:
    """As `compare_with_champion`, in a given registry."""
    champion = registry.by_alias(name, CHAMPION)
    if champion is None:
        return ChampionComparison("", "", None, f"{name} has no champion yet")
    with tempfile.TemporaryDirectory() as scratch:
        model = sentiment_model.load(download(registry, champion, Path(scratch)))
        champions = model.predict(review.text for review in held_out)
    found = compare([r.label for r in held_out], champions, predicted, [r.group for r in held_out])
    summary = (
        f"{found.difference * 100:+.2f} points against the champion (version {champion.number}),"
        f" 95 % interval {found.low * 100:+.2f} to {found.high * 100:+.2f}, McNemar p = {found.p_value:.3g}"
    )
    return ChampionComparison(champion.number, champion.digest, found, summary)
