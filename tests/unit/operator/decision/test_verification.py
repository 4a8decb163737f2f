"""How a candidate's image is pinned, what an older image does not check, and when the next candidate is created."""

from typing import Any

import pytest

from sentiment_operator.decision.verification import pinned_image, retry_seconds
from tests.unit.operator.scenes import IMAGE, candidate, decided, model, reasons

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("image", "image_id", "pinned"),
    [
        ("registry:5000/serving:dev", f"registry:5000/serving@{DIGEST}", f"registry:5000/serving@{DIGEST}"),
        ("registry:5000/serving", f"registry:5000/serving@{DIGEST}", f"registry:5000/serving@{DIGEST}"),
        ("registry:5000/serving:dev", f"mirror/serving@{DIGEST}", "registry:5000/serving:dev"),
        ("registry:5000/serving:dev", DIGEST, "registry:5000/serving:dev"),
        ("registry:5000/serving:dev", "", "registry:5000/serving:dev"),
        (IMAGE, f"registry/sentiment-serving@{DIGEST}", IMAGE),
    ],
)
def test_a_tag_is_pinned_where_the_node_reports_which_image_of_that_repository_it_ran(
    image: str, image_id: str, pinned: str
) -> None:
    assert pinned_image(image, image_id) == pinned


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 5), (2, 10), (5, 80), (6, 120), (500, 120)])
def test_the_next_candidate_comes_later_each_time(attempt: int, seconds: float) -> None:
    found = candidate(model(), version="14", age_seconds=0)
    assert retry_seconds(found, attempt) == seconds


ONLY_PARITY = {"passed": "AllChecksPassed", "failed": "ParityFailed"}
"""Verdicts of the scenes list the check `parity` and no other, as an older image does."""


def verified(outcome: str, **verification: Any) -> dict[str, Any]:
    """A candidate of version 14 that has just ended with a verdict."""
    return {
        "serves": "13",
        "spec": {"rollout": {"verification": verification}},
        "children": {"runs": "13", "pods": [{"version": "13", "ready": True}, {"version": "13", "ready": True}]},
        "candidate": {"version": "14", "pod": {"verify": {"verdict": [outcome, ONLY_PARITY[outcome]]}}},
    }


def test_a_check_that_the_image_does_not_know_is_skipped_and_reported() -> None:
    decision = decided(verified("passed", soakSeconds=5))
    assert reasons(decision)["ModelVerified"] == "True/AllChecksPassed"
    assert decision.status.rejected == ()
    condition, verdict = decision.status.condition("ModelVerified"), decision.status.verdict
    assert condition is not None
    assert "Check soak was skipped: the image does not know it." in condition.message
    assert verdict is not None
    assert {one.name: (one.outcome, one.detail) for one in verdict.checks[1:]} == {
        "disagreement": ("skipped", "the image does not know it"),
        "soak": ("skipped", "the image does not know it"),
    }


def test_a_check_that_is_switched_off_is_not_reported_as_unknown() -> None:
    condition = decided(verified("passed", soakSeconds=0)).status.condition("ModelVerified")
    assert condition is not None
    assert "soak" not in condition.message


def test_a_failed_verification_ends_before_later_checks_which_are_not_unknown() -> None:
    decision = decided(verified("failed", soakSeconds=5))
    assert reasons(decision)["ModelVerified"] == "False/ParityFailed"
    assert decision.status.verdict is not None
    assert [one.name for one in decision.status.verdict.checks] == ["parity"]
