"""`gate`: may this model become the challenger? It and the champion are judged on the same held-out reviews."""

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
from sentiment_pipeline.evaluation.behaviour import behave
from sentiment_pipeline.evaluation.findings import labels_of
from sentiment_pipeline.metrics.compare import Comparison, compare
from sentiment_pipeline.params import GateParams, Params
from sentiment_pipeline.progress import say
from sentiment_pipeline.tracking.download import download
from sentiment_pipeline.tracking.registry import CHALLENGER, CHAMPION, Registry, Version
from sentiment_pipeline.version.files import verified_digest

_MAX_TIMED = 500
"""On how many held-out reviews the time for one prediction is measured."""


@dataclass(frozen=True)
class Standing:
    """What the gate found out about the model that it judges."""

    who: str
    accuracy: float
    milliseconds: float
    """For one prediction: the median over held-out reviews, on this machine."""
    megabytes: float
    """Of the model file; a megabyte is 10^6 bytes."""
    behaviour: Mapping[str, float] = field(default_factory=dict)
    """Pass rates of behavioural tests by capability; none where no capability has a floor, or it could not be asked."""


@dataclass(frozen=True)
class Verdict:
    """What the gate says."""

    sentence: str
    """What was found, whatever the outcome."""
    refusals: tuple[str, ...]
    """Every reason against the model; none where it passed."""

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.refusals


def decide(candidate: Standing, champion: str, comparison: Comparison | None, limits: GateParams) -> Verdict:
    """Hold a candidate against the limits and, where there is one, the champion.

    Args:
        champion: what to call it.
        comparison: with the champion, on the same held-out reviews; None where there is no champion.
    """
    facts = [f"{candidate.who} has accuracy {candidate.accuracy:.4f}"]
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
            f"{champion} is better beyond chance: the 95 % interval of the difference ends at {comparison.high:+.4f};"
            f" it alone is right on {comparison.only_champion_right:,} of {comparison.n:,} reviews,"
            f" the candidate alone on {comparison.only_challenger_right:,}"
        )
    if -comparison.difference > limits.max_drop:
        refusals.append(f"a drop of {-comparison.difference:.4f} is more than {limits.max_drop:.4f} (gate.max_drop)")
    return refusals


def _budget(candidate: Standing, limits: GateParams) -> list[str]:
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


def _misbehaves(candidate: Standing, limits: GateParams) -> list[str]:
    refusals = []
    for capability, floor in limits.behaviour.items():
        rate = candidate.behaviour.get(capability)
        if rate is None:
            refusals.append(f"nothing is known of its {capability}, which has a floor (gate.behaviour.{capability})")
        elif rate < floor:
            refusals.append(
                f"{capability}: {rate:.3f} of the cases pass, fewer than {floor:g} (gate.behaviour.{capability})"
            )
    return refusals


def gate_here(params: Params, root: Path = Path()) -> Verdict:
    """Judge models/current by the limits alone, where no registry knows a champion (a pull request, a laptop).

    Raises:
        Refused: the gate says no.
        DataError: held-out reviews or model are missing.
    """
    held_out = read_reviews(root / paths.TEST)
    return _passed(_judge(_Judged.here(root), None, held_out, params))


def gate(registry: Registry, params: Params, name: str, number: str | None, root: Path = Path()) -> Verdict:
    """Judge version `number`, or models/current where none is given; a version that passes is the challenger.

    Raises:
        Refused: the gate says no, with every reason.
        DataError: held-out reviews or model are missing.
        RegistryError: MLflow could not be asked.
    """
    held_out = read_reviews(root / paths.TEST)
    champion = registry.by_alias(name, CHAMPION)
    with tempfile.TemporaryDirectory() as scratch:
        if number is None:
            candidate = _Judged.here(root)
        else:
            candidate = _Judged.downloaded(registry, registry.version(name, number), Path(scratch), f"version {number}")
        best = None
        if champion is not None:
            who = f"the champion (version {champion.number})"
            best = _Judged.downloaded(registry, champion, Path(scratch), who)
        verdict = _passed(_judge(candidate, best, held_out, params))
    if number is not None:
        registry.set_alias(name, CHALLENGER, number)
        say(f"alias {CHALLENGER} of {name} is version {number}")
    return verdict


@dataclass(frozen=True)
class _Judged:
    """A model at hand."""

    who: str
    folder: Path

    @classmethod
    def here(cls, root: Path) -> "_Judged":
        folder = root / paths.MODEL_DIR
        verified_digest(folder)
        return cls(f"the model in {paths.MODEL_DIR}", folder)

    @classmethod
    def downloaded(cls, registry: Registry, version: Version, scratch: Path, who: str) -> "_Judged":
        target = scratch / version.number
        target.mkdir(exist_ok=True)
        return cls(who, download(registry, version, target))

    @property
    def file(self) -> Path:
        return self.folder / MODEL


def _judge(candidate: _Judged, champion: _Judged | None, held_out: Sequence[Review], params: Params) -> Verdict:
    scorer = Scorer.open(candidate.file)
    actual, said = [review.label for review in held_out], _said(scorer, held_out)
    standing = Standing(
        candidate.who,
        accuracy=sum(map(str.__eq__, actual, said)) / len(actual),
        milliseconds=_milliseconds(scorer, held_out[:_MAX_TIMED]),
        megabytes=candidate.file.stat().st_size / 1e6,
        behaviour=_pass_rates(scorer, params) if params.gate.behaviour else {},
    )
    if champion is None:
        return decide(standing, "", None, params.gate)
    before, groups = _said(Scorer.open(champion.file), held_out), [review.group for review in held_out]
    return decide(standing, champion.who, compare(actual, before, said, groups), params.gate)


def _said(scorer: Scorer, held_out: Sequence[Review]) -> list[str]:
    """The label that a model gives each review, all of whose true labels it knows."""
    labels_of(held_out, scorer.labels)
    return Classifier(scorer).predict(review.text for review in held_out)


def _pass_rates(scorer: Scorer, params: Params) -> dict[str, float]:
    behaviour = behave(scorer, params.evaluate)
    if behaviour.skipped:
        say(f"behavioural tests were left out: {behaviour.skipped}")
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
        reasons = "".join(f"\n  - {reason}" for reason in verdict.refusals)
        raise Refused(f"refused: {verdict.sentence}{reasons}")
    return verdict
