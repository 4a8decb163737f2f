"""The commands of the documents that need a cluster, as they stand there, on the lab.

A reader's kubectl is at home in one namespace, which holds the credentials of the store; the registry has what the
documents ask it for. Monitoring is installed in test_monitoring_install.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from delivery.cluster import ROOT, Cluster
from testbed.resource import Resource, namespaced
from testbed.versions import Registry
from tests.documented import blocks, pages

pytestmark = pytest.mark.e2e

MODEL = "sentiment-reviews"
"""Of examples/sentimentmodel.yaml, which asks for version 1."""
NEXT = '"14"'
"""The version that the documents roll out."""


@dataclass(frozen=True)
class Reader:
    """Who types it."""

    resource: Resource

    def follow(self, page: str, *, version: str = "") -> str:
        """Type a page's commands, with that version in place of the documents'; returns what they printed."""
        printed = ""
        for block in blocks(page, "cluster"):
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block.script.replace(NEXT, f'"{version}"')],
                cwd=ROOT,
                env=dict(self.resource.cluster.environment),
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            assert done.returncode == 0, f"{block.script}\n{done.stdout}"
            printed += done.stdout
        return printed


@pytest.fixture(scope="module")
def reader(cluster: Cluster, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """With a kubeconfig of their own, and .venv active."""
    config = tmp_path_factory.mktemp("reader") / "kubeconfig"
    shutil.copy(cluster.environment["KUBECONFIG"], config)
    path = f"{Path(sys.executable).parent}:{cluster.environment['PATH']}"
    mine = replace(cluster, environment={**cluster.environment, "KUBECONFIG": str(config), "PATH": path})
    registry.publish(MODEL)
    with namespaced(mine) as resource:
        mine.kubectl("config", "set-context", "--current", f"--namespace={resource.namespace}")
        yield Reader(replace(resource, model=MODEL))


def test_the_lab(reader: Reader) -> None:
    assert " Ready " in reader.follow("lab/README.md")


def test_getting_started(reader: Reader) -> None:
    reader.follow("docs/getting-started.md")
    assert reader.resource.serving() == "1"


@pytest.mark.parametrize("page", ["README.md", "docs/operator.md"])
def test_a_version_is_rolled_out(reader: Reader, registry: Registry, page: str) -> None:
    version = registry.publish(MODEL)
    printed = reader.follow(page, version=version)
    assert "condition met" in printed
    assert reader.resource.serving() == version


def test_troubleshooting(reader: Reader) -> None:
    printed = reader.follow("docs/troubleshooting.md")
    assert "Conditions" in printed


def test_no_page_is_left_out() -> None:
    """docs/monitoring.md is followed in test_monitoring_install."""
    docs = {f"docs/{name}.md" for name in ("getting-started", "operator", "troubleshooting", "monitoring")}
    assert pages("cluster") == docs | {"README.md", "lab/README.md"}
