"""Load from wrk, on its own core."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("reviews.lua")
SERVER_CORE, CLIENT_CORE = 0, 1


class CannotMeasure(Exception):
    """Something that the benchmark needs is missing; the message explains how to get it."""


@dataclass(frozen=True)
class Target:
    """The requests."""

    port: int
    path: str = "/predict"
    bodies: Path | None = None
    """A file with one request body a line, sent in turn; None for a GET."""


@dataclass(frozen=True)
class Load:
    """The answers."""

    requests: int
    seconds: float
    p50_us: int
    p99_us: int
    max_us: int
    refused: int
    """Answers with a status from 400 on."""
    broken: int
    """Connections that failed."""
    timeouts: int
    """Answers that took more than wrk's `--timeout`."""
    codes: dict[str, int]
    """Answers by status, if they were counted."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds

    @property
    def failures(self) -> int:
        """The number of requests that were not answered with 200."""
        return self.refused + self.broken + self.timeouts


def load(
    target: Target, *, seconds: float, connections: int = 8, rate: float = 0.0, codes: bool = False, timeout: int = 10
) -> Load:
    """Run the load until it ends.

    Args:
        rate: requests a second to aim at, by pauses of random length between an answer and the connection's next
            request; wrk has no rate of its own. 0 for as fast as answers come.
        codes: count answers by status.
        timeout: seconds.

    Raises:
        CannotMeasure: wrk is not installed, or did not run.
    """
    return finish(start(target, seconds=seconds, connections=connections, rate=rate, codes=codes, timeout=timeout))


def start(
    target: Target, *, seconds: float, connections: int, rate: float = 0.0, codes: bool = False, timeout: int = 10
) -> "subprocess.Popen[str]":
    """Start the load; see `load` and `finish`."""
    if not shutil.which("wrk"):
        raise CannotMeasure(
            "wrk was not found: install it (Debian, Ubuntu: apt-get install wrk; macOS: brew install wrk)"
        )
    if not shutil.which("taskset"):
        raise CannotMeasure(
            "taskset was not found: install util-linux; servers and clients are kept on cores of their own"
        )
    pause_ms = 1000 * connections / rate if rate else 0.0
    method, file = ("POST", str(target.bodies)) if target.bodies else ("GET", "-")
    return subprocess.Popen(
        [
            *("taskset", "--cpu-list", str(CLIENT_CORE)),
            *("wrk", "--threads=1", f"--connections={connections}", f"--duration={seconds:.0f}s"),
            *(f"--timeout={timeout}s", f"--script={SCRIPT}", f"http://127.0.0.1:{target.port}", "--"),
            *(method, target.path, file, f"{pause_ms:.3f}", "codes" if codes else ""),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> Load:
    """Wait for the load that `start` began.

    Raises:
        CannotMeasure: wrk did not run.
    """
    output, _ = process.communicate()
    for line in output.splitlines():
        if line.startswith("{"):
            return Load(**json.loads(line))
    raise CannotMeasure(f"wrk ended with {process.returncode} and no result: {output.strip()[-500:]}")
