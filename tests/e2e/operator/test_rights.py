"""What the operator may do is written down, and for one namespace it needs no other."""

import shutil
from collections.abc import Iterator

import pytest

from delivery.cluster import ROOT, Cluster
from delivery.deploy import NAMESPACE, kustomization
from testbed import steps
from testbed.resource import Resource, namespaced
from testbed.versions import Registry

pytestmark = [pytest.mark.e2e, pytest.mark.disruptive]

RIGHTS = ROOT / "tests" / "data" / "operator" / "rights.txt"
USER = f"system:serviceaccount:{NAMESPACE}:sentiment-operator"


def test_its_rights_are_those_that_are_written_down(cluster: Cluster) -> None:
    listed = cluster.kubectl("auth", "can-i", "--list", "--no-headers", f"--as={USER}", "-n", "default")
    found = sorted(" ".join(line.split()) for line in listed.splitlines())
    assert found == RIGHTS.read_text().splitlines()


@pytest.mark.parametrize(
    "forbidden", ["get secrets", "get configmaps", "get pods/log", "create pods/exec", "delete pods"]
)
def test_it_may_not(cluster: Cluster, forbidden: str) -> None:
    verb, what = forbidden.split()
    assert cluster.try_kubectl("auth", "can-i", verb, what, f"--as={USER}", "-n", "default").stdout.strip() == "no"


@pytest.fixture
def in_one_namespace(cluster: Cluster, images: dict[str, str], fresh: Resource) -> Iterator[Resource]:
    """A resource whose operator lives in its namespace, while the cluster-wide one is away."""
    folder = ROOT / "build" / f"operator-{fresh.namespace}"
    folder.mkdir(parents=True)
    text = kustomization(
        overlay="../../deploy/base",
        image_names=["sentiment-operator"],
        images=images,
        tracking_uri=cluster.environment["MLFLOW_TRACKING_URI"],
    )
    own = f"namespace: {fresh.namespace}\ncomponents: [../../deploy/components/namespaced]\n"
    (folder / "kustomization.yaml").write_text(text + own)
    steps.stop_operator(fresh.cluster)
    try:
        cluster.kubectl("apply", "-k", str(folder))
        fresh.kubectl("rollout", "status", "deployment/sentiment-operator", "--timeout=180s")
        yield fresh
    finally:
        shutil.rmtree(folder)
        fresh.kubectl("delete", "deployment", "sentiment-operator")
        steps.start_operator(fresh.cluster)


def test_an_operator_of_one_namespace_serves_it_and_sees_no_other(
    cluster: Cluster, in_one_namespace: Resource, registry: Registry
) -> None:
    with namespaced(cluster) as elsewhere:
        version = registry.publish(elsewhere.model)
        elsewhere.apply(version)
        in_one_namespace.apply(registry.publish(in_one_namespace.model))
        outcome = in_one_namespace.wait("5m")
        assert outcome.ready, outcome
        assert "status" not in elsewhere.get("smdl")
        user = f"system:serviceaccount:{in_one_namespace.namespace}:sentiment-operator"
        for namespace, answer in ((in_one_namespace.namespace, "yes"), (elsewhere.namespace, "no")):
            asked = cluster.try_kubectl("auth", "can-i", "create", "deployments", f"--as={user}", "-n", namespace)
            assert asked.stdout.strip() == answer
        elsewhere.kubectl("delete", "smdl", elsewhere.name)
