"""What deploy/monitoring would install is taken by a real API server, and its pods meet the restricted standard."""

import json
from collections.abc import Iterator

import pytest

from delivery.cluster import ROOT, Cluster

pytestmark = pytest.mark.e2e

NAMESPACE = "sentiment-monitoring"
KINDS = {"ClusterRole", "ClusterRoleBinding", "ConfigMap", "Deployment", "Namespace", "Service", "ServiceAccount"}


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[None]:
    """The one that the kustomization names: even a dry run needs it. It warns of what its standard would refuse."""
    labels = {"pod-security.kubernetes.io/warn": "restricted"}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(body))
    yield
    cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.mark.usefixtures("namespace")
def test_the_api_server_takes_prometheus_alertmanager_and_grafana(cluster: Cluster) -> None:
    folder = str(ROOT / "deploy" / "monitoring")
    done = cluster.try_kubectl("apply", "--dry-run=server", "-k", folder, "-o", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert {item["kind"] for item in json.loads(done.stdout)["items"]} == {*KINDS, "StatefulSet"}
