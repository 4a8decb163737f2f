"""A candidate whose pod is lost is made again: the loss is no verdict about the model."""

import pytest

from testbed import steps
from testbed.resource import Resource
from testbed.versions import Registry
from testbed.waiting import eventually
from tests.e2e.operator import endings

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("seen_at_work")]


def test_a_candidate_whose_pod_is_deleted_is_made_again(served: Resource, registry: Registry) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    pod = eventually(lambda: served.pods("candidate"), "the candidate's pod")[0]["metadata"]["name"]
    served.kubectl("delete", "pod", pod, "--wait=false")
    tried_again(served, pod)
    endings.promoted_once(served, wanted)


def test_a_candidate_that_is_evicted_is_made_again(served: Resource, registry: Registry) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    eventually(lambda: steps.soaking(served), "the candidate at work", seconds=150)
    pod = served.pods("candidate")[0]["metadata"]["name"]
    assert steps.eviction(served, pod).returncode == 0
    tried_again(served, pod)
    endings.promoted_once(served, wanted)


def tried_again(resource: Resource, pod: str) -> None:
    def another() -> bool:
        return any(one["metadata"]["name"] != pod for one in resource.pods("candidate"))

    eventually(another, "another candidate")
    assert resource.status()["rollout"]["attempt"] >= 2
    assert "rejected" not in resource.status() or all(
        one["reason"] != "Crashed" for one in resource.status()["rejected"]
    )
