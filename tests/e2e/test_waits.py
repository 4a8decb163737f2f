"""CI's patch and two waits, many times over: they never succeed for an old generation."""

import pytest

from testbed.resource import Resource
from testbed.versions import Registry

pytestmark = [pytest.mark.e2e, pytest.mark.lengthy]


def test_the_waits_never_succeed_for_an_old_generation(served: Resource, registry: Registry) -> None:
    """50 patches to versions that are refused, with 3 real rollouts between them."""
    bad = registry.publish_unreadable(served.model)
    for round_ in range(3):
        for i in range(50 // 3 + (round_ < 50 % 3)):
            served.patch_version(bad if i % 2 else "999999")
            outcome = served.wait()
            assert not outcome.ready, f"patch {i} of round {round_}: {outcome}"
        wanted = registry.publish(served.model)
        served.patch_version(wanted)
        outcome = served.wait()
        assert (outcome.ready, outcome.serving) == (True, wanted)
        assert served.predict()["model"]["version"] == wanted
