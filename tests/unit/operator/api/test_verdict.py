"""The verdict as the operator reads it: the examples that `verify` is tested with, and texts that are none."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sentiment_operator.api.status import Status
from sentiment_operator.api.verdict import PASSES_OF_VERIFY, VERDICTS_OF_VERIFY, Verdict, read_verdict, requested_checks
from sentiment_serving.verifying.verdict import CheckName
from tests.unit.operator.scenes import digest
from tests.unit.operator.scenes import verdict as ended

EXAMPLES = sorted((Path(__file__).parents[3] / "data" / "verdicts").glob("*.json"))
DIGEST = digest("14")


def message(**change: Any) -> str:
    body = json.loads(ended("14", "passed", "AllChecksPassed")["state"]["terminated"]["message"])
    return json.dumps({**body, **change})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_what_verify_writes_is_understood(path: Path) -> None:
    text = path.read_text()
    body = json.loads(text)
    found = read_verdict(text, digest=body["model"]["digest"])
    assert found is not None
    assert (found.outcome, found.reason, found.message) == (body["outcome"], body["reason"], body["message"])
    assert [check.name for check in found.checks] == [check["name"] for check in body["checks"]]
    assert [flip.id for flip in found.flipped] == [flip["id"] for flip in body.get("flipped", ())]


def test_there_is_an_example_of_every_reason() -> None:
    reasons = {json.loads(path.read_text())["reason"] for path in EXAMPLES}
    assert reasons >= {*PASSES_OF_VERIFY, "ParityFailed", "DisagreementTooHigh", "QualityTooLow"}
    assert reasons & VERDICTS_OF_VERIFY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Traceback (most recent call last): ...",
        "[]",
        '"text"',
        "{}",
        message(format="sentiment.dev/verdict/v2"),
        message(model=None),
        message(model={"digest": digest("13")}),
        message(outcome="perhaps"),
        message(reason="Because it is so"),
        message(reason="LooksFine"),
        message(outcome="failed"),
        "[" * 5000,
    ],
)
def test_anything_else_is_no_verdict(text: str) -> None:
    assert read_verdict(text, digest=DIGEST) is None


def test_the_parts_of_a_hostile_verdict_are_bounded() -> None:
    rows = [{"id": "x" * 999, "expected": 7, "got": None}] * 99
    checks = [{"name": "a\nb", "rows": -1, "flipped": "many", "detail": "d" * 9999}] * 99
    found = read_verdict(message(flipped=rows, checks=[*checks, "no"], message="m" * 9999), digest=DIGEST)
    assert found is not None
    assert (len(found.flipped), len(found.checks)) == (10, 8)
    assert (found.flipped[0].id, found.flipped[0].expected) == ("x" * 64, "")
    assert (found.checks[0].name, found.checks[0].rows, found.checks[0].flipped) == ("a b", None, None)
    assert len(found.message) == 1000


@pytest.mark.parametrize("text", ["m" * 999 + " m", "\ud800 half a pair", "tab\tand\nline"])
def test_a_verdict_is_read_back_as_it_was_written(text: str) -> None:
    found = read_verdict(message(message=text), digest=DIGEST)
    assert found is not None
    assert found.message.encode().decode() == found.message
    assert Verdict.parse(found.render()) == found


def test_the_status_holds_a_verdict_as_it_was_read() -> None:
    found = read_verdict(message(), digest=DIGEST)
    assert found is not None
    body: Mapping[str, Any] = Status(verdict=found).render()
    assert Status.parse(body).verdict == found
    assert Verdict.parse(found.render()) == found
    assert body["verdict"]["flipped"] == [{"id": "g-17", "expected": "positive", "got": "negative", "check": "parity"}]


@pytest.mark.parametrize(
    ("rules", "requested"),
    [
        ({}, {"parity", "disagreement", "soak"}),
        ({"parity": False, "soakSeconds": 0}, {"disagreement"}),
        ({"minAccuracy": "0.8", "qualitySet": {"configMapName": "q"}}, {"parity", "disagreement", "quality", "soak"}),
    ],
)
def test_the_requested_checks_are_those_that_the_spec_leaves_on(rules: dict[str, Any], requested: set[str]) -> None:
    assert set(requested_checks(rules)) == requested


def test_every_check_of_todays_image_can_be_requested() -> None:
    everything = {"minAccuracy": "0.8", "qualitySet": {"configMapName": "q"}}
    assert set(requested_checks(everything)) == {name.value for name in CheckName}
