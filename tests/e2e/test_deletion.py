"""Deleting a SentimentModel takes everything along, with nobody's help."""

import pytest

from delivery.deploy import NAMESPACE
from tests.e2e.environment import Registry
from tests.e2e.resource import Resource
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.disruptive]

KINDS = "smdl,deployment,replicaset,pod,service,poddisruptionbudget"


def test_deletion_with_the_operator_down_removes_every_child(fresh: Resource, registry: Registry) -> None:
    fresh.apply(registry.publish(fresh.model))
    assert fresh.wait().ready
    cluster = fresh.cluster
    cluster.kubectl("-n", NAMESPACE, "scale", "deployment/sentiment-operator", "--replicas=0")
    try:
        gone = ["--for=delete", "pod", "-l", "app.kubernetes.io/name=sentiment-operator", "--timeout=60s"]
        cluster.kubectl("-n", NAMESPACE, "wait", *gone)
        fresh.kubectl("delete", "smdl", fresh.name, "--timeout=20s")
        eventually(lambda: fresh.kubectl("get", KINDS, "-o", "name") == "", "every child gone")
    finally:
        cluster.kubectl("-n", NAMESPACE, "scale", "deployment/sentiment-operator", "--replicas=1")
        cluster.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/sentiment-operator", "--timeout=120s")
