"""A rollout that is interrupted at a chosen step comes to the same end, and leaves nothing behind.

Covers, for a good version and a bad one: the operator killed while it resolves, while the candidate starts and soaks,
just after the verdict, in the switch; the API server restarted; the candidate's pod deleted and evicted. The unit tests
kill the operator before and after every one of its writes.
"""

import json

import pytest

from tests.e2e.environment import Registry, lab, registry_down
from tests.e2e.operator import steps
from tests.e2e.operator.steps import Step
from tests.e2e.resource import Resource
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.disruptive]


@pytest.fixture(scope="module", autouse=True)
def seen_at_work(served: Resource) -> None:
    """A candidate that is at work long enough for a test to see it."""
    served.patch({"spec": {"rollout": {"verification": {"soakSeconds": 10}}}})


def test_killed_while_it_resolves(served: Resource, registry: Registry) -> None:
    wanted = registry.publish(served.model)
    with registry_down():
        served.patch_version(wanted)
        eventually(lambda: steps.resolving(served), "the version being resolved")
        steps.kill_operator(served.cluster)
    promoted_once(served, wanted)


@pytest.mark.parametrize("step", [steps.candidate_starting, steps.soaking, steps.switching])
def test_killed_on_the_way_of_a_good_version(served: Resource, registry: Registry, step: Step) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    eventually(lambda: step(served), step.__name__)
    steps.kill_operator(served.cluster)
    promoted_once(served, wanted)


def test_away_while_a_good_version_is_judged(served: Resource, registry: Registry) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    away_until_judged(served)
    promoted_once(served, wanted)


def test_killed_on_the_way_of_a_bad_version(served: Resource, registry: Registry) -> None:
    """Its judge is done too soon to be seen at work: later steps are those of the unit tests."""
    good, bad = served.serving(), registry.publish_flipped(served.model)
    served.patch_version(bad)
    eventually(lambda: steps.candidate_starting(served), "the candidate")
    steps.kill_operator(served.cluster)
    rejected_once(served, bad, good)


def test_away_while_a_bad_version_is_judged(served: Resource, registry: Registry) -> None:
    good, bad = served.serving(), registry.publish_flipped(served.model)
    served.patch_version(bad)
    away_until_judged(served)
    rejected_once(served, bad, good)


def test_the_api_server_restarted_while_the_candidate_is_at_work(served: Resource, registry: Registry) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    eventually(lambda: steps.candidate_starting(served), "the candidate")
    before = operator_restarts(served)
    restart_api_server()
    promoted_once(served, wanted)
    assert operator_restarts(served) == before, "an API server that is away is no reason to restart the operator"


def test_the_api_server_restarted_in_the_switch(served: Resource, registry: Registry) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    eventually(lambda: steps.switching(served), "the switch", seconds=150)
    restart_api_server()
    promoted_once(served, wanted)


def test_a_candidate_whose_pod_is_deleted_is_made_again(served: Resource, registry: Registry) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    pod = eventually(lambda: served.pods("candidate"), "the candidate's pod")[0]["metadata"]["name"]
    served.kubectl("delete", "pod", pod, "--wait=false")
    tried_again(served, pod)
    promoted_once(served, wanted)


def test_a_candidate_that_is_evicted_is_made_again(served: Resource, registry: Registry) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    eventually(lambda: steps.soaking(served), "the candidate at work", seconds=150)
    pod = served.pods("candidate")[0]["metadata"]["name"]
    assert steps.eviction(served, pod).returncode == 0
    tried_again(served, pod)
    promoted_once(served, wanted)


def promoted_once(resource: Resource, version: str) -> None:
    outcome = resource.wait("5m")
    assert (outcome.ready, outcome.serving) == (True, version), outcome
    steps.no_candidate_is_left(resource)
    assert steps.finished(resource, version) == ["Succeeded"]
    assert steps.revisions(resource, version) == 1
    assert "rollout" not in resource.status()
    assert {pod["metadata"]["annotations"]["sentiment.dev/version"] for pod in resource.pods()} == {version}


def rejected_once(resource: Resource, version: str, good: str | None) -> None:
    outcome = resource.wait("5m")
    assert (outcome.ready, outcome.reason, outcome.serving) == (False, "Rejected", good), outcome
    steps.no_candidate_is_left(resource)
    assert steps.finished(resource, version) == ["Rejected"]
    assert [one["version"] for one in resource.status()["rejected"]].count(version) == 1
    assert steps.revisions(resource, version) == 0


def away_until_judged(resource: Resource) -> None:
    """No operator is there when the judge ends, which of a bad version is soon."""
    eventually(lambda: steps.candidate_starting(resource), "the candidate", seconds=150)
    steps.stop_operator(resource.cluster)
    try:
        eventually(lambda: steps.judged(resource), "the verdict", seconds=150)
    finally:
        steps.start_operator(resource.cluster)


def tried_again(resource: Resource, pod: str) -> None:
    def another() -> bool:
        return any(one["metadata"]["name"] != pod for one in resource.pods("candidate"))

    eventually(another, "another candidate")
    assert resource.status()["rollout"]["attempt"] >= 2
    assert "rejected" not in resource.status() or all(
        one["reason"] != "Crashed" for one in resource.status()["rejected"]
    )


def restart_api_server() -> None:
    lab("stop", "kube-apiserver")
    lab("start", "kube-apiserver")


def operator_restarts(resource: Resource) -> dict[str, int]:
    found = resource.cluster.kubectl("-n", "sentiment-system", "get", "pods", "-l", steps.OPERATOR_PODS, "-o", "json")
    return {
        pod["metadata"]["name"]: sum(status["restartCount"] for status in pod["status"]["containerStatuses"])
        for pod in json.loads(found)["items"]
    }
