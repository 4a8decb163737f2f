"""A folder in which the commands of the pipeline can run.

In this process, as importing MLflow and scikit-learn for each command takes longer than all the rest; `dvc repro` runs
in test_repro.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from ruamel.yaml import YAML

from sentiment_pipeline.cli import main

REPOSITORY = Path(__file__).parents[3]


@dataclass(frozen=True)
class Outcome:
    """What a command left."""

    returncode: int
    stdout: str
    stderr: str


class Workspace:
    """A folder with params.yaml."""

    def __init__(self, root: Path, changes: dict[str, dict[str, Any]]) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.change(changes)

    def change(self, changes: dict[str, dict[str, Any]]) -> None:
        """Write the repository's params.yaml with some values changed."""
        yaml = YAML(typ="safe", pure=True)
        params = yaml.load(REPOSITORY / "params.yaml")
        for section, values in changes.items():
            params[section] |= values
        yaml.dump(params, self.root / "params.yaml")

    def run(self, *arguments: str, stdin: str = "") -> Outcome:
        """Run one command of the pipeline; the caller looks at the exit code."""
        with contextlib.chdir(self.root):
            result = CliRunner().invoke(main, arguments, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    def must(self, *arguments: str, stdin: str = "") -> str:
        """Run one command that has to succeed; returns its standard output."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def train(self) -> None:
        """Run all stages."""
        for stage in ("ingest", "prepare", "train", "evaluate"):
            self.must(stage)
