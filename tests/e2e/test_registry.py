"""A version that does not exist in the registry is unresolved until it is registered."""

import pytest

from testbed.resource import Resource
from testbed.versions import Registry

pytestmark = pytest.mark.e2e


def test_a_version_that_does_not_exist_is_unresolved_and_heals_when_registered(
    served: Resource, registry: Registry
) -> None:
    wanted = str(int(registry.publish(served.model)) + 1)
    served.patch_version(wanted)
    outcome = served.wait()
    assert (outcome.ready, outcome.reason, outcome.serving) == (False, "Unresolved", "1")
    assert served.conditions()["ModelResolved"] == ("False", "VersionNotFound")
    assert served.conditions()["Stalled"] == ("True", "Unresolved")
    assert served.predict()["model"]["version"] == "1"

    assert registry.publish(served.model) == wanted
    served.wait_for(Ready=("True", "Serving"), Stalled=("False", "AsExpected"), seconds=150)
    assert served.serving() == wanted
