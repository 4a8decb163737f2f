"""What the registry says, and what happens when it says nothing.

Covers: a version that does not exist, healed by registering it; MLflow stopped: what serves stays Ready, what is asked
for meanwhile is not Ready until MLflow is back; promotion.
"""

from collections.abc import Iterator

import pytest

from tests.e2e.environment import Registry, lab
from tests.e2e.resource import Resource
from tests.waiting import eventually

pytestmark = pytest.mark.e2e


@pytest.fixture
def mlflow_down() -> Iterator[None]:
    lab("stop", "mlflow")
    try:
        yield
    finally:
        lab("start", "mlflow")


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


@pytest.mark.usefixtures("mlflow_down")
def test_with_mlflow_down_what_serves_stays_ready(served: Resource) -> None:
    serving = served.serving()
    served.wait_for(ModelResolved=("Unknown", "RegistryUnreachable"), Ready=("True", "Serving"), seconds=120)
    assert served.predict()["model"]["version"] == serving


def test_a_patch_while_mlflow_is_down_waits_for_it(served: Resource, registry: Registry) -> None:
    before = served.serving()
    wanted = registry.publish(served.model)
    lab("stop", "mlflow")
    try:
        served.patch_version(wanted)
        served.wait_for(
            Ready=("False", "RollingOut"),
            ModelResolved=("Unknown", "RegistryUnreachable"),
            Reconciling=("True", "Resolving"),
        )
        assert served.serving() == before
    finally:
        lab("start", "mlflow")
    outcome = served.wait()
    assert (outcome.ready, outcome.serving) == (True, wanted)
    eventually(lambda: served.conditions()["ModelResolved"] == ("True", "VersionFound"), "the version found")
