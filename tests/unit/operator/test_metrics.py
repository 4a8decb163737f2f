"""The operator's own metrics: what they say, and that they go with their resource."""

from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from sentiment_operator.decide import decide
from sentiment_operator.metrics import Metrics
from sentiment_operator.status import Finished
from tests.unit.operator.scenes import situation

NAMES = {"namespace": "shop", "name": "reviews"}
RESTARTED = {"restartCount": 3, "started": True, "ready": True, "state": {"running": {}}}
GIVEN: dict[str, Any] = {
    "serves": "13",
    "rolling": {"step": "RollingOut", "version": "14", "age_seconds": 5},
    "children": {
        "runs": "14",
        "earlier": ["13"],
        "replicas": 4,
        "pods": [{"version": "13", "ready": True, "serving": RESTARTED}, {"version": "14"}],
    },
}


@pytest.fixture
def series() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(series: CollectorRegistry) -> Metrics:
    found = Metrics(series)
    case = situation(GIVEN)
    found.reconciled(case.model, decide(case).status, case.seen, 0.05)
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
def test_pods_and_restarts_are_counted(series: CollectorRegistry) -> None:
    assert series.get_sample_value("sentimentmodel_pods", {**NAMES, "state": "ready"}) == 1
    assert series.get_sample_value("sentimentmodel_pods", {**NAMES, "state": "not_ready"}) == 1
    assert series.get_sample_value("sentimentmodel_container_restarts", NAMES) == 3


def test_the_end_of_a_rollout_is_counted_with_its_duration(metrics: Metrics, series: CollectorRegistry) -> None:
    case = situation(GIVEN)
    status = decide(case).status
    ended = Finished(
        version="14", digest="", revision="", outcome="Rejected", reason="Crashed", time="2026-05-04T12:00:07Z"
    )
    metrics.reconciled(case.model, replace(status, history=(ended,), rollout=None), case.seen, 0.05)
    labels = {**NAMES, "outcome": "Rejected", "reason": "Crashed"}
    assert series.get_sample_value("sentimentmodel_rollouts_total", labels) == 1
    assert series.get_sample_value("sentimentmodel_rollout_duration_seconds_sum", {"outcome": "Rejected"}) == 12


def test_a_restarted_operator_does_not_count_what_ended_before(series: CollectorRegistry) -> None:
    case = situation(GIVEN)
    ended = Finished(version="13", digest="", revision="", outcome="Succeeded", reason="", time="2026-05-04T11:00:00Z")
    Metrics(series).reconciled(case.model, replace(decide(case).status, history=(ended,)), case.seen, 0.05)
    labels = {**NAMES, "outcome": "Succeeded", "reason": ""}
    assert series.get_sample_value("sentimentmodel_rollouts_total", labels) is None


def test_the_series_of_what_is_gone_go(metrics: Metrics, series: CollectorRegistry) -> None:
    metrics.forgotten(situation(GIVEN).model.key)
    assert series.get_sample_value("sentimentmodel_pods", {**NAMES, "state": "ready"}) is None


def test_the_queue_is_measured_when_it_is_asked_for(metrics: Metrics, series: CollectorRegistry) -> None:
    metrics.watch_queue(lambda: (7, 1.5))
    assert series.get_sample_value("sentimentmodel_queue_depth") == 7
    assert series.get_sample_value("sentimentmodel_queue_age_seconds") == 1.5
