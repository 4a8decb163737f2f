"""Running a job of a workflow file: its `run:` steps in order, in its shell and environment."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from delivery.cluster import ROOT

EXPRESSION = re.compile(r"\$\{\{ (.+?) \}\}")
CREDENTIALS = ("AWS_", "MLFLOW_", "KUBECONFIG", "REGISTRY")
"""Variables that a job has only if the workflow sets them."""


@dataclass(frozen=True)
class Step:
    """A step that ran."""

    name: str
    code: int
    output: str


@dataclass(frozen=True)
class Ended:
    """How a job ended."""

    steps: tuple[Step, ...]

    @property
    def failed(self) -> str | None:
        """The name of the step that failed."""
        return next((step.name for step in self.steps if step.code), None)

    @property
    def last_line(self) -> str:
        """The last line of the job's output."""
        return self.steps[-1].output.strip().splitlines()[-1]

    def output_of(self, name: str) -> str:
        """The output of a step."""
        return next(step.output for step in self.steps if step.name == name)


@dataclass(frozen=True, kw_only=True)
class Runner:
    """Replaces GitHub's runner and AWS."""

    values: Mapping[str, object]
    """Expression -> its value; an unknown expression is an error."""
    environment: Mapping[str, str]
    """Variables that override the job's: they point to the lab."""
    left_out: frozenset[str]
    """Names of steps that are not run here."""

    def run(self, workflow: str, job: str) -> Ended:
        """Run the job until a step fails, and then its `always()` steps."""
        found = yaml.safe_load((ROOT / ".github" / "workflows" / f"{workflow}.yaml").read_text())["jobs"][job]
        around = {name: value for name, value in os.environ.items() if not name.startswith((*CREDENTIALS, "MAKE"))}
        steps: list[Step] = []
        for step in found["steps"]:
            name = step.get("name") or step.get("run") or step["uses"].partition("@")[0]
            if name in self.left_out or not self._is_due(step.get("if"), failed=any(one.code for one in steps)):
                continue
            asked = {**found.get("env", {}), **step.get("env", {})}
            given = {key: self._filled(str(value)) for key, value in asked.items()}
            steps.append(_run(name, step["run"], {**around, **given, **self.environment}))
        return Ended(tuple(steps))

    def _is_due(self, condition: str | None, *, failed: bool) -> bool:
        if condition == "always()":
            return True
        return not failed and (condition is None or bool(self.values[condition]))

    def _filled(self, text: str) -> str:
        return EXPRESSION.sub(lambda match: str(self.values[match[1]]), text)


def _run(name: str, script: str, environment: Mapping[str, Any]) -> Step:
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return Step(name, done.returncode, done.stdout)
