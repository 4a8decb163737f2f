"""The operator's own metrics: their values, and that they are deleted with their resource."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs
from prometheus_client import CollectorRegistry

from sentiment_operator.api.names import Key
from sentiment_operator.api.resource import SentimentModel
from sentiment_operator.api.status import Finished, Status
from sentiment_operator.decision.decide import decide
from sentiment_operator.metrics import Metrics
from tests.unit.operator.scenes import inputs_of

NAMES = {"namespace": "shop", "name": "reviews"}
RESTARTED = {"restartCount": 3, "started": True, "ready": True, "state": {"running": {}}}
BACKING_OFF = {"restartCount": 0, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
GIVEN: dict[str, Any] = {
    "serves": "13",
    "rolling": {"step": "RollingOut", "version": "14", "age_seconds": 5},
    "children": {
        "runs": "14",
        "earlier": ["13"],
        "replicas": 4,
        "pods": [
            {"version": "13", "ready": True, "serving": RESTARTED},
            {"version": "14", "serving": BACKING_OFF},
            {"version": "13", "ready": True, "deleted_seconds_ago": 2},
        ],
    },
}
ENDED = Finished(
    version="14", digest="", revision="", outcome="Rejected", reason="Crashed", time="2026-05-04T12:00:07Z"
)
REJECTED = {**NAMES, "outcome": "Rejected", "reason": "Crashed"}


@pytest.fixture
def series() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(series: CollectorRegistry) -> Metrics:
    found = Metrics(series)
    inputs = inputs_of(GIVEN)
    found.reconciled(inputs.model, decide(inputs).status, inputs.observed, 0.05)
    return found


@pytest.mark.usefixtures("metrics")
def test_wanted_and_serving_version_are_one_series(series: CollectorRegistry) -> None:
    labels = {**NAMES, "model": "sentiment-reviews", "requested": "14", "serving": "13"}
    assert series.get_sample_value("sentimentmodel_info", labels) == 1


@pytest.mark.usefixtures("metrics")
def test_a_condition_is_one_for_the_status_it_has(series: CollectorRegistry) -> None:
    def value(status: str) -> float | None:
        return series.get_sample_value("sentimentmodel_condition", {**NAMES, "type": "Ready", "status": status})

    assert [value(status) for status in ("True", "False", "Unknown")] == [0, 1, 0]


@pytest.mark.usefixtures("metrics")
def test_a_condition_has_one_reason(series: CollectorRegistry) -> None:
    labels = {**NAMES, "type": "Reconciling"}
    found = {
        sample.labels["reason"]: sample.value
        for metric in series.collect()
        for sample in metric.samples
        if metric.name == "sentimentmodel_condition_reason" and labels.items() <= sample.labels.items()
    }
    assert found == {"RollingOut": 1}


@pytest.mark.usefixtures("metrics")
def test_containers_that_wait_are_counted_by_what_they_wait_for(series: CollectorRegistry) -> None:
    labels = {**NAMES, "container": "serving", "reason": "CrashLoopBackOff"}
    assert series.get_sample_value("sentimentmodel_containers_waiting", labels) == 1


@pytest.mark.usefixtures("metrics")
def test_pods_and_restarts_are_counted(series: CollectorRegistry) -> None:
    assert series.get_sample_value("sentimentmodel_pods", {**NAMES, "state": "ready"}) == 1
    assert series.get_sample_value("sentimentmodel_pods", {**NAMES, "state": "not_ready"}) == 1
    assert series.get_sample_value("sentimentmodel_pods", {**NAMES, "state": "terminating"}) == 1
    assert series.get_sample_value("sentimentmodel_container_restarts", NAMES) == 3


def ended() -> tuple[SentimentModel, Status, Status]:
    """A resource, and its status before and after a rollout has ended."""
    inputs = inputs_of(GIVEN)
    return inputs.model, inputs.model.status, structs.replace(decide(inputs).status, history=(ENDED,), rollout=None)


def test_the_end_of_a_rollout_is_counted_once_with_its_duration(metrics: Metrics, series: CollectorRegistry) -> None:
    model, before, after = ended()
    metrics.changed(model, before, after)
    metrics.changed(model, after, structs.replace(after, pods_ready="2/2"))
    assert series.get_sample_value("sentimentmodel_rollouts_total", REJECTED) == 1
    assert series.get_sample_value("sentimentmodel_rollout_duration_seconds_sum", {"outcome": "Rejected"}) == 12
    assert series.get_sample_value("sentimentmodel_rollout_duration_seconds_count", {"outcome": "Rejected"}) == 1


def test_a_restarted_operator_counts_what_ends_and_not_what_ended_before(series: CollectorRegistry) -> None:
    model, _, after = ended()
    metrics = Metrics(series)
    metrics.changed(model, after, structs.replace(after, pods_ready="2/2"))
    assert series.get_sample_value("sentimentmodel_rollouts_total", REJECTED) is None
    metrics.changed(
        model, after, structs.replace(after, history=(structs.replace(ENDED, time="2026-05-04T13:00:00Z"), ENDED))
    )
    assert series.get_sample_value("sentimentmodel_rollouts_total", REJECTED) == 1


def test_the_series_of_what_is_gone_go(metrics: Metrics, series: CollectorRegistry) -> None:
    metrics.changed(*ended())
    metrics.changed(replace(ended()[0], key=Key("shop", "else")), *ended()[1:])
    metrics.forgotten(Key("shop", "reviews"))
    left = [sample for metric in series.collect() for sample in metric.samples if sample.labels.get("name")]
    assert {sample.labels["name"] for sample in left} == {"else"}


def test_a_reconcile_that_fails_is_counted_and_fails_all_the_same(metrics: Metrics, series: CollectorRegistry) -> None:
    async def work(key: Key) -> float | None:
        if key.name == "bad":
            raise RuntimeError("no answer")
        return 60.0

    async def counted(name: str) -> float | None:
        return await metrics.counting_failures(work)(Key("shop", name))

    assert asyncio.run(counted("good")) == 60
    with pytest.raises(RuntimeError):
        asyncio.run(counted("bad"))
    assert series.get_sample_value("sentimentmodel_reconcile_failures_total") == 1


@pytest.mark.usefixtures("metrics")
def test_a_reconcile_is_timed(series: CollectorRegistry) -> None:
    assert series.get_sample_value("sentimentmodel_reconcile_seconds_sum") == 0.05


def test_the_queue_is_measured_when_it_is_asked_for(metrics: Metrics, series: CollectorRegistry) -> None:
    metrics.watch_queue(lambda: (7, 1.5))
    assert series.get_sample_value("sentimentmodel_queue_depth") == 7
    assert series.get_sample_value("sentimentmodel_queue_age_seconds") == 1.5
