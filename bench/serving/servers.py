"""Servers as processes on their own core: ours, as shipped and as plain Flask views, and the peers."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.serving import environments
from bench.serving.trained import Trained
from bench.serving.wrk import SERVER_CORE, CannotMeasure, Target
from testbed.servers import free_port

OURS = '{"text": %s}'
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_START_SECONDS = 180
_PEERS = Path(__file__).with_name("peers")


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    process: "subprocess.Popen[bytes]"
    target: Target
    started_seconds: float
    """Seconds from its start to its first answer with 200."""

    def cpu_seconds(self) -> float:
        """CPU time of all its processes."""
        return sum(int(stat[11]) + int(stat[12]) for stat in self._stats()) / _TICKS_A_SECOND

    def memory_bytes(self) -> int:
        """Resident memory of all its processes, including pages of mapped files."""
        return sum(int(stat[21]) for stat in self._stats()) * _PAGE_BYTES

    def status(self, path: str, body: bytes | None = None, *, timeout: float = 10.0) -> int | None:
        """The status of a request on a new connection; None without an answer."""
        return _status(self.target.port, path, body, timeout=timeout)

    def _stats(self) -> Iterator[list[str]]:
        """The fields of /proc/PID/stat from the state on, for each process of the server's session."""
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended
            if fields[3] == str(self.process.pid):
                yield fields


@contextmanager
def ours(
    trained: Trained, *, env: Mapping[str, str] | None = None, log: Path | None = None, command: tuple[str, ...] = ()
) -> Iterator[Running]:
    """Our server.

    Args:
        env: settings beside the model's.
        log: where its log goes.
        command: what starts it in another way than this environment's Python.
    """
    port = free_port()
    settings = {
        "MODEL_DIR": str(trained.version),
        "MODEL_NAME": "reviews",
        "MODEL_VERSION": "14",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_LEVEL": "WARNING",
        # As in the image.
        "MALLOC_ARENA_MAX": "2",
        **(env or {}),
    }
    started = command or (sys.executable, "-m", "sentiment_serving", "serve")
    with _running(started, settings, Target(port, bodies=trained.bodies(OURS)), log=log) as running:
        yield running


@contextmanager
def plain(trained: Trained) -> Iterator[Running]:
    """Our server with Flask's routing and views for every request."""
    with ours(trained, env={"SENTIMENT_FAST_PATH": "0"}) as running:
        yield running


@contextmanager
def hello(trained: Trained) -> Iterator[Running]:
    """A bare Flask hello world on granian."""
    del trained
    port = free_port()
    command = (
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--http", "1", "--no-ws", "--log-level", "warning", "hello:app"),
    )
    with _running(command, {"PYTHONPATH": str(_PEERS)}, Target(port, path="/")) as running:
        yield running


@contextmanager
def fastapi(trained: Trained) -> Iterator[Running]:
    """FastAPI and scikit-learn on uvicorn with its fast extras."""
    python = environments.fastapi()
    port = free_port()
    command = (
        *(str(python), "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"),
        "fastapi_app:app",
    )
    env = {"PYTHONPATH": str(_PEERS), "PIPELINE": str(trained.pipeline)}
    with _running(command, env, Target(port, bodies=trained.bodies(OURS))) as running:
        yield running


@contextmanager
def mlflow(trained: Trained) -> Iterator[Running]:
    """`mlflow models serve` of the scikit-learn Pipeline, which answers with labels only."""
    python = environments.mlflow()
    model = trained.folder / "mlflow"
    env = {"MLFLOW_DISABLE_TELEMETRY": "true", "HOME": str(trained.folder), "PYTHONWARNINGS": "ignore"}
    if not (model / "MLmodel").is_file():
        saving = [str(python), str(_PEERS / "save_mlflow.py"), str(trained.pipeline), str(model)]
        environments.run(saving, env={**_base_environment(), **env})
    port = free_port()
    command = (
        *(str(python), "-m", "mlflow", "models", "serve", "--model-uri", str(model), "--env-manager", "local"),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
    )
    env["PATH"] = f"{python.parent}:{os.environ['PATH']}"
    target = Target(port, path="/invocations", bodies=trained.bodies('{"inputs": [%s]}'))
    with _running(command, env, target) as running:
        yield running


def _base_environment() -> dict[str, str]:
    """Environment variables without proxies, credentials or other settings of the user."""
    return {"PATH": os.environ["PATH"], "NO_PROXY": "*", "LANG": "C.UTF-8"}


@contextmanager
def _running(
    command: tuple[str, ...], env: Mapping[str, str], target: Target, *, log: Path | None = None
) -> Iterator[Running]:
    body = target.bodies.open("rb").readline().strip() if target.bodies else None
    with (log or Path(os.devnull)).open("wb") as output:
        begun = time.monotonic()
        process = subprocess.Popen(
            ["taskset", "--cpu-list", str(SERVER_CORE), *command],
            env={**_base_environment(), **env},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        while (status := _status(target.port, target.path, body)) != 200:
            if process.poll() is not None or time.monotonic() - begun > _START_SECONDS:
                raise CannotMeasure(
                    f"{' '.join(command)} did not begin to answer (status {status}, exit code {process.returncode})"
                )
            time.sleep(0.005)
        yield Running(process, target, time.monotonic() - begun)
    finally:
        # End the whole session: `mlflow models serve` has children.
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    for signum in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(process.pid, signum)
        except ProcessLookupError:
            break
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _status(port: int, path: str, body: bytes | None, *, timeout: float = 10.0) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        method = "GET" if body is None else "POST"
        connection.request(method, path, body, {"Content-Type": "application/json", "Connection": "close"})
        response = connection.getresponse()
        response.read()
        return response.status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
