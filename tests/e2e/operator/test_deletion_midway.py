"""A SentimentModel that is deleted in the middle of a rollout leaves nothing behind, whatever the step."""

import pytest

from testbed import steps
from testbed.resource import Resource
from testbed.steps import Step
from testbed.versions import Registry
from testbed.waiting import eventually

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("step", [steps.candidate_starting, steps.soaking])
def test_deleted_before_anything_serves(fresh: Resource, registry: Registry, step: Step) -> None:
    # Long enough at work to be seen.
    fresh.apply(registry.publish(fresh.model), rollout={"verification": {"soakSeconds": 10}})
    deleted_at(fresh, step)


def test_deleted_in_the_switch(fresh: Resource, registry: Registry) -> None:
    fresh.apply(registry.publish(fresh.model), rollout={"verification": {"soakSeconds": 0}})
    assert fresh.wait("5m").ready
    fresh.patch_version(registry.publish(fresh.model))
    deleted_at(fresh, steps.switching)


def deleted_at(resource: Resource, step: Step) -> None:
    eventually(lambda: step(resource), step.__name__, seconds=150)
    resource.kubectl("delete", "smdl", resource.name, "--timeout=20s")
    steps.everything_is_gone(resource, seconds=150)
