"""Why a container ended: one reason and one sentence, in the file that Kubernetes shows as the termination message.

The operator reads these messages; tests/data/terminations has an example of each. A *verdict* concerns the model
(exit code 65, EX_DATAERR: a retry changes nothing), a *fault* concerns the environment (75, EX_TEMPFAIL).
"""

import json
import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from sentiment_model.text import one_line

FORMAT = "sentiment.dev/termination/v1"
MAX_BYTES = 4096
"""Kubernetes truncates a container's message at this size."""
DEFAULT_LOG = "/dev/termination-log"


class Reason(StrEnum):
    """Why a container ended before its work was done."""

    DIGEST_MISMATCH = "DigestMismatch"
    UNSUPPORTED_FORMAT = "UnsupportedFormat"
    ARTIFACT_MISSING = "ArtifactMissing"
    UNSAFE_SOURCE = "UnsafeSource"
    LOAD_FAILED = "LoadFailed"

    STORE_UNREACHABLE = "StoreUnreachable"
    STORE_UNAUTHORIZED = "StoreUnauthorized"
    STORAGE_FULL = "StorageFull"
    BAD_CONFIGURATION = "BadConfiguration"


VERDICTS = frozenset(
    {
        Reason.DIGEST_MISMATCH,
        Reason.UNSUPPORTED_FORMAT,
        Reason.ARTIFACT_MISSING,
        Reason.UNSAFE_SOURCE,
        Reason.LOAD_FAILED,
    }
)


class Termination(Exception):
    """Ends the process with a reason.

    The message is one or two sentences, with the next step, free of secrets. It becomes one safe line: a manifest, a
    model or a store may have chosen parts of it.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        self.reason = reason
        self.message = one_line(message, MAX_BYTES)
        super().__init__(self.message)

    @property
    def exit_code(self) -> int:
        """65 for a verdict on the model, 75 for a fault of the environment."""
        return 65 if self.reason in VERDICTS else 75

    def to_json(self) -> bytes:
        """The termination message: ASCII, at most MAX_BYTES."""
        message = self.message
        while len(data := self._encode(message)) > MAX_BYTES:
            message = message[: len(message) * 3 // 4] + "..."
        return data

    def _encode(self, message: str) -> bytes:
        return json.dumps({"format": FORMAT, "reason": self.reason.value, "message": message}).encode()


def write(termination: Termination, environ: Mapping[str, str] = os.environ) -> bool:
    """Write the message where Kubernetes reads it; False if there is no such file (on a laptop)."""
    try:
        path = termination_log(environ)
        if path is None:
            return False
        path.write_bytes(termination.to_json())
    except OSError:
        return False
    return True


def termination_log(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The file whose content Kubernetes shows; None if there is no such file (on a laptop)."""
    if configured := environ.get("TERMINATION_LOG"):
        return Path(configured)
    # Never create a file in /dev outside a pod; a path that TERMINATION_LOG names is created.
    path = Path(DEFAULT_LOG)
    return path if path.is_file() else None
