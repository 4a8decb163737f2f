"""A lab: its settings, files, programs and services."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from lab import atomic, process
from lab.errors import LabError
from lab.layout import Programs, State
from lab.services import Services, services
from lab.settings import Node, Settings


@dataclass(frozen=True)
class Facts:
    """What a successful `up` records; invalid after a restart of the machine."""

    nodes: int
    boot: str


@dataclass(frozen=True)
class Lab:
    """A lab's settings, the paths of its files, and its services."""

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

        Raises:
            LabError: the lab is not up.
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


def settings_of(environment: Mapping[str, str]) -> Settings:
    """The settings of the lab that is up; those of the environment if none is.

    Raises:
        LabError: a setting in the environment differs from the one that the lab was brought up with.
    """
    wanted = Settings.from_variables(environment)
    if facts(State(wanted.state)) is None:
        return wanted
    noted = noted_settings(wanted)
    wants, has = wanted.to_variables(), noted.to_variables()
    for variable in wants:
        if environment.get(variable) and wants[variable] != has[variable]:
            raise LabError(
                f"{variable} is {wants[variable]}, and the lab in {wanted.state} was brought up with {has[variable]}: "
                f"run `python -m lab down` first, or unset {variable}"
            )
    return noted


def noted_settings(settings: Settings) -> Settings:
    """The settings that an `up` in this state folder recorded, even if it failed; `settings` if none did."""
    try:
        noted: dict[str, str] = json.loads(State(settings.state).settings.read_text())
    except FileNotFoundError:
        return settings
    return Settings.from_variables({**noted, **_folders(settings)})


def note_settings(settings: Settings) -> None:
    """Record all settings but the folders, so that later commands find the lab without its environment variables."""
    values = {name: value for name, value in settings.to_variables().items() if name not in _folders(settings)}
    atomic.write(State(settings.state).settings, json.dumps(values, indent=2))


def _folders(settings: Settings) -> dict[str, str]:
    return {"LAB_STATE": str(settings.state), "LAB_CACHE": str(settings.cache)}


def facts(state: State) -> Facts | None:
    """What `up` recorded, if it has succeeded since the machine was started."""
    try:
        noted = Facts(**json.loads(state.finished.read_text()))
    except FileNotFoundError:
        return None
    return noted if noted.boot == process.boot_id() else None


def note_up(state: State, nodes: int) -> None:
    atomic.write(state.finished, json.dumps(asdict(Facts(nodes, process.boot_id()))))
