"""MLflow is stopped: the serving version stays Ready; a version requested meanwhile waits until MLflow is back."""

from collections.abc import Iterator

import pytest

from testbed.outages import registry_down
from testbed.resource import Resource
from testbed.versions import Registry
from testbed.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.disruptive]


@pytest.fixture
def mlflow_down() -> Iterator[None]:
    with registry_down():
        yield


@pytest.mark.usefixtures("mlflow_down")
def test_with_mlflow_down_what_serves_stays_ready(served: Resource) -> None:
    serving = served.serving()
    served.wait_for(ModelResolved=("Unknown", "RegistryUnreachable"), Ready=("True", "Serving"), seconds=120)
    assert served.predict()["model"]["version"] == serving


def test_a_patch_while_mlflow_is_down_waits_for_it(served: Resource, registry: Registry) -> None:
    before = served.serving()
    wanted = registry.publish(served.model)
    with registry_down():
        served.patch_version(wanted)
        served.wait_for(
            Ready=("False", "RollingOut"),
            ModelResolved=("Unknown", "RegistryUnreachable"),
            Reconciling=("True", "Resolving"),
        )
        assert served.serving() == before
    outcome = served.wait()
    assert (outcome.ready, outcome.serving) == (True, wanted)
    eventually(lambda: served.conditions()["ModelResolved"] == ("True", "VersionFound"), "the version found")
