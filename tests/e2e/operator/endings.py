"""How a rollout ends, whatever happened on its way."""

from testbed import steps
from testbed.resource import Resource


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
