"""The operator is away when a candidate's verifier ends: its successor still reads the verdict."""

import pytest

from testbed import steps
from testbed.resource import Resource
from testbed.versions import Registry
from testbed.waiting import eventually
from tests.e2e.operator import endings

pytestmark = [pytest.mark.e2e, pytest.mark.operator_killed, pytest.mark.usefixtures("seen_at_work")]


def test_away_while_a_good_version_is_verified(served: Resource, registry: Registry) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    away_until_verified(served)
    endings.promoted_once(served, wanted)


def test_away_while_a_bad_version_is_verified(served: Resource, registry: Registry) -> None:
    good, bad = served.serving(), registry.publish_flipped(served.model)
    served.patch_version(bad)
    away_until_verified(served)
    endings.rejected_once(served, bad, good)


def away_until_verified(resource: Resource) -> None:
    """Stop the operator until the verifier has ended, which happens soon for a bad version."""
    eventually(lambda: steps.candidate_starting(resource), "the candidate", seconds=150)
    steps.stop_operator(resource.cluster)
    try:
        eventually(lambda: steps.verified(resource), "the verdict", seconds=150)
    finally:
        steps.start_operator(resource.cluster)
