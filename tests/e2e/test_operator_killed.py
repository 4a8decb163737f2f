"""The operator is killed: its successor continues from what it finds."""

import pytest

from testbed import steps
from testbed.resource import Resource
from testbed.versions import Registry
from testbed.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.operator_killed]


def test_a_rejected_version_stays_rejected_when_the_operator_restarts(served: Resource, registry: Registry) -> None:
    wanted = registry.publish_unreadable(served.model)
    served.patch_version(wanted)
    assert served.wait().reason == "Rejected"
    assert [r["version"] for r in served.status()["rejected"]].count(wanted) == 1
    before = served.get("deployment")["metadata"]["generation"]
    steps.restart_operator(served.cluster)
    served.wait_for(Ready=("False", "Rejected"), Stalled=("True", "Rejected"))
    assert served.get("deployment")["metadata"]["generation"] == before


def test_an_operator_killed_in_the_middle_takes_up_the_rollout(served: Resource, registry: Registry) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    eventually(lambda: len(served.pods()) > 2, "pods of the new version")
    steps.restart_operator(served.cluster)
    outcome = served.wait()
    assert (outcome.ready, outcome.serving) == (True, wanted)
