"""The bridge on the host, and a veth pair ("cable") from it to each node."""

import json
from collections.abc import Iterable
from ipaddress import IPv4Network
from pathlib import Path

from lab.command import run, succeeds
from lab.errors import LabError
from lab.settings import Node, Settings

_LINKS = Path("/sys/class/net")


def create_bridge(settings: Settings) -> None:
    """Make the bridge and give the host its address on it.

    Raises:
        LabError: one of the lab's address ranges is in use on this machine.
    """
    taken = overlapping(_routes(), (settings.bridge_subnet, settings.pod_cidr, settings.service_cidr))
    if taken:
        raise LabError(
            f"the address range {taken} is already routed on this machine; "
            "choose others with LAB_BRIDGE_SUBNET, LAB_POD_CIDR and LAB_SERVICE_CIDR"
        )
    run(["ip", "link", "add", settings.bridge, "type", "bridge"])
    run(["ip", "address", "add", f"{settings.host}/{settings.bridge_subnet.prefixlen}", "dev", settings.bridge])
    run(["ip", "link", "set", settings.bridge, "up"])


def delete_links(settings: Settings) -> None:
    """Delete all cables and the bridge, and with it the addresses and routes.

    A cable does not always disappear with its node: the kernel keeps a network namespace for minutes while a
    connection in it waits for the acknowledgement of its FIN.
    """
    for path in sorted(_LINKS.glob(f"{settings.bridge}n[0-9]")):
        _delete(path.name)
    _delete(settings.bridge)


def connect(settings: Settings, node: Node, pid: int) -> None:
    """Connect the bridge to the network namespace of a process, where the cable is called eth0."""
    disconnect(node)
    peer = ["type", "veth", "peer", "name", "eth0", "netns", str(pid)]
    run(["ip", "link", "add", node.link, "master", settings.bridge, *peer])
    run(["ip", "link", "set", node.link, "up"])
    run(["ip", "route", "replace", str(node.pods), "via", str(node.address)])


def disconnect(node: Node) -> None:
    """Remove the cable, which cuts the node off at once."""
    _delete(node.link)


def route_services(settings: Settings, through: Node) -> None:
    """Let the host reach cluster addresses through one node and its kube-proxy."""
    run(["ip", "route", "replace", str(settings.service_cidr), "via", str(through.address)])


def overlapping(routed: Iterable[IPv4Network], wanted: Iterable[IPv4Network]) -> IPv4Network | None:
    """The first wanted range that overlaps a range with a route."""
    existing = list(routed)
    return next((w for w in wanted if any(w.overlaps(r) for r in existing)), None)


def _delete(link: str) -> None:
    try:
        if (_LINKS / link).exists():
            run(["ip", "link", "delete", link])
    except LabError:
        if (_LINKS / link).exists():  # otherwise the kernel has removed it together with the other end's namespace
            raise


def _routes() -> list[IPv4Network]:
    listed = json.loads(run(["ip", "-json", "-4", "route", "show", "table", "main"]) or "[]")
    return [IPv4Network(route["dst"]) for route in listed if route["dst"] != "default"]


def has_bridges() -> bool:
    """Whether this kernel supports bridges and veth pairs (tried in a temporary namespace)."""
    script = "ip link add x type bridge && ip link add y type veth peer name z"
    return succeeds(["unshare", "--net", "sh", "-c", script])
