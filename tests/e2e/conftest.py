"""The fixtures of the end-to-end tests: the lab with the operator, prepared from this checkout by `tests.e2e`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery.cluster import Cluster, connect
from lab import client
from testbed import prepare
from testbed.audit import AuditLog
from testbed.prepare import Prepared
from testbed.resource import Resource, namespaced
from testbed.versions import Registry


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the slow files, so that no worker still runs one when the others have finished."""
    items.sort(key=lambda item: item.get_closest_marker("lengthy") is None)


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The lab."""
    return connect("lab")


@pytest.fixture(scope="session")
def prepared(cluster: Cluster) -> Prepared:
    """What was made before the tests started: images, the operator, a small trained model."""
    return prepare.prepared(cluster)


@pytest.fixture(scope="session")
def images(prepared: Prepared) -> dict[str, str]:
    """Both images of this checkout, by digest."""
    return prepared.images


@pytest.fixture(scope="session")
def registry(
    cluster: Cluster, prepared: Prepared, mlflow_imported: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Registry]:
    """The lab's MLflow, and the small trained model to publish there."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cluster.environment.items():
            if name.startswith(("AWS_", "MLFLOW_")):
                patch.setenv(name, value)
        yield Registry(Path(prepared.workspace), tmp_path_factory.mktemp("versions"))


@pytest.fixture(scope="session")
def audit() -> AuditLog:
    """The API server's audit log."""
    return AuditLog(client.audit_log())


@pytest.fixture
def fresh(cluster: Cluster, prepared: Prepared) -> Iterator[Resource]:
    """A SentimentModel that is not applied yet, for one test."""
    with namespaced(cluster) as resource:
        yield resource


@pytest.fixture(scope="module")
def served(cluster: Cluster, registry: Registry) -> Iterator[Resource]:
    """A SentimentModel that serves version 1, for the tests of one file, in their order."""
    with namespaced(cluster) as resource:
        resource.apply(registry.publish(resource.model))
        outcome = resource.wait()
        assert outcome.ready, outcome
        yield resource


@pytest.fixture(scope="module")
def seen_at_work(served: Resource) -> None:
    """Make candidates of `served` run long enough for a test to observe them."""
    served.patch({"spec": {"rollout": {"verification": {"soakSeconds": 10}}}})
