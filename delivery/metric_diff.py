"""`python -m delivery.metric_diff BASE`: what a change does to the model's metrics, as a table for the pull request.

The pipeline of commit BASE runs in a work tree of its own, on the cache of the checkout: stages that the change leaves
alone are restored and do not run again.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from delivery.cluster import DeliveryError
from delivery.markdown import cell, code, output
from delivery.summary import add_to_job

REPORTS = ("train", "evaluate", "behaviour")
SOURCES = ("pipeline", "model")
"""Where the packages of a commit's pipeline are: its stages must not import those of the checkout."""

Metrics = Mapping[str, float | str]


def metrics_of(root: Path) -> dict[str, float | str]:
    """The figures of reports/*.json that stand at the top, by `report.name`; a report that is not there has none."""
    found: dict[str, float | str] = {}
    for report in REPORTS:
        path = root / "reports" / f"{report}.json"
        values = json.loads(path.read_text()) if path.is_file() else {}
        plain = {name: value for name, value in values.items() if isinstance(value, int | float | str)}
        found |= {f"{report}.{name}": value for name, value in plain.items() if name != "digest"}
    return found


def table(before: Metrics, after: Metrics) -> str:
    """Markdown: what differs, and how accurate the model is in any case."""
    rows = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if _shown(old) == _shown(new) and name != "evaluate.accuracy":
            continue
        change = f"{new - old:+.4f}" if isinstance(old, int | float) and isinstance(new, int | float) else ""
        rows.append(f"| {code(name, in_table=True)} | {_shown(old)} | {_shown(new)} | {change} |")
    return "\n".join(["### Metrics of the model", "", "| | base | this change | |", "|---|---|---|---|", *rows, ""])


def _shown(value: float | str | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else cell(str(value))


@contextmanager
def reproduced(checkout: Path, commit: str) -> Iterator[Path]:
    """A work tree of `commit` in which its pipeline has run.

    Raises:
        DeliveryError: there is no such commit here, or its pipeline fails.
    """
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "base"
        _run(["git", "worktree", "add", "--quiet", "--detach", str(root), commit], checkout)
        try:
            cache = _run(["dvc", "cache", "dir"], checkout).strip()
            _run(["dvc", "cache", "dir", "--local", str(checkout / cache)], root)
            path = os.pathsep.join(str(root / source) for source in SOURCES)
            _run(["dvc", "repro", "--quiet"], root, environment={**os.environ, "PYTHONPATH": path})
            yield root
        finally:
            _run(["git", "worktree", "remove", "--force", str(root)], checkout)


def _run(command: list[str], folder: Path, *, environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise DeliveryError(f"{' '.join(command[:2])} failed with exit code {done.returncode}:\n{tail}")
    return done.stdout


@click.command()
@click.argument("base")
@click.option("--output", "page", type=click.Path(path_type=Path), required=True, help="the Markdown file to write")
def main(base: str, page: Path) -> None:
    """Compare the metrics of the trained model in this folder with those of commit BASE."""
    after = metrics_of(Path())
    if not after:
        raise DeliveryError("there are no metrics in reports/: run `make train` first")
    with reproduced(Path.cwd(), base) as root:
        text = table(metrics_of(root), after)
    page.write_text(text)
    print(output(text))
    add_to_job(text)


if __name__ == "__main__":
    try:
        main(prog_name="python -m delivery.metric_diff")
    except DeliveryError as error:
        sys.exit(output(f"delivery: {error}"))
