"""`gate`: may this model become the challenger? It and the champion are judged on the same held-out reviews."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment_model import Scorer
from sentiment_model.manifest import MODEL
from sentiment_pipeline import paths
from sentiment_pipeline.errors import Refused
from sentiment_pipeline.findings import accuracy_of, labels_of
from sentiment_pipeline.params import GateParams, Params
from sentiment_pipeline.progress import say
from sentiment_pipeline.register import verified_digest
from sentiment_pipeline.registry import CHALLENGER, CHAMPION, Registry, Version
from sentiment_pipeline.reviews import Review, read_reviews


@dataclass(frozen=True)
class Standing:
    """A version and its accuracy on the held-out reviews of this gate."""

    who: str
    accuracy: float


@dataclass(frozen=True)
class Verdict:
    """What the gate says, as one sentence."""

    passed: bool
    sentence: str


def decide(candidate: Standing, champion: Standing | None, limits: GateParams) -> Verdict:
    """Compare a candidate with the floor and, where there is one, the champion."""
    if candidate.accuracy < limits.min_accuracy:
        return Verdict(
            False,
            f"{candidate.who} has accuracy {candidate.accuracy:.4f}, below the floor of {limits.min_accuracy:.4f}"
            " (gate.min_accuracy)",
        )
    if champion is None:
        return Verdict(
            True, f"{candidate.who} has accuracy {candidate.accuracy:.4f}; there is no champion to compare with"
        )
    drop = champion.accuracy - candidate.accuracy
    compared = f"{candidate.who} has accuracy {candidate.accuracy:.4f}, {champion.who} {champion.accuracy:.4f}"
    if drop > limits.max_drop:
        return Verdict(False, f"{compared}: a drop of {drop:.4f}, more than {limits.max_drop:.4f} (gate.max_drop)")
    return Verdict(True, compared)


def gate_here(params: Params, root: Path = Path()) -> Verdict:
    """Judge models/current by the floor alone, where no registry knows a champion (a pull request, a laptop).

    Raises:
        Refused: the gate says no.
        DataError: held-out reviews or model are missing.
    """
    return _passed(decide(_standing(root), None, params.gate))


def gate(registry: Registry, params: Params, name: str, number: str | None, root: Path = Path()) -> Verdict:
    """Judge version `number`, or models/current where none is given; a version that passes is the challenger.

    Raises:
        Refused: the gate says no.
        DataError: held-out reviews or model are missing.
        RegistryError: MLflow could not be asked.
    """
    held_out = read_reviews(root / paths.TEST)
    champion = registry.by_alias(name, CHAMPION)
    with tempfile.TemporaryDirectory() as scratch:
        if number is None:
            candidate = _standing(root)
        else:
            folder = _download(registry, registry.version(name, number), Path(scratch))
            candidate = Standing(f"version {number}", _accuracy(folder, held_out))
        best = None
        if champion is not None:
            before = _download(registry, champion, Path(scratch))
            best = Standing(f"the champion (version {champion.number})", _accuracy(before, held_out))
    verdict = _passed(decide(candidate, best, params.gate))
    if number is not None:
        registry.set_alias(name, CHALLENGER, number)
        say(f"alias {CHALLENGER} of {name} is version {number}")
    return verdict


def _passed(verdict: Verdict) -> Verdict:
    if not verdict.passed:
        raise Refused(verdict.sentence)
    return verdict


def _standing(root: Path) -> Standing:
    folder = root / paths.MODEL_DIR
    verified_digest(folder)
    return Standing("the model in models/current", _accuracy(folder, read_reviews(root / paths.TEST)))


def _download(registry: Registry, version: Version, scratch: Path) -> Path:
    target = scratch / version.number
    target.mkdir(exist_ok=True)
    folder = registry.download(version, target)
    digest = verified_digest(folder)
    if digest != version.digest:
        found = version.digest or "no digest tag"
        raise Refused(f"version {version.number} has the files of {digest} but the registry says {found}")
    return folder


def _accuracy(folder: Path, held_out: Sequence[Review]) -> float:
    scorer = Scorer.open(folder / MODEL)
    labels_of(held_out, scorer.labels)
    return accuracy_of(scorer, held_out)
