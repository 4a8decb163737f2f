"""What the workflows promise: minimal permissions, pinned actions, steps that are make targets."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.cluster import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
PINNED = re.compile(r"uses: (\./\S+|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)( # zizmor: .*| .*)?$")
NO_TARGET = {
    "aws eks update-kubeconfig --name",
    "gh pr comment",
    "gh release create",
    "sudo --preserve-env=CI,HOME env",
}
"""Commands that are not make targets, because they belong to the runner's environment."""


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())["jobs"]
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_is_allowed_at_the_top_and_every_job_ends(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["permissions"] == {}
    for name, job in jobs(path).items():
        assert "permissions" in job, name
        assert "uses" in job or "timeout-minutes" in job, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_with_their_release(path: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in path.read_text().splitlines() if "uses:" in line]
    assert [line for line in used if not PINNED.match(line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_step_is_an_existing_make_target(path: Path) -> None:
    database = subprocess.run(
        ["make", "--print-data-base", "--question", "help"], cwd=ROOT, text=True, capture_output=True, check=False
    ).stdout
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):(?!=)", database, re.MULTILINE))
    commands = [step["run"] for job in jobs(path).values() for step in job.get("steps", ()) if "run" in step]
    for command in commands:
        if not any(command.startswith(words) for words in NO_TARGET):
            word, _, target = command.partition(" ")
            assert (word, target in targets) == ("make", True), command
