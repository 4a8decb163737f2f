"""What kubectl returned about a SentimentModel in several states: tests/data/plugin."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType

DATA = Path(__file__).resolve().parents[3] / "data" / "plugin"
NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
NAMES = ("new", "rejected", "stale", "verifying")


def case(name: str) -> dict[str, Any]:
    """`resource`, `pods` and `events`, as kubectl gave them."""
    found: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text())
    return found


def printed(what: RenderableType, *, width: int = 120) -> str:
    """As a terminal without colours shows it, without spaces at the ends of lines."""
    console = Console(width=width, color_system=None, highlight=False)
    with console.capture() as capture:
        console.print(what)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())
