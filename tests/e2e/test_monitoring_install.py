"""deploy/monitoring on a real cluster: the API server accepts all of it, and Prometheus works as shipped.

Covers: the restricted Pod Security standard; discovery of pods and kubelets with the rights of its own service account;
every rule evaluates. Only Prometheus's image (built from the lab's own) and volume differ. Alertmanager and Grafana are
applied but do not run, because their images are not available here.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from delivery.cluster import ROOT, Cluster
from lab import client
from testbed.waiting import eventually
from tests import documented
from tests.documented import blocks

pytestmark = pytest.mark.e2e

FOLDER = ROOT / "deploy" / "monitoring"
NAMESPACE = "sentiment-monitoring"
KINDS = {"ClusterRole", "ClusterRoleBinding", "ConfigMap", "Deployment", "Namespace", "Service", "ServiceAccount"}
DOCKERFILE = """\
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
COPY prometheus /bin/prometheus
ENTRYPOINT ["/bin/prometheus"]
"""
OVERLAY = """\
resources: [{base}]
images: [{{name: prom/prometheus, newName: {name}, digest: "{digest}"}}]
patches:
  - target: {{kind: StatefulSet, name: prometheus}}
    patch: |
      - {{op: remove, path: /spec/volumeClaimTemplates}}
      - {{op: add, path: /spec/template/spec/volumes/-, value: {{name: data, emptyDir: {{}}}}}}
"""


@pytest.fixture(scope="module", autouse=True)
def namespace(cluster: Cluster) -> Iterator[None]:
    """The kustomization's namespace, which even a dry run needs. It warns of what the restricted standard refuses."""
    labels = {"pod-security.kubernetes.io/warn": "restricted"}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(body))
    yield
    cluster.kubectl("delete", "-k", str(FOLDER), "--ignore-not-found", "--wait=false")


def test_the_api_server_takes_prometheus_alertmanager_and_grafana(cluster: Cluster) -> None:
    done = cluster.try_kubectl("apply", "--dry-run=server", "-k", str(FOLDER), "-o", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert {item["kind"] for item in json.loads(done.stdout)["items"]} == {*KINDS, "StatefulSet"}


def test_the_documented_commands_apply_it(cluster: Cluster) -> None:
    (block,) = blocks("docs/monitoring.md", "cluster")
    command, environment = documented.command(block.script), dict(cluster.environment)
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    # Its volume has no provisioner here and cannot be changed later.
    cluster.kubectl("-n", NAMESPACE, "delete", "statefulset", "prometheus")


def test_prometheus_finds_its_targets_and_evaluates_every_rule(
    cluster: Cluster, images: dict[str, str], tmp_path: Path
) -> None:
    assert images, "the operator is installed, to be found"
    cluster.kubectl("apply", "-k", str(_overlay(_prometheus_image(tmp_path))))
    cluster.kubectl("-n", NAMESPACE, "rollout", "status", "statefulset/prometheus", "--timeout=90s")
    address = cluster.kubectl("-n", NAMESPACE, "get", "service", "prometheus", "-o", "jsonpath={.spec.clusterIP}")

    def targets_are_up() -> bool:
        found = _asked(address, "targets?state=active")["activeTargets"]
        jobs = sorted(target["labels"]["job"] for target in found)
        assert {"cadvisor", "sentiment-operator"} <= set(jobs), jobs
        assert jobs.count("cadvisor") == 2
        ours = [target for target in found if target["labels"]["job"] in ("cadvisor", "sentiment-operator")]
        assert {target["health"] for target in ours} == {"up"}, [target["lastError"] for target in ours]
        return True

    def rules_are_well() -> bool:
        rules = [rule for group in _asked(address, "rules")["groups"] for rule in group["rules"]]
        assert {rule["health"] for rule in rules} == {"ok"}, [rule.get("lastError") for rule in rules]
        return True

    eventually(targets_are_up, "the operator and both kubelets scraped")
    eventually(rules_are_well, "every rule evaluated")


def _prometheus_image(context: Path) -> str:
    shutil.copy(client.prometheus_program(), context)
    (context / "Dockerfile").write_text(DOCKERFILE)
    client.run("build-image", f"--file={context / 'Dockerfile'}", "--tag=prometheus:e2e", str(context))
    return client.run("push", "prometheus:e2e").splitlines()[-1].strip()


def _overlay(image: str) -> Path:
    folder = ROOT / "build" / "monitoring"
    folder.mkdir(parents=True, exist_ok=True)
    name, _, digest = image.partition("@")
    base = os.path.relpath(FOLDER, folder)
    (folder / "kustomization.yaml").write_text(OVERLAY.format(base=base, name=name, digest=digest))
    return folder


def _asked(address: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"http://{address}:9090/api/v1/{path}", timeout=10).json()["data"]
    return found
