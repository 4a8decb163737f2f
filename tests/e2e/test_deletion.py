"""Deleting a SentimentModel removes everything, even without the operator."""

import pytest

from testbed import steps
from testbed.resource import Resource
from testbed.versions import Registry

pytestmark = [pytest.mark.e2e, pytest.mark.operator_killed]


def test_deletion_with_the_operator_down_removes_every_child(fresh: Resource, registry: Registry) -> None:
    fresh.apply(registry.publish(fresh.model))
    assert fresh.wait().ready
    steps.stop_operator(fresh.cluster)
    try:
        fresh.kubectl("delete", "smdl", fresh.name, "--timeout=20s")
        steps.everything_is_gone(fresh)
    finally:
        steps.start_operator(fresh.cluster)
