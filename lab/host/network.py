"""One bridge on the host; each node's end of its cable is made when the node starts and goes with it."""

import json
from collections.abc import Iterable
from ipaddress import IPv4Network
from pathlib import Path

from lab.command import run, succeeds
from lab.errors import LabError
from lab.settings import Node, Settings

_LINKS = Path("/sys/class/net")


def create_bridge(settings: Settings) -> None:
    """The bridge, the host's address on it, and the routes to every node's pods."""
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
    """All cables, and the bridge, with which its addresses and routes go.

    A cable does not always go with the node at its far end: the kernel keeps a network namespace for as long as a
    connection in it waits for an answer to its goodbye, which may be minutes.
    """
    for path in sorted(_LINKS.glob(f"{settings.bridge}n[0-9]")):
        _delete(path.name)
    _delete(settings.bridge)


def connect(settings: Settings, node: Node, pid: int) -> None:
    """Plug a cable from the bridge into the network namespace of a process; the far end is called eth0."""
    disconnect(node)
    peer = ["type", "veth", "peer", "name", "eth0", "netns", str(pid)]
    run(["ip", "link", "add", node.link, "master", settings.bridge, *peer])
    run(["ip", "link", "set", node.link, "up"])
    run(["ip", "route", "replace", str(node.pods), "via", str(node.address)])


def disconnect(node: Node) -> None:
    """Pull the cable; nothing that the node says from now on is heard."""
    _delete(node.link)


def route_services(settings: Settings, through: Node) -> None:
    """Let the host reach cluster addresses through one node, whose kube-proxy knows them."""
    run(["ip", "route", "replace", str(settings.service_cidr), "via", str(through.address)])


def overlapping(routed: Iterable[IPv4Network], wanted: Iterable[IPv4Network]) -> IPv4Network | None:
    """The first wanted range that something already routed overlaps."""
    existing = list(routed)
    return next((w for w in wanted if any(w.overlaps(r) for r in existing)), None)


def _delete(link: str) -> None:
    try:
        if (_LINKS / link).exists():
            run(["ip", "link", "delete", link])
    except LabError:
        if (_LINKS / link).exists():  # else the kernel was faster: it has just ended the namespace at the other end
            raise


def _routes() -> list[IPv4Network]:
    listed = json.loads(run(["ip", "-json", "-4", "route", "show", "table", "main"]) or "[]")
    return [IPv4Network(route["dst"]) for route in listed if route["dst"] != "default"]


def has_bridges() -> bool:
    """Whether this kernel can make bridges and virtual cables (tried in a namespace that is gone at once)."""
    script = "ip link add x type bridge && ip link add y type veth peer name z"
    return succeeds(["unshare", "--net", "sh", "-c", script])
