"""One lab and all that it is made of."""

import json
from dataclasses import asdict, dataclass

from lab import process
from lab.errors import LabError
from lab.layout import Programs, State
from lab.services import Services, services
from lab.settings import Node, Settings


@dataclass(frozen=True)
class Facts:
    """What is noted once `up` has succeeded; void after a restart of the machine."""

    nodes: int
    boot: str


@dataclass(frozen=True)
class Lab:
    """The settings of a lab, where its files lie, and how its programs are started."""

    settings: Settings
    state: State
    programs: Programs
    services: Services

    @staticmethod
    def of(settings: Settings, programs: Programs) -> "Lab":
        state = State(settings.state)
        return Lab(settings, state, programs, services(settings, state, programs))

    @property
    def nodes(self) -> list[Node]:
        """The nodes of a lab that is up.

        Raises
        ------
        LabError
            It is not up.
        """
        noted = facts(self.state)
        if noted is None:
            raise LabError("the lab is not up: run `python -m lab up` first")
        return self.settings.nodes(noted.nodes)

    def node(self, number: int) -> Node:
        nodes = self.nodes
        if not 1 <= number <= len(nodes):
            raise LabError(f"the lab has nodes 1 to {len(nodes)}; there is no node {number}")
        return nodes[number - 1]


def facts(state: State) -> Facts | None:
    """What `up` noted, if it succeeded since the machine was started."""
    try:
        noted = Facts(**json.loads(state.finished.read_text()))
    except FileNotFoundError:
        return None
    return noted if noted.boot == process.boot_id() else None


def note_up(state: State, nodes: int) -> None:
    state.finished.write_text(json.dumps(asdict(Facts(nodes, process.boot_id()))))
