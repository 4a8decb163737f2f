"""Two operators by mistake, alike or with different serving images: one rollout, and then silence."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from delivery.cluster import Cluster
from delivery.deploy import NAMESPACE
from tests.e2e.environment import AuditLog, Registry
from tests.e2e.operator import steps
from tests.e2e.resource import Resource
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.disruptive]

USER = f"system:serviceaccount:{NAMESPACE}:sentiment-operator"


@pytest.fixture
def second_operator(cluster: Cluster, request: pytest.FixtureRequest, images: dict[str, str]) -> Iterator[str]:
    """Another operator with the same rights; the parameter says with which serving image."""
    live: dict[str, Any] = json.loads(
        cluster.kubectl("-n", NAMESPACE, "get", "deployment", "sentiment-operator", "-o", "json")
    )
    labels = {"app.kubernetes.io/name": "second-operator"}
    spec = live["spec"]
    spec["selector"]["matchLabels"] = spec["template"]["metadata"]["labels"] = labels
    digest = images["sentiment-serving"]
    image = digest if request.param == "the same" else f"{digest.partition('@')[0]}:dev"
    spec["template"]["spec"]["containers"][0]["env"] = [{"name": "SERVING_IMAGE", "value": image}]
    metadata = {"name": "second-operator", "namespace": NAMESPACE}
    manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    try:
        cluster.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/second-operator", "--timeout=180s")
        yield "second-operator"
    finally:
        cluster.kubectl("-n", NAMESPACE, "delete", "deployment", "second-operator")


@pytest.mark.parametrize("second_operator", ["the same", "another"], indirect=True)
def test_two_operators_by_mistake_promote_once_and_settle(
    served: Resource, registry: Registry, audit: AuditLog, second_operator: str
) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    outcome = served.wait("5m")
    assert (outcome.ready, outcome.serving) == (True, wanted), outcome
    steps.no_candidate_is_left(served)
    assert steps.finished(served, wanted) == ["Succeeded"]
    assert steps.revisions(served, wanted) == 1
    looked = {name: looks(served, name) for name in ("sentiment-operator", second_operator)}
    eventually(lambda: all(looks(served, name) > before for name, before in looked.items()), "both having seen it")
    writes = {"user": USER, "within": f"/namespaces/{served.namespace}/"}
    assert audit.writes_since(0, **writes), "the log shows the operators' writes when there are any"
    mark = audit.mark()
    # Three times the resync of the lab's overlay: a minute.
    eventually(
        lambda: all(looks(served, name) >= before + 4 for name, before in looked.items()),
        "both having looked again and again",
        seconds=180,
    )
    assert audit.writes_since(mark, **writes) == []


def looks(resource: Resource, operator: str) -> int:
    """How often that operator has reconciled the resource, as its log tells."""
    log = resource.cluster.kubectl("-n", NAMESPACE, "logs", f"deployment/{operator}", "--tail=-1")
    key = f"{resource.namespace}/{resource.name}"
    return sum(f'"{key}"' in line and '"decision"' in line for line in log.splitlines())
