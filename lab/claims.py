"""Which state folder owns a lab's name.

Network links, control groups and firewall rules carry the name: two labs of one name would disturb each other.
"""

from pathlib import Path

from lab import atomic
from lab.layout import State
from lab.settings import Settings

FOLDER = Path("/run/sentimentmodel-lab")
"""The system empties it when the machine restarts, which also removes everything that carries a lab's name."""


def owner(name: str) -> Path | None:
    """The state folder of the lab that has this name, if that folder still exists."""
    try:
        state = Path((FOLDER / name).read_text())
    except FileNotFoundError:
        return None
    return state if State(state).settings.exists() else None


def is_elsewhere(settings: Settings) -> bool:
    """Whether another state folder owns the name."""
    return owner(settings.name) not in (None, settings.state)


def take(settings: Settings) -> None:
    """Record that this state folder owns the name."""
    FOLDER.mkdir(exist_ok=True)
    atomic.write(FOLDER / settings.name, str(settings.state))


def release(settings: Settings) -> None:
    """Free the name."""
    (FOLDER / settings.name).unlink(missing_ok=True)
    if FOLDER.exists() and not any(FOLDER.iterdir()):
        FOLDER.rmdir()
