"""The lab's links on the host, made and removed for real (in names and ranges of their own)."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from lab.host import network
from lab.settings import Settings
from testbed.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.disruptive]

SETTINGS = replace(
    Settings(),
    name="labnet",
    bridge_subnet=IPv4Network("10.190.0.0/24"),
    pod_cidr=IPv4Network("10.146.0.0/16"),
    service_cidr=IPv4Network("10.198.0.0/16"),
)
NODE = SETTINGS.node(1)


def links() -> set[str]:
    return {path.name for path in Path("/sys/class/net").glob(f"{SETTINGS.bridge}*")}


@pytest.fixture
def namespace() -> Iterator[int]:
    """A process with a network namespace of its own."""
    with subprocess.Popen(["unshare", "--net", "sleep", "60"]) as holder:
        here = Path("/proc/self/ns/net").readlink()
        eventually(lambda: Path(f"/proc/{holder.pid}/ns/net").readlink() != here, "the namespace", seconds=10)
        yield holder.pid
        holder.kill()


@pytest.fixture(autouse=True)
def bridge() -> Iterator[None]:
    network.create_bridge(SETTINGS)
    yield
    network.delete_links(SETTINGS)


def test_links_are_removed_although_the_namespace_at_their_end_lives_on(namespace: int) -> None:
    network.connect(SETTINGS, NODE, namespace)
    assert links() == {SETTINGS.bridge, NODE.link}
    network.delete_links(SETTINGS)
    assert links() == set()


def test_node_is_connected_anew_although_its_old_namespace_lives_on(namespace: int) -> None:
    for _ in range(2):
        network.connect(SETTINGS, NODE, namespace)
        assert links() == {SETTINGS.bridge, NODE.link}


def test_nothing_to_remove_is_no_error() -> None:
    network.delete_links(SETTINGS)
    network.delete_links(SETTINGS)
    network.disconnect(NODE)
