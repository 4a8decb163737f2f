"""A node that loses its power in the middle of a rollout: the rollout ends on the other one."""

from collections.abc import Iterator

import pytest

from lab import client
from testbed import steps
from testbed.resource import Resource
from testbed.versions import Registry
from testbed.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.disruptive]


@pytest.fixture
def killed(served: Resource) -> Iterator[list[str]]:
    """Nodes that the test has killed; they are switched on again."""
    nodes: list[str] = []
    yield nodes
    for node in nodes:
        client.run("start-node", node.removeprefix("node"))
    served.cluster.kubectl("wait", "node", "--all", "--for=condition=Ready", "--timeout=180s")


def test_a_rollout_ends_on_the_node_that_is_left(served: Resource, registry: Registry, killed: list[str]) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    eventually(lambda: node_of_candidate(served), "the candidate on a node")
    killed.append(node_of_candidate(served))
    client.run("kill-node", killed[0].removeprefix("node"))
    served.wait_for(Ready=("True", "Serving"), seconds=420)
    assert served.serving() == wanted
    assert steps.finished(served, wanted) == ["Succeeded"]
    assert "rejected" not in served.status()
    answering = [pod for pod in served.pods() if ready(pod)]
    assert len(answering) == 2
    assert killed[0] not in {pod["spec"]["nodeName"] for pod in answering}


def node_of_candidate(resource: Resource) -> str:
    for pod in resource.pods("candidate"):
        node: str = pod["spec"].get("nodeName", "")
        return node
    return ""


def ready(pod: dict[str, dict[str, list[dict[str, str]]]]) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", ()))
