"""The commands in the documents, and which tests run them.

A block of `sh` (commands), `console` (commands after a `$`, with their output) or `python` names after its language the
place where it runs: one of `PLACES`.
"""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "lab/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
PLACES = {
    "laptop": "tests/integration/test_documented.py",
    "cluster": "tests/e2e/test_documented.py, tests/e2e/test_monitoring_install.py",
    "workflow": "tests/e2e/test_workflows.py: make targets that the workflows run",
    "whole": "nothing: each takes as long as the tests, or runs them",
    "aws": "nothing: needs an AWS account",
    "docker": "nothing: needs Docker",
    "prometheus-operator": "nothing: needs the Prometheus operator",
}
"""Place -> the tests that run its commands."""

_BLOCK = re.compile(r"^```(\w*)(?: +(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^```(.*)$", re.MULTILINE)
_TYPED = {"sh", "console", "python"}
_PROMPT = "$ "


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    language: str
    place: str
    """Empty if the block names none."""
    script: str
    """What a reader types into a shell."""


def command(script: str, *, seconds: int = 300) -> list[str]:
    """The command that runs a reader's script in bash, stops at the first error, and ends after so many seconds."""
    return ["timeout", str(seconds), "bash", "-euo", "pipefail", "-c", script]


def run(script: str, *, folder: Path = ROOT, environment: Mapping[str, str]) -> str:
    """Run a reader's script and return its output (standard output and error).

    Raises:
        AssertionError: a command failed; the message has the script and its output.
    """
    done = subprocess.run(
        command(script),
        cwd=folder,
        env=dict(environment),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}"
    return done.stdout


def pages(place: str) -> set[str]:
    """The pages that have commands of a place, as paths from the root."""
    return {str(page.relative_to(ROOT)) for page in PAGES if blocks(page, place)}


def blocks(page: str | Path, place: str | None = None) -> list[Block]:
    """The blocks of a page, in its order; only those of `place` if it is given."""
    found = _BLOCK.findall((ROOT / page).read_text())
    read = [Block(language, where, _typed(language, body)) for language, where, body in found if language in _TYPED]
    return [block for block in read if place is None or block.place == place]


def languages(page: str | Path) -> set[str]:
    """The first lines of all fenced blocks of a page, including blocks that are not commands."""
    return set(_FENCE.findall((ROOT / page).read_text())[::2])


def _typed(language: str, body: str) -> str:
    if language == "python":
        return f"python - <<'END'\n{body}END\n"
    if language == "sh":
        return body
    return "".join(line.removeprefix(_PROMPT) for line in body.splitlines(keepends=True) if line.startswith(_PROMPT))
