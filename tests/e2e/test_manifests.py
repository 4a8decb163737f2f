"""A real API server accepts every overlay and component of deploy/ and every example, in dry runs.

Covers: each kustomization, found in the tree; each component, in an overlay that uses it; the examples. Kinds of other
projects that this cluster does not know are left out by name; what is left of their kustomization is sent.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.cluster import ROOT, Cluster

pytestmark = pytest.mark.e2e

DEPLOY = ROOT / "deploy"
FOREIGN = {"ExternalSecret", "SecretStore", "PodMonitor", "PrometheusRule"}
"""Kinds of the External Secrets and Prometheus operators, whose definitions the lab lacks."""
COMPONENT_OF = {"namespaced": "base", "alb-ingress": "overlays/eks", "external-secrets": "mlflow"}
"""Component -> the overlay that it belongs to."""
INSTALLED_MEANWHILE = "sentiment-monitoring"
"""test_monitoring_install applies it, with other volumes."""
DRY_RUN = ("apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-")


def kustomizations() -> list[Path]:
    """The kustomizations that can be applied by themselves."""
    found = sorted(path.parent for path in DEPLOY.rglob("kustomization.yaml"))
    return [folder for folder in found if folder.parent.name != "components"]


def rendered(cluster: Cluster, folder: Path) -> list[dict[str, Any]]:
    """The objects of a kustomization."""
    return [item for item in yaml.safe_load_all(cluster.kubectl("kustomize", str(folder))) if item]


def send(cluster: Cluster, objects: list[dict[str, Any]], namespaces: set[str]) -> None:
    """Send each object of a known kind as a dry run; to `default` if its own namespace does not exist yet."""
    for item in objects:
        if item["kind"] in FOREIGN:
            continue
        if item["metadata"].get("namespace", "default") not in namespaces:
            item["metadata"]["namespace"] = "default"
        done = cluster.try_kubectl(*DRY_RUN, stdin=json.dumps(item))
        assert done.returncode == 0, f"{item['kind']} {item['metadata']['name']}: {done.stderr}"


@pytest.fixture(scope="module")
def namespaces(cluster: Cluster) -> set[str]:
    """The existing namespaces."""
    found = set(cluster.kubectl("get", "namespaces", "-o", "jsonpath={.items[*].metadata.name}").split())
    return found - {INSTALLED_MEANWHILE}


@pytest.mark.parametrize("folder", kustomizations(), ids=lambda path: str(path.relative_to(DEPLOY)))
def test_the_api_server_takes_the_overlay(cluster: Cluster, namespaces: set[str], folder: Path) -> None:
    objects = rendered(cluster, folder)
    assert objects
    send(cluster, objects, namespaces)


@pytest.mark.parametrize("name", sorted(path.name for path in (DEPLOY / "components").iterdir()))
def test_the_api_server_takes_the_component(cluster: Cluster, namespaces: set[str], name: str, tmp_path: Path) -> None:
    without = rendered(cluster, DEPLOY / COMPONENT_OF[name])
    here = tmp_path.resolve()
    kustomization = {
        "resources": [os.path.relpath(DEPLOY / COMPONENT_OF[name], here)],
        "components": [os.path.relpath(DEPLOY / "components" / name, here)],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    objects = rendered(cluster, tmp_path)
    assert objects != without
    send(cluster, objects, namespaces)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_api_server_takes_the_example(cluster: Cluster, namespaces: set[str], path: Path) -> None:
    send(cluster, list(yaml.safe_load_all(path.read_text())), namespaces)


def test_the_eks_cluster_has_a_role_for_each_account_that_names_one(cluster: Cluster) -> None:
    config = yaml.safe_load((DEPLOY / "eks" / "cluster.yaml").read_text())
    made = {
        (account["metadata"]["namespace"], account["metadata"]["name"]): account["roleName"]
        for account in config["iam"]["serviceAccounts"]
        if account.get("roleOnly")
    }
    objects = [*rendered(cluster, DEPLOY / "overlays" / "eks"), *rendered(cluster, DEPLOY / "mlflow")]
    for name in ("external-secret.yaml", "operator-login.yaml"):
        objects += yaml.safe_load_all((DEPLOY / "components" / "external-secrets" / name).read_text())
    named = {
        (item["metadata"]["namespace"], item["metadata"]["name"]): arn.partition("role/")[2]
        for item in objects
        if item["kind"] == "ServiceAccount"
        and (arn := item["metadata"].get("annotations", {}).get("eks.amazonaws.com/role-arn"))
    }
    assert named == made
