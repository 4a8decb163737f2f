"""Gate and promotion as pure decisions.

| what is found                                   | verdict                  |
|-------------------------------------------------|--------------------------|
| above the floor, no champion                    | pass                     |
| better than the champion                        | pass                     |
| worse, the interval holds 0, within the drop    | pass                     |
| worse, not by chance, within the drop            | refuse                   |
| the interval holds 0, but a larger drop         | refuse                   |
| slow, large, or failing behavioural tests       | refuse                   |
| all of it                                       | refuse, with all reasons |
"""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from sentiment_pipeline.errors import PipelineError, Refused
from sentiment_pipeline.metrics.compare import Comparison
from sentiment_pipeline.params import GateParams
from sentiment_pipeline.release.gate import Measurements, decide
from sentiment_pipeline.release.promote import Serving, check, read_resource, serving_of
from sentiment_pipeline.tracking.registry import Version

DIGEST = "sha256:" + "a" * 64
VERSION = Version("sentiment-reviews", "14", tags={"sentiment.digest": DIGEST})


GOOD = Measurements("version 14", accuracy=0.85, milliseconds=0.04, megabytes=3.2, behaviour={"negation": 0.9})
LIMITS = GateParams(min_accuracy=0.80, max_drop=0.02, max_milliseconds=1.0, max_megabytes=40.0)


def compared(*, difference: float, low: float, high: float) -> Comparison:
    return Comparison(
        n=1000,
        champion_accuracy=0.85 - difference,
        challenger_accuracy=0.85,
        difference=difference,
        low=low,
        high=high,
        p_value=0.5,
        only_champion_right=30,
        only_challenger_right=20,
    )


def refusals(candidate: Measurements, comparison: Comparison | None = None, limits: GateParams = LIMITS) -> list[str]:
    return list(decide(candidate, "the champion", comparison, limits).refusals)


def test_the_verdict_states_what_was_measured() -> None:
    alone = decide(GOOD, "", None, LIMITS)
    assert alone.sentence == (
        "version 14 has accuracy 0.8500, there is no champion to compare with,"
        " 0.04 ms per prediction on this machine, 3.2 MB"
    )
    beside = decide(GOOD, "the champion", compared(difference=0.01, low=-0.005, high=0.025), LIMITS)
    assert "the champion 0.8400 (difference +0.0100, 95 % interval -0.0050 to +0.0250, p 0.500)" in beside.sentence
    assert alone.passed
    assert beside.passed


def test_equal_within_the_interval_passes() -> None:
    assert refusals(GOOD, compared(difference=-0.01, low=-0.03, high=0.01)) == []


def test_a_champion_that_is_better_beyond_chance_stays() -> None:
    [refusal] = refusals(GOOD, compared(difference=-0.01, low=-0.018, high=-0.002))
    assert refusal == (
        "the champion is better, and not by chance: the 95 % interval of the difference ends at -0.0020;"
        " only the champion is right on 30 of 1,000 reviews, only the candidate on 20"
    )


def test_too_few_reviews_for_significance_do_not_excuse_a_large_drop() -> None:
    [refusal] = refusals(GOOD, compared(difference=-0.03, low=-0.08, high=0.02))
    assert refusal == "a drop of 0.0300 is more than 0.0200 (gate.max_drop)"


@pytest.mark.parametrize(
    ("candidate", "limits", "sentence"),
    [
        (replace(GOOD, accuracy=0.79), LIMITS, "accuracy 0.7900 is below the floor of 0.8000 (gate.min_accuracy)"),
        (
            replace(GOOD, milliseconds=2.0),
            LIMITS,
            (
                "a prediction takes 2.00 ms (median over held-out reviews, on this machine),"
                " more than 1 (gate.max_milliseconds)"
            ),
        ),
        (replace(GOOD, megabytes=40.1), LIMITS, "the model file has 40.1 MB, more than 40 (gate.max_megabytes)"),
        (
            GOOD,
            msgspec.structs.replace(LIMITS, behaviour={"negation": 0.95}),
            "negation: 0.900 of the cases pass, fewer than 0.95 (gate.behaviour.negation)",
        ),
        (
            GOOD,
            msgspec.structs.replace(LIMITS, behaviour={"typos": 0.5}),
            "its pass rate for typos is unknown, but has a floor (gate.behaviour.typos)",
        ),
    ],
)
def test_each_limit_refuses_with_its_reason(candidate: Measurements, limits: GateParams, sentence: str) -> None:
    assert refusals(candidate, limits=limits) == [sentence]


def test_every_reason_is_listed_and_not_only_the_first() -> None:
    bad = Measurements("version 14", accuracy=0.5, milliseconds=9.0, megabytes=90.0)
    worse = compared(difference=-0.3, low=-0.4, high=-0.2)
    assert len(refusals(bad, worse, msgspec.structs.replace(LIMITS, behaviour={"negation": 0.8, "typos": 0.8}))) == 7


def test_what_is_served_becomes_champion() -> None:
    check(VERSION, Serving("sentiment-reviews", "14", DIGEST), "reviews")


@pytest.mark.parametrize(
    ("serving", "sentence"),
    [
        (Serving("sentiment-reviews", "13", DIGEST), "reviews serves version 13, not version 14"),
        (Serving("sentiment-reviews", "", ""), "reviews serves nothing, not version 14"),
        (Serving("sentiment-reviews", "14", "sha256:" + "b" * 64), "but the registry has sha256:aaa"),
        (Serving("sentiment-reviews", "14", ""), "digest unknown"),
        (Serving("other", "14", DIGEST), "reviews serves the model other"),
    ],
)
def test_what_is_not_served_is_refused(serving: Serving, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        check(VERSION, serving, "reviews")


def test_a_version_without_a_digest_is_never_the_champion() -> None:
    with pytest.raises(Refused, match="the registry has none"):
        check(Version("sentiment-reviews", "14"), Serving("sentiment-reviews", "14", ""), "reviews")


@pytest.mark.parametrize("status", [{}, {"status": {}}, {"status": {"serving": {}}}])
def test_a_resource_without_status_serves_nothing(status: dict[str, Any]) -> None:
    resource = {"kind": "SentimentModel", "spec": {"model": {"name": "m"}}, **status}
    assert serving_of(resource) == Serving("m", "", "")


@pytest.mark.parametrize("other", [None, [], {"kind": "List", "items": []}])
def test_what_is_no_sentimentmodel_is_refused(other: Any) -> None:
    with pytest.raises(PipelineError, match="expected a SentimentModel as JSON"):
        serving_of(other)


def test_a_digest_tag_without_its_algorithm_is_completed() -> None:
    assert Version("m", "1", tags={"sentiment.digest": "a" * 64}).digest == DIGEST
    assert Version("m", "1").digest == ""


def test_a_missing_kubectl_is_reported() -> None:
    with pytest.raises(PipelineError, match=r"absent-kubectl is not on PATH"):
        read_resource("absent-kubectl", "reviews", "default")


def test_kubectl_s_own_words_are_passed_on() -> None:
    with pytest.raises(PipelineError, match="kubectl failed"):
        read_resource("false", "reviews", "default")
