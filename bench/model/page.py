"""The rows that were measured, kept part by part, and the page that shows them."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.model.corpus import ROOT

RECORDS = ROOT / "build" / "bench-model.json"
PAGE = ROOT / "docs" / "bench-model.md"

_HEAD = """\
# The model's core and training, measured

Against scikit-learn, on the same reviews, folds and machine. Written by `make bench-model DATA=... GROUP=...`;
`ONLY=counting,prediction` measures some parts anew and keeps the others.

Times are CPU seconds (user and system, all processes of the work): what other work on the machine changes least. Wall
time stands beside where several processors share the work. Each piece of work has a process of its own; memory is what
it added to the peak of that process. Folds are a hash of the group: no review of one film is on both sides.
"""


@dataclass(frozen=True)
class Row:
    """One thing that was measured."""

    what: str
    ours: str
    theirs: str
    """Of scikit-learn, or what the figure is compared with."""
    ratio: str
    target: str
    met: bool | None
    """None where there is no target."""


def keep(part: str, rows: Sequence[Row]) -> None:
    """Replace the rows of one part."""
    kept = _kept()
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    load = f"{os.getloadavg()[0]:.0f}"
    kept[part] = {"when": when, "load": load, "rows": [asdict(row) for row in rows]}
    RECORDS.parent.mkdir(parents=True, exist_ok=True)
    RECORDS.write_text(json.dumps(kept, indent=1) + "\n")


def write(parts: Sequence[str]) -> None:
    """Write the page from all rows that were ever kept."""
    kept = _kept()
    lines = ["| what | ours | scikit-learn, or before | ratio | target | met |", "|---|---|---|---|---|---|"]
    notes = []
    for part in parts:
        if part not in kept:
            notes.append(f"{part}: not run")
            continue
        notes.append(f"{part}: {kept[part]['when']} UTC, load average {kept[part]['load']}")
        for row in kept[part]["rows"]:
            met = {True: "yes", False: "**no**", None: ""}[row["met"]]
            cells = (row["what"], row["ours"], row["theirs"], row["ratio"], row["target"], met)
            lines.append("| " + " | ".join(cells) + " |")
    table = "\n".join(lines)
    PAGE.write_text(f"{_HEAD}\nMachine: {_machine()}.\n\n{table}\n\nMeasured: {'; '.join(notes)}.\n")


def _kept() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(RECORDS.read_text()) if RECORDS.exists() else {}
    return kept


def _machine() -> str:
    name = next(
        (line.partition(":")[2].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")),
        platform.machine(),
    )
    return f"{os.cpu_count()} x {name}, Python {platform.python_version()}"


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
