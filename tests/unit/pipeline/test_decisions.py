"""Gate and promotion as pure decisions.

| candidate | champion | floor | allowed drop | verdict |
|-----------|----------|-------|--------------|---------|
| 0.85      | none     | 0.80  | 0.01         | pass    |
| 0.79      | none     | 0.80  | 0.01         | refuse  |
| 0.85      | 0.86     | 0.80  | 0.02         | pass    |
| 0.85      | 0.87     | 0.80  | 0.01         | refuse  |
| 0.79      | 0.70     | 0.80  | 0.01         | refuse  |
"""

from typing import Any

import pytest

from sentiment_pipeline.errors import PipelineError, Refused
from sentiment_pipeline.gate import Standing, decide
from sentiment_pipeline.params import GateParams
from sentiment_pipeline.promote import Serving, check, read_resource, serving_of
from sentiment_pipeline.registry import Version

DIGEST = "sha256:" + "a" * 64
VERSION = Version("sentiment-reviews", "14", tags={"sentiment.digest": DIGEST})


@pytest.mark.parametrize(
    ("candidate", "champion", "max_drop", "passed", "sentence"),
    [
        (0.85, None, 0.01, True, "there is no champion to compare with"),
        (0.79, None, 0.01, False, "below the floor of 0.8000 (gate.min_accuracy)"),
        (0.85, 0.86, 0.02, True, "accuracy 0.8500, the champion 0.8600"),
        (0.85, 0.87, 0.01, False, "a drop of 0.0200, more than 0.0100 (gate.max_drop)"),
        (0.79, 0.70, 0.01, False, "below the floor"),
    ],
)
def test_the_gate(candidate: float, champion: float | None, max_drop: float, passed: bool, sentence: str) -> None:
    verdict = decide(
        Standing("version 14", candidate),
        None if champion is None else Standing("the champion", champion),
        GateParams(min_accuracy=0.80, max_drop=max_drop),
    )
    assert verdict.passed is passed
    assert sentence in verdict.sentence


def test_what_is_served_becomes_champion() -> None:
    check(VERSION, Serving("sentiment-reviews", "14", DIGEST), "reviews")


@pytest.mark.parametrize(
    ("serving", "sentence"),
    [
        (Serving("sentiment-reviews", "13", DIGEST), "reviews serves version 13, not version 14"),
        (Serving("sentiment-reviews", "", ""), "reviews serves nothing, not version 14"),
        (Serving("sentiment-reviews", "14", "sha256:" + "b" * 64), "but the registry says sha256:aaa"),
        (Serving("sentiment-reviews", "14", ""), "digest unknown"),
        (Serving("other", "14", DIGEST), "about the model other"),
    ],
)
def test_what_is_not_served_is_refused(serving: Serving, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        check(VERSION, serving, "reviews")


def test_a_version_without_a_digest_is_never_the_champion() -> None:
    with pytest.raises(Refused, match="the registry says none"):
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


def test_a_missing_kubectl_is_said() -> None:
    with pytest.raises(PipelineError, match=r"absent-kubectl is not on PATH"):
        read_resource("absent-kubectl", "reviews", "default")


def test_kubectl_s_own_words_are_passed_on() -> None:
    with pytest.raises(PipelineError, match="kubectl failed"):
        read_resource("false", "reviews", "default")
