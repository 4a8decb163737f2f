"""The real `serve` and `fetch`, as processes of their own."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from testbed.servers import free_port
from testbed.waiting import eventually


def environment(**extra: str) -> dict[str, str]:
    """The environment of a pod: no proxy, no credentials of the machine, and no variable of the test process."""
    return {"PATH": os.environ["PATH"], "NO_PROXY": "*", "PYTHONUNBUFFERED": "1", **extra}


@dataclass
class Ended:
    """How a process ended."""

    code: int
    termination: dict[str, str] | None
    log: list[dict[str, Any]]
    seconds: float


def run(command: str, log: Path, env: Mapping[str, str], *arguments: str, **options: Any) -> Ended:
    """Run a command of the image to its end."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "sentiment_serving", command, *arguments],
        env={**env, "TERMINATION_LOG": str(log)},
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
        **options,
    )
    return Ended(
        done.returncode,
        json.loads(log.read_text()) if log.exists() else None,
        [json.loads(line) for line in done.stderr.splitlines()],
        time.monotonic() - started,
    )


class Server:
    """A running `serve`."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> str:
        """The body of a GET that succeeds."""
        connection = self.connect()
        connection.request("GET", path, headers={"Connection": "close"})
        response = connection.getresponse()
        assert response.status == 200
        return response.read().decode()

    def connect(self) -> http.client.HTTPConnection:
        """A new connection."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def status(self, path: str) -> int | None:
        """The status of a GET on a new connection, None when there is no answer."""
        connection = self.connect()
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def terminate(self, signum: int = signal.SIGTERM) -> None:
        """What the kubelet does."""
        self.process.send_signal(signum)

    def wait(self, seconds: float = 30.0) -> int:
        """Its exit code."""
        return self.process.wait(seconds)


@contextmanager
def serving(
    model_dir: Path,
    version: str = "1",
    *,
    env: Mapping[str, str] | None = None,
    stderr: IO[str] | None = None,
    port: int | None = None,
) -> Iterator[Server]:
    """A server with the model of that folder, ready; ended at the end if it has not ended before."""
    port = port or free_port()
    base = environment(
        MODEL_DIR=str(model_dir), MODEL_NAME="reviews", MODEL_VERSION=version, PORT=str(port), LOG_LEVEL="WARNING"
    )
    command = [sys.executable, "-m", "sentiment_serving", "serve"]
    with started(command, port, env={**base, **(env or {})}, stderr=stderr, end=signal.SIGKILL) as server:
        yield server


@contextmanager
def started(
    command: Sequence[str],
    port: int,
    *,
    env: Mapping[str, str],
    folder: Path | None = None,
    stderr: IO[str] | None = None,
    end: int = signal.SIGTERM,
) -> Iterator[Server]:
    """What a command serves at the port, once it is ready; ended at the end if it has not ended before."""
    process = subprocess.Popen(command, env=env, cwd=folder, stderr=stderr, text=True)
    server = Server(process, port)
    try:
        eventually(lambda: process.poll() is not None or server.status("/readyz") == 200, "readiness")
        assert process.poll() is None, f"{command} ended with {process.returncode}"
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(end)
            process.wait()
