"""Behavioural tests: does a model do with plain sentences what everyone expects? (CheckList, Ribeiro et al. 2020)

Accuracy says how often a model is right; this says what it has and has not understood, on texts of which nobody doubts
what they say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sentiment_model import Prediction, Scorer
from sentiment_pipeline.evaluation.behaviour_suite import SUITE, Capability, Case, Side, Template, Test, suite
from sentiment_pipeline.params import EvaluateParams
from sentiment_pipeline.report import percent

SHOWN_FAILURES = 4
"""Per capability, for a person to look at."""


@dataclass(frozen=True)
class Failure:
    """A case that a model did not pass; its texts are those of the suite."""

    text: str
    variant: str
    said: str
    """What the model says of both, in words."""


@dataclass(frozen=True)
class TemplateResult:
    """How a model did on the cases of one template."""

    capability: str
    template: str
    side: Side
    cases: int
    passed: int


@dataclass(frozen=True)
class CapabilityResult:
    """How a model did on one capability."""

    test: Test
    expectation: str
    templates: tuple[TemplateResult, ...]
    failures: tuple[Failure, ...]
    """Some, each of another template."""

    @property
    def cases(self) -> int:
        """How many there are."""
        return sum(template.cases for template in self.templates)

    @property
    def passed(self) -> int:
        """How many of the cases the model passed."""
        return sum(template.passed for template in self.templates)

    @property
    def pass_rate(self) -> float:
        """Share of the cases that passed."""
        return self.passed / self.cases


@dataclass(frozen=True)
class Behaviour:
    """How a model did on all capabilities; none where it could not be asked."""

    capabilities: dict[str, CapabilityResult]
    skipped: str = ""
    """Why it could not be asked."""

    @property
    def templates(self) -> list[TemplateResult]:
        """Those of all capabilities."""
        return [template for result in self.capabilities.values() for template in result.templates]

    def report(self, digest: str) -> dict[str, Any]:
        """What reports/behaviour.json holds: docs/evaluation.md tells its keys."""
        return {
            "digest": digest,
            "suite": SUITE,
            "skipped": self.skipped,
            "capabilities": {
                name: {
                    "test": result.test,
                    "cases": result.cases,
                    "passed": result.passed,
                    "pass_rate": result.pass_rate,
                }
                for name, result in self.capabilities.items()
            },
        }


def behave(scorer: Scorer, params: EvaluateParams) -> Behaviour:
    """Put a model to the whole suite."""
    names = {"praise": params.positive, "blame": params.negative}
    missing = [name for name in names.values() if name not in scorer.labels]
    if missing:
        known = ", ".join(scorer.labels)
        return Behaviour(
            {},
            f"the model has no label {' and no label '.join(map(repr, missing))} (its labels are {known}):"
            " set evaluate.positive and evaluate.negative in params.yaml",
        )
    judge = _Judge(scorer, scorer.labels.index(params.positive), scorer.labels.index(params.negative))
    return Behaviour({capability.name: judge.result(capability) for capability in suite()})


def table(behaviour: Behaviour) -> list[str]:
    """Pass rates for a person to look at."""
    if behaviour.skipped:
        return [f"behavioural tests were left out: {behaviour.skipped}"]
    width = max(map(len, behaviour.capabilities))
    lines = [f"{'behaviour':<{width}}  test  passed        expectation"]
    for name, result in behaviour.capabilities.items():
        count = f"{result.passed}/{result.cases}"
        lines.append(
            f"{name:<{width}}  {result.test}   {percent(result.pass_rate, 0):>5} {count:>8}  {result.expectation}"
        )
    return lines


@dataclass(frozen=True)
class _Judge:
    scorer: Scorer
    positive: int
    negative: int

    def result(self, capability: Capability) -> CapabilityResult:
        failures: list[Failure] = []
        templates = []
        for template in capability.templates:
            failed = self._failed(capability, template)
            failures += failed[:1]
            cases = len(template.cases)
            templates.append(TemplateResult(capability.name, template.form, template.side, cases, cases - len(failed)))
        return CapabilityResult(
            capability.test, capability.expectation, tuple(templates), tuple(failures[:SHOWN_FAILURES])
        )

    def _failed(self, capability: Capability, template: Template) -> list[Failure]:
        said = list(self.scorer.predict_many(case.text for case in template.cases))
        varied = list(self.scorer.predict_many(case.variant for case in template.cases))
        return [
            Failure(case.text, case.variant, self._told(capability.test, before, after))
            for case, before, after in zip(template.cases, said, varied, strict=True)
            if not self._passes(capability, case, before, after)
        ]

    def _passes(self, capability: Capability, case: Case, said: Prediction, varied: Prediction) -> bool:
        if capability.test == "MFT":
            return self._leaning(said.probabilities, case) > 0
        if capability.test == "INV":
            return said.label == varied.label
        moved = self._leaning(varied.probabilities, case) - self._leaning(said.probabilities, case)
        return moved >= -2 * capability.tolerance

    def _leaning(self, probabilities: Sequence[float], case: Case) -> float:
        """Probability of the case's side minus that of the other: a third label between them takes no part."""
        praise = probabilities[self.positive] - probabilities[self.negative]
        return praise if case.side == "praise" else -praise

    def _told(self, test: Test, said: Prediction, varied: Prediction) -> str:
        before = f"{said.label} {max(said.probabilities):.2f}"
        return before if test == "MFT" else f"{before}, then {varied.label} {max(varied.probabilities):.2f}"
