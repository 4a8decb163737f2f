"""The cluster of the end-to-end tests: the lab with the operator in it, prepared from this checkout by `tests.e2e`."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from delivery.cluster import Cluster, connect
from lab.lab import settings_of
from lab.layout import State
from tests.e2e import prepare
from tests.e2e.environment import AuditLog, Registry
from tests.e2e.prepare import Prepared
from tests.e2e.resource import Resource

CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the files that take long, so that no worker is left with one when the others have finished."""
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
    """What the API server was asked to write."""
    return AuditLog(State(settings_of(os.environ).state).audit_log)


@pytest.fixture
def fresh(cluster: Cluster, prepared: Prepared) -> Iterator[Resource]:
    """A SentimentModel that is not applied yet, for one test."""
    yield from namespaced(cluster)


@pytest.fixture(scope="module")
def served(cluster: Cluster, registry: Registry) -> Iterator[Resource]:
    """A SentimentModel that serves version 1, for the tests of one file, in their order."""
    for resource in namespaced(cluster):
        resource.apply(registry.publish(resource.model))
        outcome = resource.wait()
        assert outcome.ready, outcome
        yield resource


@pytest.fixture(scope="module")
def seen_at_work(served: Resource) -> None:
    """A candidate of `served` is at work long enough for a test to see it."""
    served.patch({"spec": {"rollout": {"verification": {"soakSeconds": 10}}}})


def namespaced(cluster: Cluster) -> Iterator[Resource]:
    """A namespace of its own, with Pod Security enforced and the credentials of the store."""
    name = f"e2e-{uuid4().hex[:8]}"
    metadata = {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "artifact-store", "namespace": name},
        "stringData": {key: cluster.environment[key] for key in CREDENTIALS},
    }
    for manifest in ({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, secret):
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    yield Resource(cluster=cluster, namespace=name, name="reviews", model=f"model-{name}")
    cluster.kubectl("delete", "namespace", name, "--wait=false")
