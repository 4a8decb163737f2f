"""The API server's audit log: who wrote what."""

import json
from dataclasses import dataclass
from pathlib import Path

WRITES = {"create", "update", "patch", "delete", "deletecollection"}


@dataclass(frozen=True)
class AuditLog:
    """The API server's audit log: one JSON object a line."""

    path: Path

    def mark(self) -> int:
        """The present end of the log."""
        return self.path.stat().st_size

    def writes_since(self, mark: int, *, user: str, within: str) -> list[str]:
        """The writes of that user since then to paths that contain `within`, each as "verb path"."""
        with self.path.open() as file:
            file.seek(mark)
            events = [json.loads(line) for line in file if line.endswith("\n")]
        return [
            f"{event['verb']} {event['requestURI']}"
            for event in events
            if event["verb"] in WRITES and event["user"]["username"] == user and within in event["requestURI"]
        ]
