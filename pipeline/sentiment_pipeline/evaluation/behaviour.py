"""Behavioural tests on plain sentences with an obvious sentiment (CheckList, Ribeiro et al. 2020).

Accuracy shows how often a model is right; these tests show which capabilities of language it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sentiment_model import Prediction, Scorer
from sentiment_pipeline.evaluation.behaviour_suite import SUITE, Capability, Case, Side, Template, Test, suite
from sentiment_pipeline.params import EvaluateParams
from sentiment_pipeline.report import percent

SHOWN_FAILURES = 4
"""Number of failures per capability that are listed in the report."""


@dataclass(frozen=True)
class Failure:
    """A case that a model failed; its texts come from the suite, not from reviews."""

    text: str
    variant: str
    predictions: str
    """The label and probability of text and variant, as shown in the report."""


@dataclass(frozen=True)
class TemplateResult:
    """Passed cases of one template."""

    capability: str
    template: str
    side: Side
    cases: int
    passed: int


@dataclass(frozen=True)
class CapabilityResult:
    """Passed cases of one capability."""

    test: Test
    expectation: str
    templates: tuple[TemplateResult, ...]
    failures: tuple[Failure, ...]
    """A selection, at most one per template."""

    @property
    def cases(self) -> int:
        """Number of cases."""
        return sum(template.cases for template in self.templates)

    @property
    def passed(self) -> int:
        """Number of cases that the model passed."""
        return sum(template.passed for template in self.templates)

    @property
    def pass_rate(self) -> float:
        """Share of the cases that passed."""
        return self.passed / self.cases


@dataclass(frozen=True)
class Behaviour:
    """Results of all capabilities; empty if the tests were skipped."""

    capabilities: dict[str, CapabilityResult]
    skipped: str = ""
    """Why the tests were skipped; empty if they were run."""

    @property
    def templates(self) -> list[TemplateResult]:
        """The results of all templates."""
        return [template for result in self.capabilities.values() for template in result.templates]

    def report(self, digest: str) -> dict[str, Any]:
        """What reports/behaviour.json holds: docs/evaluation.md describes its keys."""
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


def run_suite(scorer: Scorer, params: EvaluateParams) -> Behaviour:
    """Run all behavioural tests on a model; they are skipped if it lacks one of the two labels."""
    names = {"praise": params.positive, "blame": params.negative}
    missing = [name for name in names.values() if name not in scorer.labels]
    if missing:
        known = ", ".join(scorer.labels)
        return Behaviour(
            {},
            f"the model has no label {' and no label '.join(map(repr, missing))} (its labels are {known}):"
            " set evaluate.positive and evaluate.negative in params.yaml",
        )
    runner = _Runner(scorer, scorer.labels.index(params.positive), scorer.labels.index(params.negative))
    return Behaviour({capability.name: runner.result(capability) for capability in suite()})


def table(behaviour: Behaviour) -> list[str]:
    """The pass rates as lines of a table."""
    if behaviour.skipped:
        return [f"behavioural tests were skipped: {behaviour.skipped}"]
    width = max(map(len, behaviour.capabilities))
    lines = [f"{'behaviour':<{width}}  test  passed        expectation"]
    for name, result in behaviour.capabilities.items():
        count = f"{result.passed}/{result.cases}"
        lines.append(
            f"{name:<{width}}  {result.test}   {percent(result.pass_rate, 0):>5} {count:>8}  {result.expectation}"
        )
    return lines


@dataclass(frozen=True)
class _Runner:
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
        originals = list(self.scorer.predict_many(case.text for case in template.cases))
        variants = list(self.scorer.predict_many(case.variant for case in template.cases))
        return [
            Failure(case.text, case.variant, self._shown(capability.test, before, after))
            for case, before, after in zip(template.cases, originals, variants, strict=True)
            if not self._passes(capability, case, before, after)
        ]

    def _passes(self, capability: Capability, case: Case, before: Prediction, after: Prediction) -> bool:
        if capability.test == "MFT":
            return self._leaning(before.probabilities, case) > 0
        if capability.test == "INV":
            return before.label == after.label
        moved = self._leaning(after.probabilities, case) - self._leaning(before.probabilities, case)
        return moved >= -2 * capability.tolerance

    def _leaning(self, probabilities: Sequence[float], case: Case) -> float:
        """Probability of the case's side minus that of the other side; other labels do not count."""
        praise = probabilities[self.positive] - probabilities[self.negative]
        return praise if case.side == "praise" else -praise

    def _shown(self, test: Test, before: Prediction, after: Prediction) -> str:
        first = f"{before.label} {max(before.probabilities):.2f}"
        return first if test == "MFT" else f"{first}, then {after.label} {max(after.probabilities):.2f}"
