"""A bad model or a fault of the infrastructure.

Covers: every termination message that serving writes (tests/data/terminations), crashes and out-of-memory by count,
the startup deadline, and what counts for nothing.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sentiment_operator.decision.diagnose import Diagnosis, diagnose, read_termination
from sentiment_operator.observed.pods import Termination
from tests.unit.operator.scenes import model, pod

TERMINATIONS = Path(__file__).parents[3] / "data" / "terminations"
VERDICTS = {"DigestMismatch", "UnsupportedFormat", "LoadFailed"}
UNRESOLVED = {"ArtifactMissing", "UnsafeSource"}
FAULTS = {"StoreUnreachable", "StoreUnauthorized", "StorageFull", "BadConfiguration"}


def one(**status: Any) -> Diagnosis:
    return diagnose([pod(model(), 0, version="14", **status)], startup_deadline_seconds=60)


def ended(message: str = "", *, code: int = 1, reason: str = "Error", restarts: int = 0) -> Mapping[str, Any]:
    state = {"terminated": {"exitCode": code, "reason": reason, "message": message}}
    return {"restartCount": restarts, "state": state}


@pytest.mark.parametrize("path", sorted(TERMINATIONS.glob("*.json")), ids=lambda path: path.stem)
def test_each_termination_message_is_a_verdict_a_missing_artifact_or_a_fault(path: Path) -> None:
    message = path.read_text()
    written = json.loads(message)
    container = "serving" if written["reason"] == "LoadFailed" else "fetch"
    found = one(**{container: ended(message, code=65)})
    kinds = dict.fromkeys(VERDICTS, "rejected")
    kinds |= dict.fromkeys(UNRESOLVED, "unresolved") | dict.fromkeys(FAULTS, "fault")
    assert found.kind == kinds[written["reason"]]
    assert found.reason == written["reason"]
    assert written["message"] in found.message


def test_there_is_an_example_of_every_reason() -> None:
    assert {path.stem for path in TERMINATIONS.glob("*.json")} == VERDICTS | UNRESOLVED | FAULTS


def test_a_verdict_of_serve_needs_one_termination() -> None:
    message = (TERMINATIONS / "UnsupportedFormat.json").read_text()
    assert one(serving=ended(message, code=65)).reason == "UnsupportedFormat"


def test_a_verdict_stands_while_the_container_is_tried_again() -> None:
    message = (TERMINATIONS / "DigestMismatch.json").read_text()
    last = {"terminated": {"exitCode": 65, "message": message}}
    found = one(fetch={"restartCount": 1, "state": {"running": {}}, "lastState": last})
    assert found.reason == "DigestMismatch"


def test_a_fetch_that_succeeds_at_last_is_no_fault() -> None:
    message = (TERMINATIONS / "StoreUnreachable.json").read_text()
    last = {"terminated": {"exitCode": 75, "message": message}}
    fetch = {"restartCount": 1, "state": {"terminated": {"exitCode": 0}}, "lastState": last}
    assert one(fetch=fetch).kind == "waiting"


def test_one_crash_is_no_verdict() -> None:
    assert one(serving=ended("Traceback")).kind == "waiting"


def test_two_crashes_are() -> None:
    found = one(serving=ended("IndexError: out of range", code=1, restarts=1))
    assert (found.kind, found.reason) == ("rejected", "Crashed")
    assert "exit code 1. IndexError: out of range" in found.message


def test_ending_twice_without_an_error_is_a_crash_too() -> None:
    assert one(serving=ended(code=0, reason="Completed", restarts=1)).reason == "Crashed"


def test_one_crash_each_of_two_pods_is_no_verdict() -> None:
    pods = [pod(model(), number, version="14", serving=ended()) for number in range(2)]
    assert diagnose(pods, startup_deadline_seconds=60).kind == "waiting"


def test_running_out_of_memory_twice_is_a_verdict() -> None:
    found = one(serving=ended(code=137, reason="OOMKilled", restarts=1))
    assert (found.kind, found.reason) == ("rejected", "OutOfMemory")


def test_fetch_out_of_memory_is_a_fault() -> None:
    assert one(fetch=ended(code=137, reason="OOMKilled", restarts=5)).kind == "fault"


def test_a_foreign_message_is_a_fault_of_fetch_not_a_rejection() -> None:
    found = one(fetch=ended('{"reason": "DigestMismatch", "message": "I claim so"}', restarts=9))
    assert (found.kind, found.reason) == ("fault", "FetchFailed")


def test_an_image_that_cannot_be_executed_is_a_fault() -> None:
    found = one(serving=ended("exec format error", code=128, reason="StartError", restarts=4))
    assert (found.kind, found.reason) == ("fault", "StartError")


def test_a_message_is_one_line_that_the_api_server_stores_as_it_is() -> None:
    written = {"format": "sentiment.dev/termination/v1", "reason": "StoreUnreachable", "message": "no\nroute \ud800"}
    found = one(fetch=ended(json.dumps(written), code=75))
    assert found.message.endswith("cannot fetch the model: no route ?")


@pytest.mark.parametrize(
    "reason", ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError"]
)
def test_a_container_that_cannot_be_made_is_a_fault(reason: str) -> None:
    found = one(fetch={"restartCount": 0, "state": {"waiting": {"reason": reason, "message": "Because."}}})
    assert (found.kind, found.reason) == ("fault", reason)
    assert "Because." in found.message


@pytest.mark.parametrize("reason", ["PodInitializing", "ContainerCreating", "CrashLoopBackOff"])
def test_waiting_in_the_ordinary_course_is_no_finding(reason: str) -> None:
    assert one(serving={"state": {"waiting": {"reason": reason}}}).kind == "waiting"


def test_a_pod_without_a_node_is_a_fault() -> None:
    assert one(unschedulable="0/2 nodes are available").reason == "Unschedulable"


def test_an_evicted_pod_is_a_fault() -> None:
    assert one(failed="Evicted", serving=ended(restarts=3)).kind == "fault"


def test_not_answering_within_the_startup_deadline_is_load_failed() -> None:
    starting = {"started": False, "state": {"running": {}}}
    assert one(serving=starting, running_seconds=59).kind == "waiting"
    assert one(serving=starting, running_seconds=61).reason == "LoadFailed"


def test_a_container_that_has_started_may_take_its_time() -> None:
    assert one(serving={"started": True, "state": {"running": {}}}, running_seconds=3600).kind == "waiting"


@pytest.mark.parametrize("gone", [{"deleted_seconds_ago": 1}, {"disrupted": True}])
def test_what_ends_while_it_is_taken_away_counts_for_nothing(gone: dict[str, Any]) -> None:
    assert one(serving=ended(restarts=5), **gone).kind == "waiting"


def test_a_verdict_weighs_more_than_a_fault_and_a_fault_more_than_nothing() -> None:
    crashed = pod(model(), 2, version="14", serving=ended(restarts=1))
    lost = pod(model(), 1, version="14", unschedulable="no room")
    fine = pod(model(), 0, version="14", ready=True)
    assert diagnose([fine, lost, crashed], startup_deadline_seconds=60).kind == "rejected"
    assert diagnose([fine, lost], startup_deadline_seconds=60).kind == "fault"
    assert diagnose([fine], startup_deadline_seconds=60).kind == "waiting"


def test_no_pod_at_all_is_explained_by_the_refusal_to_make_one() -> None:
    found = diagnose([], startup_deadline_seconds=60, replica_failure="exceeded quota")
    assert (found.kind, found.reason) == ("fault", "FailedCreate")


@pytest.mark.parametrize(
    "message",
    [
        "",
        "null",
        "[]",
        '{"format": "sentiment.dev/termination/v2", "reason": "Crashed", "message": "x"}',
        '{"format": "sentiment.dev/termination/v1", "reason": 3, "message": "x"}',
        '{"format": "sentiment.dev/termination/v1", "reason": "not a reason", "message": "x"}',
        '{"format": "sentiment.dev/termination/v1", "reason": "LoadFailed"}',
    ],
)
def test_what_is_not_of_the_format_is_not_read(message: str) -> None:
    assert read_termination(Termination(exit_code=1, message=message)) is None
