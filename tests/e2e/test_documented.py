"""The documented commands that need a cluster, run on the lab as they are written.

The reader's kubectl uses a namespace that has the store's credentials; the registry has the versions that the documents
name. test_monitoring_install installs monitoring.
"""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from delivery.cluster import Cluster
from testbed.resource import Resource, namespaced
from testbed.versions import Registry
from tests import documented
from tests.documented import blocks, pages

pytestmark = pytest.mark.e2e

MODEL = "sentiment-reviews"
"""The model of examples/sentimentmodel.yaml, which requests version 1."""
NEXT = '"14"'
"""The version that the documents roll out."""


@dataclass(frozen=True)
class Reader:
    """A reader who types the documented commands."""

    resource: Resource

    def follow(self, page: str, *, version: str = "") -> str:
        """Run a page's commands, with `version` in place of the documented one, and return their output."""
        environment = self.resource.cluster.environment
        scripts = (block.script.replace(NEXT, f'"{version}"') for block in blocks(page, "cluster"))
        return "".join(documented.run(script, environment=environment) for script in scripts)


@pytest.fixture(scope="module")
def reader(cluster: Cluster, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader with their own kubeconfig, in a shell in which .venv is active."""
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
    """test_monitoring_install runs the commands of docs/monitoring.md."""
    docs = {f"docs/{name}.md" for name in ("getting-started", "operator", "troubleshooting", "monitoring")}
    assert pages("cluster") == docs | {"README.md", "lab/README.md"}
