"""Deleting a SentimentModel takes everything along, with nobody's help."""

import pytest

from tests.e2e.environment import Registry
from tests.e2e.operator import steps
from tests.e2e.resource import Resource
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.disruptive]


def test_deletion_with_the_operator_down_removes_every_child(fresh: Resource, registry: Registry) -> None:
    fresh.apply(registry.publish(fresh.model))
    assert fresh.wait().ready
    steps.stop_operator(fresh.cluster)
    try:
        fresh.kubectl("delete", "smdl", fresh.name, "--timeout=20s")
        eventually(lambda: fresh.kubectl("get", steps.KINDS, "-o", "name") == "", "every child gone")
    finally:
        steps.start_operator(fresh.cluster)
