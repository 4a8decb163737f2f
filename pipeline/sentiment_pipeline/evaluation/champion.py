"""What serves already, judged on the same held-out reviews as the model of this training."""

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
class Contest:
    """The champion, and how it does beside the new model; no comparison where there is nothing to compare with."""

    version: str
    digest: str
    comparison: Comparison | None
    told: str
    """In one sentence, for a person."""


def contest(name: str, held_out: Sequence[Review], said: Sequence[str]) -> Contest | None:
    """Compare with the champion of a registered model, if MLFLOW_TRACKING_URI says where to look for it.

    Args:
        name: of the registered model; "" for none.
        said: [reviews] labels that the new model gives.

    Raises:
        RegistryError: MLflow could not be asked, or gives other files than the champion's digest says.
    """
    if not name:
        return None
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        return Contest("", "", None, "MLFLOW_TRACKING_URI is not set: no champion to compare with")
    return contest_in(MlflowRegistry(), name, held_out, said)


def contest_in(registry: Registry, name: str, held_out: Sequence[Review], said: Sequence[str]) -> Contest:
    """The same in a given registry."""
    champion = registry.by_alias(name, CHAMPION)
    if champion is None:
        return Contest("", "", None, f"{name} has no champion yet")
    with tempfile.TemporaryDirectory() as scratch:
        model = sentiment_model.load(download(registry, champion, Path(scratch)))
        before = model.predict(review.text for review in held_out)
    found = compare([r.label for r in held_out], before, said, [r.group for r in held_out])
    told = (
        f"{found.difference * 100:+.2f} points against the champion (version {champion.number}),"
        f" 95 % interval {found.low * 100:+.2f} to {found.high * 100:+.2f}, McNemar p = {found.p_value:.3g}"
    )
    return Contest(champion.number, champion.digest, found, told)
