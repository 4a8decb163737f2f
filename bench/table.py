"""Measured rows, kept part by part, and the page that shows them."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from bench import here

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Row:
    """One measurement."""

    what: str
    ours: str
    theirs: str
    """The figure that ours is compared with."""
    ratio: str
    target: str
    met: bool | None
    """None if there is no target."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """The rows of one benchmark: the file that keeps them and the page that shows them."""

    records: Path
    page: Path
    head: str
    """The Markdown above the table."""
    compared_with: str
    """The title of the column `theirs`."""

    def keep(self, part: str, rows: Sequence[Row]) -> None:
        """Replace the rows of one part."""
        kept = self._kept()
        kept[part] = {
            "when": here.now(),
            "commit": _commit(),
            "load": here.load_average(),
            "rows": [asdict(row) for row in rows],
        }
        self.records.parent.mkdir(parents=True, exist_ok=True)
        self.records.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")

    def write(self, parts: Sequence[str]) -> None:
        """Write the page from all kept rows."""
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

    def add(self, part: str, rows: Sequence[Row], *, parts: Sequence[str]) -> None:
        """Show the rows of one of the parts, keep them, and write the page."""
        for row in rows:
            click.echo(json.dumps(asdict(row), ensure_ascii=False))
        self.keep(part, rows)
        self.write(parts)

    def _kept(self) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(self.records.read_text()) if self.records.exists() else {}
        return kept


def machine() -> str:
    """Processors and Python of this machine."""
    return f"{os.cpu_count()} x {here.processor()}, Python {platform.python_version()}"


def _commit() -> str:
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.run([*git, "rev-parse", "--short=8", "HEAD"], capture_output=True, text=True, check=False)
    if commit.returncode != 0:
        return ""
    changed = subprocess.run(
        [*git, "status", "--porcelain", "serving", "model"], capture_output=True, text=True, check=False
    )
    return commit.stdout.strip() + (" with changes" if changed.stdout.strip() else "")


def chosen(only: str, parts: Sequence[str]) -> list[str]:
    """The parts that `only` names, separated by commas.

    Raises:
        click.BadParameter: there is no part of that name.
    """
    names = only.split(",")
    if unknown := set(names) - set(parts):
        raise click.BadParameter(f"no part is called {', '.join(sorted(unknown))}")
    return names
