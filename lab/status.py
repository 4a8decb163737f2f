"""The state and address of every node and service."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from lab import service
from lab.errors import LabError
from lab.kubernetes import api, node
from lab.lab import Lab
from lab.service import Service


@dataclass(frozen=True)
class Line:
    name: str
    state: str
    where: str

    @property
    def well(self) -> bool:
        return self.state in {"healthy", "Ready"}


def lines(lab: Lab) -> list[Line]:
    """The nodes, then the services; each is checked now.

    Raises:
        LabError: the lab is not up.
    """
    nodes = lab.nodes
    with ThreadPoolExecutor() as pool:
        services = list(pool.map(lambda one: _service_line(lab, one), lab.services.all))
    try:
        ready = api.ready_nodes(lab.settings, lab.state)
    except LabError:
        ready = set()
    return [
        *(Line(n.name, _node_state(node.running(lab.state, n), n.name in ready), str(n.address)) for n in nodes),
        *services,
    ]


def show(found: list[Line], console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("NAME", "STATE", "WHERE"):
        table.add_column(column, no_wrap=True)
    for line in found:
        table.add_row(line.name, line.state, line.where)
    console.print(table)


def _node_state(running: bool, ready: bool) -> str:
    if not running:
        return "off"
    return "Ready" if ready else "NotReady"


def _service_line(lab: Lab, one: Service) -> Line:
    return Line(one.name, _service_state(lab, one), one.url or one.health)


def _service_state(lab: Lab, one: Service) -> str:
    if service.healthy(one):
        return "healthy"
    return "unreachable" if service.running(lab.state, one) else "stopped"
