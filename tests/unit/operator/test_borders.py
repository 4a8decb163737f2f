"""Hostile text at each border of the operator: nothing but safe lines gets to a status, an Event, a log or a metric.

| the text comes from                          | and goes to                          |
|----------------------------------------------|--------------------------------------|
| termination messages, verdicts               | status, Events, ControllerRevisions  |
| kubelet, scheduler, quota, webhooks          | status, Events, metrics              |
| the API server's error messages              | status, Events, log                  |
| the registry's answers                       | status                               |
| a status that another release wrote          | status, Events                       |
| anything                                     | the log                              |
"""

import asyncio
import io
import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import kopf
import pytest
from kopf._core.actions.loggers import LogFormat, make_formatter
from prometheus_client import CollectorRegistry, generate_latest

from sentiment_operator import main
from sentiment_operator.api import errors
from sentiment_operator.api.status import Condition, Desired, Finished, Lineage, Rejected, Status
from sentiment_operator.api.verdict import read_verdict
from sentiment_operator.cluster import _failure
from sentiment_operator.decision.decide import decide
from sentiment_operator.decision.inputs import Decision
from sentiment_operator.decision.verification import pinned_image
from sentiment_operator.events import announcements
from sentiment_operator.logs import Clean
from sentiment_operator.metrics import Metrics
from sentiment_operator.observed.observation import Observation
from sentiment_operator.observed.pods import Pod
from tests.unit.operator.scenes import IMAGE, decided, digest, inputs_of, model, pod_body, resolved
from tests.unit.test_text import CASES, is_safe

TABLE = "".join(case["text"] for case in CASES)
HOSTILE = TABLE + "x" * 9000 + TABLE
"""Hostile where a text is cut, at its end or at its start."""
SERVES = {"serves": "13", "children": {"runs": "13", "pods": [{"version": "13", "ready": True}] * 2}}


def strings(value: object) -> Iterator[str]:
    """Every text within plain JSON, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from (name, *strings(one))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from strings(one)


def hostile(value: object) -> list[str]:
    return [one for one in strings(value) if not is_safe(one) or len(one) > 4096]


def written(decision: Decision) -> list[str]:
    """What would be hostile of all that a decision writes."""
    events = [(one.reason, one.message) for one in announcements(Status(), decision.status)]
    return hostile(decision.status.render()) + hostile(events) + hostile(list(decision.apply))


def ended(message: str, code: int = 65, reason: str = "Error") -> dict[str, Any]:
    state = {"terminated": {"exitCode": code, "reason": reason, "message": message}}
    return {"restartCount": 2, "state": state}


def termination(reason: str) -> str:
    return json.dumps({"format": "sentiment.dev/termination/v1", "reason": reason, "message": HOSTILE})


def verdict(outcome: str, reason: str) -> str:
    check = {"name": HOSTILE, "outcome": HOSTILE, "detail": HOSTILE, "value": HOSTILE, "limit": HOSTILE}
    flip = {"id": HOSTILE, "expected": HOSTILE, "got": HOSTILE, "check": HOSTILE}
    body = {
        "format": "sentiment.dev/verdict/v1",
        "model": {"name": HOSTILE, "version": HOSTILE, "digest": digest("14")},
        "outcome": outcome,
        "reason": reason,
        "message": HOSTILE,
        "time": HOSTILE,
        "revision": HOSTILE,
        "checks": [check],
        "flipped": [flip],
    }
    return json.dumps(body)


CANDIDATES = {
    "fetch, the model": {"fetch": ended(termination("DigestMismatch"))},
    "fetch, the artifact": {"fetch": ended(termination("ArtifactMissing"))},
    "fetch, the store": {"fetch": ended(termination("StoreUnreachable"), code=75)},
    "serve": {"serving": ended(termination("LoadFailed"))},
    "a crash": {"serving": ended(HOSTILE, code=1)},
    "an image that cannot run": {"serving": ended(HOSTILE, code=128, reason="StartError")},
    "verify, failed": {"verify": ended(verdict("failed", "ParityFailed"), code=0)},
    "verify, passed": {"verify": ended(verdict("passed", "AllChecksPassed"), code=0)},
    "verify, fault": {"verify": ended(verdict("fault", "CandidateSilent"), code=0)},
    "the kubelet": {"fetch": {"state": {"waiting": {"reason": HOSTILE, "message": HOSTILE}}}},
    "the scheduler": {"unschedulable": HOSTILE},
    "an eviction": {"failed": HOSTILE},
}


@pytest.mark.parametrize("pod", CANDIDATES.values(), ids=CANDIDATES.keys())
def test_what_a_candidates_pod_writes_is_safe(pod: dict[str, Any]) -> None:
    assert written(decided({**SERVES, "candidate": {"version": "14", "pod": pod}})) == []


@pytest.mark.parametrize("pod", CANDIDATES.values(), ids=CANDIDATES.keys())
def test_what_a_serving_pod_writes_is_safe(pod: dict[str, Any]) -> None:
    given = {key: value for key, value in pod.items() if key != "verify"}
    children = {"runs": "14", "earlier": ["13"], "pods": [{"version": "14", **given}]}
    rolling = {"step": "RollingOut", "version": "14", "age_seconds": 5}
    assert written(decided({"serves": "13", "rolling": rolling, "children": children})) == []


def test_why_quota_or_a_webhook_refuses_pods_is_safe() -> None:
    children = {"runs": "14", "earlier": ["13"], "failure": HOSTILE, "available": 0}
    rolling = {"step": "RollingOut", "version": "14", "age_seconds": 5}
    assert written(decided({"serves": "13", "rolling": rolling, "children": children})) == []


@pytest.mark.parametrize("invalid", [True, False])
@pytest.mark.parametrize("more", [{}, {"candidate": {"version": "14"}}])
def test_why_the_api_server_refuses_an_object_is_safe(invalid: bool, more: dict[str, Any]) -> None:
    refusal = {"message": HOSTILE, "invalid": invalid}
    assert written(decided({**SERVES, **more, "refusal": refusal})) == []


@pytest.mark.parametrize("status", [400, 403, 409, 422, 500])
def test_an_error_of_the_api_server_is_one_bounded_safe_line(status: int) -> None:
    text = str(_failure("PATCH", "/path", status, json.dumps({"message": HOSTILE}).encode()))
    assert is_safe(text)
    assert len(text) <= errors.MAX_CHARS


@pytest.mark.parametrize("kind", [errors.RegistryUnreachable, errors.ModelNotFound, errors.Unauthorized])
def test_an_error_of_the_registry_is_one_bounded_safe_line(kind: type[errors.RegistryError]) -> None:
    text = str(kind(f"The registry did not answer ({HOSTILE})."))
    assert is_safe(text)
    assert len(text) <= errors.MAX_CHARS


def test_a_status_of_another_release_is_safe_once_it_is_read() -> None:
    stored = {
        "conditions": [
            {
                "type": "Ready",
                "status": "False",
                "reason": HOSTILE,
                "message": HOSTILE,
                "observedGeneration": 1,
                "lastTransitionTime": "2026-05-04T11:59:00Z",
            }
        ],
        "desired": {"version": "14", "runId": HOSTILE},
        "rejected": [{"version": "14", "reason": HOSTILE, "message": HOSTILE}],
        "history": [{"version": "14", "outcome": HOSTILE, "reason": HOSTILE}],
        "lineage": {"gitCommit": HOSTILE, "accuracy": HOSTILE},
        "verdict": {"message": HOSTILE, "reason": HOSTILE, "flipped": [{"id": HOSTILE}]},
    }
    status = Status.parse(stored)
    assert (len(status.conditions), len(status.rejected), len(status.history)) == (1, 1, 1)
    assert None not in (status.desired, status.lineage, status.verdict)
    assert hostile(status.render()) == []


def test_no_part_of_a_status_can_be_made_unsafe() -> None:
    condition = Condition(
        type="Ready", status="True", reason=HOSTILE, message=HOSTILE, observed_generation=1, last_transition_time=""
    )
    parts = (
        condition,
        Desired(run_id=HOSTILE),
        Rejected(reason=HOSTILE, message=HOSTILE),
        Finished(outcome=HOSTILE, reason=HOSTILE),
        Lineage(git_commit=HOSTILE, accuracy=HOSTILE),
    )
    assert [hostile(part.render()) for part in parts] == [[]] * len(parts)


def test_addresses_and_versions_of_a_stored_status_are_never_changed() -> None:
    stored = {"version": "14", "digest": digest("14"), "sourceUri": "s3://mlflow/two  spaces", "image": IMAGE}
    assert Desired(source_uri="s3://mlflow/two  spaces").source_uri == stored["sourceUri"]
    desired = Status.parse({"desired": stored}).desired
    assert desired is not None
    assert desired.render() == stored


def test_a_reason_is_of_ascii_letters_and_digits() -> None:
    found = decided({**SERVES, "candidate": {"version": "14", "pod": {"fetch": ended(termination("Größe"))}}})
    assert "Größe" not in str(found.status.render())
    assert read_verdict(verdict("fault", "Größe"), digest=digest("14")) is None


@pytest.mark.parametrize("tail", ["sha256:" + "a" * 63 + "\x1b", "sha256:x", "sha256:" + "A" * 64, "sha256:"])
def test_no_image_is_pinned_by_what_is_no_digest(tail: str) -> None:
    assert pinned_image("registry/serving:dev", f"registry/serving@{tail}") == "registry/serving:dev"


def test_no_metric_has_a_hostile_label() -> None:
    found = inputs_of({"serves": "14", "settled": True, "children": {"runs": "14"}})
    named = model({"model": {"name": "reviews\x1b[2J\u202e\n", "version": "14"}})
    waits = Pod.parse(
        pod_body(named, 1, version="14", serving={"state": {"waiting": {"reason": HOSTILE, "message": HOSTILE}}})
    )
    registry = CollectorRegistry()
    Metrics(registry).reconciled(named, decide(found).status, Observation(pods=(waits,)), 0.1)
    text = generate_latest(registry).decode()
    assert all(map(is_safe, text.split("\n")))
    assert "\\n" not in text
    assert 'model="reviews [2J"' in text


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The log as the operator writes it, from the root logger's handlers on."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(make_formatter(log_format=LogFormat.JSON))
    logging.getLogger().addHandler(handler)
    others = {one: list(one.filters) for one in logging.getLogger().handlers}
    yield stream
    logging.getLogger().removeHandler(handler)
    for one, filters in others.items():
        one.filters[:] = filters  # the start cleans every handler, also those of the tests that follow


async def begin() -> None:
    start: Any = main.start
    with pytest.raises(kopf.PermanentError):
        await start(settings=kopf.OperatorSettings(), memo=kopf.Memo())


def test_a_running_operator_logs_safe_lines_only(log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    asyncio.run(begin())
    asyncio.run(begin())
    logger = logging.getLogger("sentiment_operator.borders")
    logger.warning("no Event for %s: %s", "shop/reviews", HOSTILE, extra={"cause": HOSTILE, "applied": [HOSTILE, 7]})
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        logger.exception("the registry client failed")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert len(lines) == 2
    first, second = lines
    assert hostile(first) == []
    assert first["message"].startswith("no Event for shop/reviews: Version 14")
    assert first["applied"][1] == 7
    assert all(map(is_safe, second["exc_info"].split("\n")))
    assert "Traceback" in second["exc_info"]
    assert "ValueError: Version 14" in second["exc_info"]
    for handler in logging.getLogger().handlers:
        assert sum(isinstance(one, Clean) for one in handler.filters) == 1


def test_a_resolved_version_is_shown_with_safe_lineage() -> None:
    found = inputs_of({**SERVES, "pinned": False})
    assert resolved("14").git_commit == "c0ffee"
    status = decide(found).status
    assert status.lineage == Lineage(git_commit="c0ffee", accuracy="0.92")
