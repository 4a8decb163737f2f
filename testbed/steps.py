"""The steps of a rollout as they can be observed in the cluster, and the objects that remain after it."""

import json
import subprocess
from collections.abc import Callable
from datetime import datetime
from typing import Any

from delivery.cluster import Cluster
from delivery.deploy import NAMESPACE, OPERATOR
from testbed.resource import Resource
from testbed.waiting import eventually

OPERATOR_PODS = "app.kubernetes.io/name=sentiment-operator"
KINDS = (
    "smdl",
    "deployment",
    "replicaset",
    "pod",
    "service",
    "poddisruptionbudget",
    "horizontalpodautoscaler",
    "job",
    "controllerrevision",
)

Step = Callable[[Resource], bool]


def resolving(resource: Resource) -> bool:
    return resource.conditions().get("Reconciling") == ("True", "Resolving")


def candidate_starting(resource: Resource) -> bool:
    return bool(resource.all("job"))


def soaking(resource: Resource) -> bool:
    """The candidate answers and its verifier runs."""
    return any("running" in state for state in _states(resource, "verify"))


def verified(resource: Resource) -> bool:
    """The verifier has ended, whether or not the operator has read its verdict."""
    return any("terminated" in state for state in _states(resource, "verify"))


def switching(resource: Resource) -> bool:
    """Pods of two templates exist."""
    return len({pod["metadata"]["labels"]["pod-template-hash"] for pod in resource.pods()}) > 1


def _states(resource: Resource, container: str) -> list[dict[str, Any]]:
    return [
        status["state"]
        for pod in resource.pods("candidate")
        for status in pod["status"].get("containerStatuses", ())
        if status["name"] == container
    ]


def finished(resource: Resource, version: str) -> list[str]:
    """The outcomes of that version's rollouts in the history."""
    return [one["outcome"] for one in resource.status().get("history", ()) if one["version"] == version]


def revisions(resource: Resource, version: str) -> int:
    """The number of kept revisions of that version."""
    templates = [one["data"]["template"] for one in resource.all("controllerrevision")]
    return sum(one["metadata"]["annotations"]["sentiment.dev/version"] == version for one in templates)


def children(resource: Resource) -> list[str]:
    """The resource and everything that was made for it, each as `kind/name`, as far as it exists."""
    return [f"{kind}/{one['metadata']['name']}" for kind in KINDS for one in resource.all(kind)]


def everything_is_gone(resource: Resource, *, seconds: float = 90.0) -> None:
    def look() -> bool:
        assert (left := children(resource)) == [], left
        return True

    eventually(look, "every child gone", seconds=seconds)


def no_candidate_is_left(resource: Resource) -> None:
    eventually(lambda: not resource.all("job"), "no Job left")
    eventually(lambda: not resource.pods("candidate"), "no candidate's pod left")


def eviction(resource: Resource, pod: str) -> subprocess.CompletedProcess[str]:
    """Request the eviction of a pod, as a drain does."""
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": resource.namespace}}
    path = f"/api/v1/namespaces/{resource.namespace}/pods/{pod}/eviction"
    return resource.cluster.try_kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(body))


def kill_operator(cluster: Cluster) -> None:
    """Kill the operator's process without waiting for its successor."""
    cluster.kubectl("-n", NAMESPACE, "delete", "pod", "-l", OPERATOR_PODS, "--grace-period=0", "--force")


def restart_operator(cluster: Cluster) -> None:
    """Kill the operator's process and wait for its successor."""
    kill_operator(cluster)
    _wait_for_operator(cluster)


def stop_operator(cluster: Cluster) -> None:
    cluster.kubectl("-n", NAMESPACE, "scale", OPERATOR, "--replicas=0")
    cluster.kubectl("-n", NAMESPACE, "wait", "--for=delete", "pod", "-l", OPERATOR_PODS, "--timeout=60s")


def start_operator(cluster: Cluster) -> None:
    cluster.kubectl("-n", NAMESPACE, "scale", OPERATOR, "--replicas=1")
    _wait_for_operator(cluster)


def reconciles(resource: Resource, operator: str = OPERATOR) -> list[datetime]:
    """When that operator's pod has reconciled the resource, as it logged."""
    log = resource.cluster.kubectl("-n", NAMESPACE, "logs", operator, "--tail=-1")
    key = f"{resource.namespace}/{resource.name}"
    lines = (json.loads(line) for line in log.splitlines() if '"decision"' in line and f'"{key}"' in line)
    return [datetime.fromisoformat(line["timestamp"]) for line in lines]


def _wait_for_operator(cluster: Cluster) -> None:
    cluster.kubectl("-n", NAMESPACE, "rollout", "status", OPERATOR, "--timeout=120s")
