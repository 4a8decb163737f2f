"""The commands that the documents tell their readers, and who runs them.

A block of `sh` (commands), `console` (commands after a `$`, and what they print) or `python` says after its language
where it runs: one of `PLACES`.
"""

import re
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
    "workflow": "make targets that the workflows run, and so tests/e2e/test_workflows.py",
    "whole": "nothing: each takes as long as the tests, or runs them",
    "aws": "nothing: needs an AWS account",
    "docker": "nothing: needs Docker",
    "prometheus-operator": "nothing: needs the Prometheus operator",
}
"""Where commands run, and what of the tests runs them there."""

_BLOCK = re.compile(r"^```(\w*)(?: +(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^```(.*)$", re.MULTILINE)
_TYPED = {"sh", "console", "python"}
_PROMPT = "$ "


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    language: str
    place: str
    """Empty where none is given."""
    script: str
    """What a reader types into a shell."""


def pages(place: str) -> set[str]:
    """Those that have commands of a place, as paths from the root."""
    return {str(page.relative_to(ROOT)) for page in PAGES if blocks(page, place)}


def blocks(page: str | Path, place: str | None = None) -> list[Block]:
    """Those of a page, in its order; only those of a place where one is given."""
    found = _BLOCK.findall((ROOT / page).read_text())
    read = [Block(language, where, _typed(language, body)) for language, where, body in found if language in _TYPED]
    return [block for block in read if place is None or block.place == place]


def languages(page: str | Path) -> set[str]:
    """What the blocks of a page begin with, those that nobody types too."""
    return set(_FENCE.findall((ROOT / page).read_text())[::2])


def _typed(language: str, body: str) -> str:
    if language == "python":
        return f"python - <<'END'\n{body}END\n"
    if language == "sh":
        return body
    return "".join(line.removeprefix(_PROMPT) for line in body.splitlines(keepends=True) if line.startswith(_PROMPT))
