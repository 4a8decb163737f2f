"""What `rollback` returns to and what `retry` retries; and when there is nothing to do."""

from typing import Any

import pytest
from msgspec import structs

from sentiment_operator.api.status import Desired, Finished, Status
from sentiment_operator.plugin.changes import (
    NothingToDo,
    Rollback,
    good_versions,
    rejected_reason,
    rollback,
    token_patch,
    version_patch,
)
from tests.unit.operator.plugin.cases import case

FOURTEEN: dict[str, Any] = {"model": {"name": "sentiment-reviews", "version": "14"}}
CHALLENGER: dict[str, Any] = {"model": {"name": "sentiment-reviews", "alias": "challenger"}}


def history(*entries: str) -> Status:
    """A status whose history reads `version outcome`, the newest first."""
    finished = [
        Finished(version=v, outcome=o, time=f"2026-05-0{9 - n}T12:00:00Z")
        for n, (v, o) in enumerate(map(str.split, entries))
    ]
    return Status(history=tuple(finished))


def test_a_good_version_is_rolled_back_to_the_one_before() -> None:
    step = rollback(FOURTEEN, history("14 Succeeded", "13 Succeeded", "12 Succeeded"))
    assert step == Rollback(requested="14", alias="", version="13", time="2026-05-08T12:00:00Z")


def test_a_rejected_version_gives_way_to_the_one_that_serves() -> None:
    assert rollback(FOURTEEN, history("14 Rejected", "13 Succeeded", "12 Succeeded")).version == "13"


def test_twice_back_is_forth_again() -> None:
    spec = {"model": {"name": "sentiment-reviews", "version": "13"}}
    assert rollback(spec, history("13 Succeeded", "14 Succeeded", "13 Succeeded")).version == "14"


@pytest.mark.parametrize("outcome", ["Rejected", "RolledBack"])
def test_a_version_that_failed_since_is_no_place_to_go_back_to(outcome: str) -> None:
    status = history("14 Succeeded", f"13 {outcome}", "13 Succeeded", "12 Succeeded")
    assert rollback(FOURTEEN, status).version == "12"
    with pytest.raises(NothingToDo, match=r"Version 13 was not rolled out .* \(those that were: 14, 12\)"):
        rollback(FOURTEEN, status, to="13")


def test_an_alias_is_rolled_back_from_the_version_that_it_stands_for() -> None:
    status = structs.replace(history("14 Succeeded", "13 Succeeded"), desired=Desired(version="14", alias="challenger"))
    step = rollback(CHALLENGER, status)
    assert (step.requested, step.alias, step.version) == ("14", "challenger", "13")


def test_an_alias_can_be_nailed_to_the_version_that_it_stands_for() -> None:
    status = structs.replace(history("14 Succeeded", "13 Succeeded"), desired=Desired(version="14", alias="challenger"))
    assert rollback(CHALLENGER, status, to="14").version == "14"


@pytest.mark.parametrize("entries", [(), ("14 Succeeded",), ("14 Succeeded", "13 Rejected")])
def test_without_an_earlier_success_there_is_nothing_to_go_back_to(entries: tuple[str, ...]) -> None:
    with pytest.raises(NothingToDo, match="no version other than 14"):
        rollback(FOURTEEN, history(*entries))


def test_what_is_asked_for_already_is_not_asked_for_again() -> None:
    with pytest.raises(NothingToDo, match="requests version 14 already"):
        rollback(FOURTEEN, history("14 Succeeded"), to="14")


def test_the_latest_success_of_a_version_counts() -> None:
    assert list(good_versions(history("13 Succeeded", "14 Succeeded", "13 Rejected"))) == ["13", "14"]


def test_a_rollback_replaces_version_and_alias_and_notices_another_hand() -> None:
    assert version_patch(CHALLENGER, "13") == [
        {"op": "test", "path": "/spec/model", "value": CHALLENGER["model"]},
        {"op": "replace", "path": "/spec/model", "value": {"name": "sentiment-reviews", "version": "13"}},
    ]


def test_a_retry_changes_the_token_and_nothing_else() -> None:
    assert token_patch("once more") == {"spec": {"rollout": {"retryToken": "once more"}}}


def test_what_was_rejected_can_be_tried_again() -> None:
    resource = case("rejected")["resource"]
    assert rejected_reason(Status.parse(resource["status"]), resource["metadata"]["generation"]) == "ParityFailed"


def test_what_was_not_rejected_is_not_tried_again() -> None:
    with pytest.raises(NothingToDo, match=r"Nothing was rejected\. Version 14 is being verified"):
        rejected_reason(Status.parse(case("verifying")["resource"]["status"]), 3)


@pytest.mark.parametrize("name", ["rejected", "new"])
def test_a_verdict_on_an_older_spec_is_none_on_this_one(name: str) -> None:
    with pytest.raises(NothingToDo, match="has not reconciled this spec yet"):
        rejected_reason(Status.parse(case(name)["resource"].get("status") or {}), 4)
