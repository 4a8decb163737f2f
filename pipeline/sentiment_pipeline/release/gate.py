"""`gate`: decides whether a model may become the challenger, by limits and by comparison with the champion."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

from sentiment_model import Classifier, Scorer
from sentiment_model.manifest import MODEL
from sentiment_pipeline import paths
from sentiment_pipeline.data.reviews.review import Review, read_reviews
from sentiment_pipeline.errors import Refused
from sentiment_pipeline.evaluation.behaviour import run_suite
from sentiment_pipeline.evaluation.findings import labels_of
from sentiment_pipeline.metrics.compare import Comparison, compare
from sentiment_pipeline.params import GateParams, Params
from sentiment_pipeline.progress import log_line
from sentiment_pipeline.tracking.download import download
from sentiment_pipeline.tracking.registry import CHALLENGER, CHAMPION, Registry, Version
from sentiment_pipeline.version.files import verified_digest

_MAX_TIMED = 500
"""Number of held-out reviews on which the time of a prediction is measured."""


@dataclass(frozen=True)
class Measurements:
    """What the gate measured of a model."""

    name: str
    """In messages, such as `version 3`."""
    accuracy: float
    milliseconds: float
    """Time of a prediction: the median over held-out reviews, on this machine."""
    megabytes: float
    """Size of the model file, in units of 10^6 bytes."""
    behaviour: Mapping[str, float] = field(default_factory=dict)
    """Pass rates of behavioural tests by capability; empty if none has a floor or the tests were skipped."""


@dataclass(frozen=True)
class Verdict:
    """The decision of the gate."""

    sentence: str
    """What was measured, whatever the outcome."""
    refusals: tuple[str, ...]
    """Every reason against the model; empty if it passed."""

    @property
    def passed(self) -> bool:
        """Whether there is no reason against the model."""
        return not self.refusals


def decide(candidate: Measurements, champion: str, comparison: Comparison | None, limits: GateParams) -> Verdict:
    """Check a candidate against the limits and, if there is one, the champion.

    Args:
        candidate: what was measured.
        champion: its name in messages.
        comparison: with the champion, on the same held-out reviews; None if there is no champion.
        limits: the section `gate` of params.yaml.
    """
    facts = [f"{candidate.name} has accuracy {candidate.accuracy:.4f}"]
    refusals = []
    if candidate.accuracy < limits.min_accuracy:
        refusals.append(
            f"accuracy {candidate.accuracy:.4f} is below the floor of {limits.min_accuracy:.4f} (gate.min_accuracy)"
        )
    if comparison is None:
        facts.append("there is no champion to compare with")
    else:
        facts.append(
            f"{champion} {comparison.champion_accuracy:.4f} (difference {comparison.difference:+.4f}, 95 % interval"
            f" {comparison.low:+.4f} to {comparison.high:+.4f}, p {comparison.p_value:.3f})"
        )
        refusals += _worse(comparison, champion, limits)
    facts += [f"{candidate.milliseconds:.2f} ms per prediction on this machine", f"{candidate.megabytes:.1f} MB"]
    refusals += _budget(candidate, limits)
    refusals += _misbehaves(candidate, limits)
    return Verdict(", ".join(facts), tuple(refusals))


def _worse(comparison: Comparison, champion: str, limits: GateParams) -> list[str]:
    refusals = []
    if comparison.high < 0:
        refusals.append(
            f"{champion} is better, and not by chance:"
            f" the 95 % interval of the difference ends at {comparison.high:+.4f};"
            f" only the champion is right on {comparison.only_champion_right:,} of {comparison.n:,} reviews,"
            f" only the candidate on {comparison.only_challenger_right:,}"
        )
    if -comparison.difference > limits.max_drop:
        refusals.append(f"a drop of {-comparison.difference:.4f} is more than {limits.max_drop:.4f} (gate.max_drop)")
    return refusals


def _budget(candidate: Measurements, limits: GateParams) -> list[str]:
    refusals = []
    if candidate.milliseconds > limits.max_milliseconds:
        refusals.append(
            f"a prediction takes {candidate.milliseconds:.2f} ms (median over held-out reviews, on this machine),"
            f" more than {limits.max_milliseconds:g} (gate.max_milliseconds)"
        )
    if candidate.megabytes > limits.max_megabytes:
        refusals.append(
            f"the model file has {candidate.megabytes:.1f} MB, more than {limits.max_megabytes:g} (gate.max_megabytes)"
        )
    return refusals


def _misbehaves(candidate: Measurements, limits: GateParams) -> list[str]:
    refusals = []
    for capability, floor in limits.behaviour.items():
        rate = candidate.behaviour.get(capability)
        if rate is None:
            refusals.append(f"its pass rate for {capability} is unknown, but has a floor (gate.behaviour.{capability})")
        elif rate < floor:
            refusals.append(
                f"{capability}: {rate:.3f} of the cases pass, fewer than {floor:g} (gate.behaviour.{capability})"
            )
    return refusals


def gate_here(params: Params, root: Path = Path()) -> Verdict:
    """Check models/current against the limits only, without a registry (in a pull request, on a laptop).

    Raises:
        Refused: the model fails, with every reason.
        DataError: held-out reviews or model are missing.
    """
    held_out = read_reviews(root / paths.TEST)
    return _passed(_verdict(_LocalModel.here(root), None, held_out, params))


def gate(registry: Registry, params: Params, name: str, number: str | None, root: Path = Path()) -> Verdict:
    """Check version `number`, or models/current if it is None; a version that passes becomes the challenger.

    Raises:
        Refused: the model fails, with every reason.
        DataError: held-out reviews or model are missing.
        RegistryError: MLflow did not answer.
    """
    held_out = read_reviews(root / paths.TEST)
    champion = registry.by_alias(name, CHAMPION)
    with tempfile.TemporaryDirectory() as scratch:
        if number is None:
            candidate = _LocalModel.here(root)
        else:
            candidate = _LocalModel.downloaded(
                registry, registry.version(name, number), Path(scratch), f"version {number}"
            )
        best = None
        if champion is not None:
            title = f"the champion (version {champion.number})"
            best = _LocalModel.downloaded(registry, champion, Path(scratch), title)
        verdict = _passed(_verdict(candidate, best, held_out, params))
    if number is not None:
        registry.set_alias(name, CHALLENGER, number)
        log_line(f"alias {CHALLENGER} of {name} is version {number}")
    return verdict


@dataclass(frozen=True)
class _LocalModel:
    """A model whose files are on this machine."""

    name: str
    folder: Path

    @classmethod
    def here(cls, root: Path) -> "_LocalModel":
        folder = root / paths.MODEL_DIR
        verified_digest(folder)
        return cls(f"the model in {paths.MODEL_DIR}", folder)

    @classmethod
    def downloaded(cls, registry: Registry, version: Version, scratch: Path, name: str) -> "_LocalModel":
        target = scratch / version.number
        target.mkdir(exist_ok=True)
        return cls(name, download(registry, version, target))

    @property
    def file(self) -> Path:
        return self.folder / MODEL


def _verdict(
    candidate: _LocalModel, champion: _LocalModel | None, held_out: Sequence[Review], params: Params
) -> Verdict:
    scorer = Scorer.open(candidate.file)
    actual, predicted = [review.label for review in held_out], _predicted(scorer, held_out)
    measured = Measurements(
        candidate.name,
        accuracy=sum(map(str.__eq__, actual, predicted)) / len(actual),
        milliseconds=_milliseconds(scorer, held_out[:_MAX_TIMED]),
        megabytes=candidate.file.stat().st_size / 1e6,
        behaviour=_pass_rates(scorer, params) if params.gate.behaviour else {},
    )
    if champion is None:
        return decide(measured, "", None, params.gate)
    champions, groups = _predicted(Scorer.open(champion.file), held_out), [review.group for review in held_out]
    return decide(measured, champion.name, compare(actual, champions, predicted, groups), params.gate)


def _predicted(scorer: Scorer, held_out: Sequence[Review]) -> list[str]:
    """The predicted labels; DataError if the model does not know one of the true labels."""
    labels_of(held_out, scorer.labels)
    return Classifier(scorer).predict(review.text for review in held_out)


def _pass_rates(scorer: Scorer, params: Params) -> dict[str, float]:
    behaviour = run_suite(scorer, params.evaluate)
    if behaviour.skipped:
        log_line(f"behavioural tests were skipped: {behaviour.skipped}")
    return {name: result.pass_rate for name, result in behaviour.capabilities.items()}


def _milliseconds(scorer: Scorer, held_out: Sequence[Review]) -> float:
    times = []
    for review in held_out:
        begun = perf_counter()
        scorer.predict(review.text)
        times.append(perf_counter() - begun)
    return median(times) * 1000


def _passed(verdict: Verdict) -> Verdict:
    if not verdict.passed:
        raise Refused(f"refused: {verdict.sentence}", *(f"  - {reason}" for reason in verdict.refusals))
    return verdict
