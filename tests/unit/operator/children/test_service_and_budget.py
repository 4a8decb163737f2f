"""Service, PodDisruptionBudget and resources, a claim a test."""

from typing import Any

import pytest

from sentiment_operator.children.disruption_budget import disruption_budget
from sentiment_operator.children.resources import serving_resources
from sentiment_operator.children.service import endpoint, service
from tests.unit.operator.scenes import model

SELECTOR = {"sentiment.dev/model": "reviews", "sentiment.dev/track": "stable"}


def test_the_service_reaches_serving_pods_only() -> None:
    assert service(model())["spec"]["selector"] == SELECTOR


def test_the_service_follows_the_spec() -> None:
    made = service(model({"service": {"type": "NodePort", "port": 8080, "annotations": {"a": "b"}}}))
    assert made["spec"]["type"] == "NodePort"
    assert made["spec"]["ports"] == [{"name": "http", "port": 8080, "targetPort": "http", "protocol": "TCP"}]
    assert made["metadata"]["annotations"] == {"a": "b"}


def test_the_endpoint_is_the_address_of_the_service() -> None:
    assert endpoint(model({"service": {"port": 8080}})) == "http://reviews.shop.svc:8080"


def test_drains_take_one_pod_at_a_time() -> None:
    budget = disruption_budget(model())
    assert budget is not None
    assert budget["spec"]["maxUnavailable"] == 1
    assert budget["spec"]["selector"] == {"matchLabels": SELECTOR}


@pytest.mark.parametrize(
    "spec", [{"replicas": 1}, {"replicas": 0}, {"autoscaling": {"minReplicas": 1, "maxReplicas": 3}}]
)
def test_a_single_pod_has_no_budget(spec: dict[str, Any]) -> None:
    assert disruption_budget(model(spec)) is None


@pytest.mark.parametrize(
    ("asked", "requests", "limits"),
    [
        ({}, {"cpu": "100m", "memory": "128Mi"}, {"memory": "512Mi"}),
        ({"requests": {"memory": "1Gi"}}, {"cpu": "100m", "memory": "1Gi"}, {"memory": "1Gi"}),
        ({"limits": {"memory": "64Mi"}}, {"cpu": "100m", "memory": "64Mi"}, {"memory": "64Mi"}),
        ({"limits": {"cpu": "50m"}}, {"cpu": "50m", "memory": "128Mi"}, {"cpu": "50m", "memory": "512Mi"}),
        (
            {"requests": {"cpu": 2, "memory": "256Mi"}, "limits": {"memory": "300M"}},
            {"cpu": "2", "memory": "256Mi"},
            {"memory": "300M"},
        ),
    ],
)
def test_there_is_always_a_memory_limit_and_no_request_above_a_limit(
    asked: dict[str, Any], requests: dict[str, str], limits: dict[str, str]
) -> None:
    assert serving_resources(asked) == {"requests": requests, "limits": limits}
