"""Rows that were measured, kept part by part, and the page that shows them."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Row:
    """One thing that was measured."""

    what: str
    ours: str
    theirs: str
    """What the figure is compared with."""
    ratio: str
    target: str
    met: bool | None
    """None where there is no target."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Where the rows of one benchmark are kept, and the page they are shown on."""

    records: Path
    page: Path
    head: str
    """What stands above the table, in Markdown."""
    compared_with: str
    """The title of the column `theirs`."""

    def keep(self, part: str, rows: Sequence[Row]) -> None:
        """Replace the rows of one part."""
        kept = self._kept()
        kept[part] = {
            "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
            "commit": _commit(),
            "load": f"{os.getloadavg()[0]:.0f}",
            "rows": [asdict(row) for row in rows],
        }
        self.records.parent.mkdir(parents=True, exist_ok=True)
        self.records.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")

    def write(self, parts: Sequence[str]) -> None:
        """Write the page from all rows that were ever kept."""
        kept = self._kept()
        lines = [f"| what | ours | {self.compared_with} | ratio | target | met |", "|---|---|---|---|---|---|"]
        notes = []
        for part in parts:
            if part not in kept:
                notes.append(f"- {part}: not run")
                continue
            one = kept[part]
            of = f" of {one['commit']}" if one.get("commit") else ""
            notes.append(f"- {part}: {one['when']} UTC{of}, load average {one['load']}")
            for row in one["rows"]:
                met = {True: "yes", False: "**no**", None: ""}[row["met"]]
                cells = (row["what"], row["ours"], row["theirs"], row["ratio"], row["target"], met)
                lines.append("| " + " | ".join(cells) + " |")
        measured = "\n".join(["Measured:", "", *notes])
        self.page.write_text(
            "\n\n".join([self.head.strip(), f"Machine: {machine()}.", "\n".join(lines), measured]) + "\n"
        )

    def _kept(self) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(self.records.read_text()) if self.records.exists() else {}
        return kept


def machine() -> str:
    """Processors and Python of this machine."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} x {name}, Python {platform.python_version()}"


def _commit() -> str:
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.run([*git, "rev-parse", "--short=8", "HEAD"], capture_output=True, text=True, check=False)
    if commit.returncode != 0:
        return ""
    changed = subprocess.run(
        [*git, "status", "--porcelain", "serving", "model"], capture_output=True, text=True, check=False
    )
    return commit.stdout.strip() + (" with changes" if changed.stdout.strip() else "")
