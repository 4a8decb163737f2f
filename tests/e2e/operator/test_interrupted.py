"""What an operator needs is away in the middle of a rollout: the same end, and nothing is left behind."""

import json

import pytest

from lab import client
from testbed import steps
from testbed.outages import registry_down
from testbed.resource import Resource
from testbed.versions import Registry
from testbed.waiting import eventually
from tests.e2e.operator import endings

pytestmark = [pytest.mark.e2e, pytest.mark.disruptive, pytest.mark.usefixtures("seen_at_work")]


def test_killed_while_it_resolves(served: Resource, registry: Registry) -> None:
    wanted = registry.publish(served.model)
    with registry_down():
        served.patch_version(wanted)
        eventually(lambda: steps.resolving(served), "the version being resolved")
        steps.kill_operator(served.cluster)
    endings.promoted_once(served, wanted)


def test_the_api_server_restarted_while_the_candidate_is_at_work(served: Resource, registry: Registry) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    eventually(lambda: steps.candidate_starting(served), "the candidate")
    before = operator_restarts(served)
    restart_api_server()
    endings.promoted_once(served, wanted)
    assert operator_restarts(served) == before, "an API server that is away is no reason to restart the operator"


def test_the_api_server_restarted_in_the_switch(served: Resource, registry: Registry) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    eventually(lambda: steps.switching(served), "the switch", seconds=150)
    restart_api_server()
    endings.promoted_once(served, wanted)


def restart_api_server() -> None:
    client.run("stop", "kube-apiserver")
    client.run("start", "kube-apiserver")


def operator_restarts(resource: Resource) -> dict[str, int]:
    found = resource.cluster.kubectl("-n", "sentiment-system", "get", "pods", "-l", steps.OPERATOR_PODS, "-o", "json")
    return {
        pod["metadata"]["name"]: sum(status["restartCount"] for status in pod["status"]["containerStatuses"])
        for pod in json.loads(found)["items"]
    }
