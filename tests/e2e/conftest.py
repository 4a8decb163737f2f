"""The cluster of the end-to-end tests: the lab with the operator in it, built from this checkout."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from delivery import deploy
from delivery.cluster import ROOT, Cluster, connect
from delivery.images import build_and_push
from tests.e2e.environment import AuditLog, Registry, lab, lab_is_up
from tests.e2e.resource import Resource

CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL")


def say(line: str) -> None:
    """Progress that is seen although pytest captures output."""
    print(f"    {line}", file=sys.__stderr__, flush=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The lab; one that was not up before is taken down at the end."""
    was_up = lab_is_up()
    subprocess.run([sys.executable, "-m", "lab", "up", "--nodes", "2"], cwd=ROOT, check=True, stdout=sys.__stderr__)
    yield connect("lab")
    if not was_up:
        lab("down")


@pytest.fixture(scope="session")
def images(cluster: Cluster) -> dict[str, str]:
    """Both images of this checkout, by digest."""
    return build_and_push(cluster, say=say)


@pytest.fixture(scope="session")
def operator(cluster: Cluster, images: dict[str, str]) -> None:
    """The operator, installed as the demo does it."""
    say("installing the operator")
    deploy.install(cluster, images)


@pytest.fixture(scope="session")
def registry(cluster: Cluster, mlflow_imported: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """The lab's MLflow, and a small trained model to publish there."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cluster.environment.items():
            if name.startswith(("AWS_", "MLFLOW_")):
                patch.setenv(name, value)
        say("training a small model")
        yield Registry(tmp_path_factory.mktemp("versions"))


@pytest.fixture(scope="session")
def audit() -> AuditLog:
    """What the API server was asked to write."""
    return AuditLog(Path(ROOT / ".lab" / "log" / "audit.log"))


@pytest.fixture
def fresh(cluster: Cluster, operator: None) -> Iterator[Resource]:
    """A SentimentModel that is not applied yet, for one test."""
    yield from namespaced(cluster)


@pytest.fixture(scope="module")
def served(cluster: Cluster, operator: None, registry: Registry) -> Iterator[Resource]:
    """A SentimentModel that serves version 1, for the tests of one file, in their order."""
    for resource in namespaced(cluster):
        resource.apply(registry.publish(resource.model))
        outcome = resource.wait()
        assert outcome.ready, outcome
        yield resource


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
