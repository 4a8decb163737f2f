"""Who has a lab's name. Links, control groups and firewall rules carry it, so that two labs of one name would mix."""

from pathlib import Path

from lab import atomic
from lab.layout import State
from lab.settings import Settings

FOLDER = Path("/run/sentimentmodel-lab")
"""Emptied by the system when the machine starts anew, as are the things that carry the name."""


def owner(name: str) -> Path | None:
    """The state folder of the lab that has this name, if it is still there."""
    try:
        state = Path((FOLDER / name).read_text())
    except FileNotFoundError:
        return None
    return state if State(state).settings.exists() else None


def is_elsewhere(settings: Settings) -> bool:
    """Whether the name belongs to the lab of another state folder."""
    return owner(settings.name) not in (None, settings.state)


def take(settings: Settings) -> None:
    """Note that the name belongs to this state folder."""
    FOLDER.mkdir(exist_ok=True)
    atomic.write(FOLDER / settings.name, str(settings.state))


def release(settings: Settings) -> None:
    """Give the name free."""
    (FOLDER / settings.name).unlink(missing_ok=True)
    if FOLDER.exists() and not any(FOLDER.iterdir()):
        FOLDER.rmdir()
