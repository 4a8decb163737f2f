"""Surplus operators by mistake, equal and with another serving image: one rollout, and no writes after it."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from delivery.cluster import Cluster
from delivery.deploy import NAMESPACE
from testbed import steps
from testbed.audit import AuditLog
from testbed.resource import Resource
from testbed.versions import Registry
from testbed.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.disruptive]

USER = f"system:serviceaccount:{NAMESPACE}:sentiment-operator"


@pytest.fixture
def more_operators(cluster: Cluster, images: dict[str, str]) -> Iterator[list[str]]:
    """An operator like the first one with the same rights, and one that would have the pods run another image."""
    digest = images["sentiment-serving"]
    serving_images = {"operator-alike": digest, "operator-apart": f"{digest.partition('@')[0]}:dev"}
    live: dict[str, Any] = json.loads(
        cluster.kubectl("-n", NAMESPACE, "get", "deployment", "sentiment-operator", "-o", "json")
    )
    try:
        for name, image in serving_images.items():
            cluster.kubectl("apply", "-f", "-", stdin=json.dumps(another(live["spec"], name, image)))
        for name in serving_images:
            cluster.kubectl("-n", NAMESPACE, "rollout", "status", f"deployment/{name}", "--timeout=180s")
        yield list(serving_images)
    finally:
        cluster.kubectl("-n", NAMESPACE, "delete", "deployment", "--ignore-not-found", *serving_images)


def another(live: dict[str, Any], name: str, serving_image: str) -> dict[str, Any]:
    """The Deployment of an operator of that name."""
    spec = copy.deepcopy(live)
    spec["selector"]["matchLabels"] = spec["template"]["metadata"]["labels"] = {"app.kubernetes.io/name": name}
    spec["template"]["spec"]["containers"][0]["env"] = [{"name": "SERVING_IMAGE", "value": serving_image}]
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def test_operators_too_many_promote_once_and_settle(
    served: Resource, registry: Registry, audit: AuditLog, more_operators: list[str]
) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    outcome = served.wait("5m")
    assert (outcome.ready, outcome.serving) == (True, wanted), outcome
    steps.no_candidate_is_left(served)
    assert steps.finished(served, wanted) == ["Succeeded"]
    assert steps.revisions(served, wanted) == 1
    looked = {name: looks(served, name) for name in ("sentiment-operator", *more_operators)}
    eventually(lambda: all(looks(served, name) > before for name, before in looked.items()), "all having seen it")
    writes = {"user": USER, "within": f"/namespaces/{served.namespace}/"}
    assert audit.writes_since(0, **writes), "the log shows the operators' writes when there are any"
    mark = audit.mark()
    # Twice the resync of the lab's overlay, and what was under way.
    eventually(
        lambda: all(looks(served, name) >= before + 3 for name, before in looked.items()),
        "all having looked again and again",
        seconds=180,
    )
    assert audit.writes_since(mark, **writes) == []


def looks(resource: Resource, operator: str) -> int:
    """How often that operator has reconciled the resource, as it logged."""
    return len(steps.reconciles(resource, f"deployment/{operator}"))
