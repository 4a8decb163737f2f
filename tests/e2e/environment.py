"""What surrounds the operator in these tests: the lab's commands, its API server's audit log, its MLflow server."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from delivery.cluster import ROOT

WRITES = {"create", "update", "patch", "delete", "deletecollection"}


def lab(*arguments: str) -> str:
    """Run `python -m lab`."""
    return subprocess.run(
        [sys.executable, "-m", "lab", *arguments], cwd=ROOT, check=True, text=True, capture_output=True
    ).stdout


def lab_is_up() -> bool:
    """Whether there is a lab to be used (and left as it was)."""
    return (
        subprocess.run([sys.executable, "-m", "lab", "env"], cwd=ROOT, capture_output=True, check=False).returncode == 0
    )


@dataclass(frozen=True)
class AuditLog:
    """The API server's audit log: one JSON object a line."""

    path: Path

    def mark(self) -> int:
        """Where the log ends now."""
        return self.path.stat().st_size

    def writes_since(self, mark: int, *, user: str) -> list[str]:
        """The writes of that user since then, each as "verb path"."""
        with self.path.open() as file:
            file.seek(mark)
            events = [json.loads(line) for line in file if line.endswith("\n")]
        return [
            f"{event['verb']} {event['requestURI']}"
            for event in events
            if event["verb"] in WRITES and event["user"]["username"] == user
        ]


class Registry:
    """Registers versions in the lab's MLflow server: good ones, and ones that are bad in a chosen way."""

    def __init__(self, environment: Mapping[str, str], *, folder: Path) -> None:
        self._environment = environment
        self._folder = folder
