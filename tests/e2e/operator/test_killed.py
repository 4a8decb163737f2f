"""The operator is killed during a rollout: the rollout ends the same way and leaves nothing behind.

The unit tests kill the operator before and after every one of its writes.
"""

import pytest

from testbed import steps
from testbed.resource import Resource
from testbed.steps import Step
from testbed.versions import Registry
from testbed.waiting import eventually
from tests.e2e.operator import endings

pytestmark = [pytest.mark.e2e, pytest.mark.operator_killed, pytest.mark.usefixtures("seen_at_work")]


@pytest.mark.parametrize("step", [steps.candidate_starting, steps.soaking, steps.switching])
def test_killed_on_the_way_of_a_good_version(served: Resource, registry: Registry, step: Step) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    eventually(lambda: step(served), step.__name__)
    steps.kill_operator(served.cluster)
    endings.promoted_once(served, wanted)


def test_killed_on_the_way_of_a_bad_version(served: Resource, registry: Registry) -> None:
    """Its verifier ends too soon to be observed; unit tests cover the later steps."""
    good, bad = served.serving(), registry.publish_flipped(served.model)
    served.patch_version(bad)
    eventually(lambda: steps.candidate_starting(served), "the candidate")
    steps.kill_operator(served.cluster)
    endings.rejected_once(served, bad, good)
