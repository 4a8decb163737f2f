"""Servers in their own processes: started, waited for until they answer, ended."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from lab.client import MLFLOW_ARTIFACTS, MLFLOW_STORE
from testbed.waiting import eventually

START_SECONDS = 240  # importing MLflow takes a minute on a busy machine


def free_port() -> int:
    """A port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: list[str], health: str | Callable[[], bool], log: Path, environment: Mapping[str, str]
) -> Iterator[None]:
    """Run a server while the block runs; the block starts once the server is healthy.

    Args:
        health: a URL that returns any answer, or a function that returns whether the server is healthy.
    """
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, stdout=output, stderr=output, env=dict(environment), start_new_session=True
        ) as process,
    ):
        try:
            eventually(
                lambda: process.poll() is not None or (_answers(health) if isinstance(health, str) else health()),
                f"an answer from {health if isinstance(health, str) else command[0]}",
                seconds=START_SECONDS,
            )
            assert process.poll() is None, f"{command} ended with {process.returncode}: {log.read_text()[-2000:]}"
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(url: str) -> bool:
    try:
        httpx.get(url, timeout=2)
    except httpx.HTTPError:
        return False
    return True


@contextmanager
def moto(folder: Path) -> Iterator[str]:
    """Run an empty S3 server and yield its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(command, f"{url}/moto-api/", folder / "moto.log", os.environ):
        yield url


@contextmanager
def mlflow(folder: Path) -> Iterator[str]:
    """Run an MLflow server with its database in `folder/mlflow.db` and artifacts in s3://mlflow/, and yield its URL.

    It is started like the lab's (`lab/standins/mlflow.py`): `mlflow server` imports all of MLflow twice.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    listen = ("--host", "127.0.0.1", "--port", str(port), "--workers", "1")
    environment = {
        **os.environ,
        MLFLOW_STORE: f"sqlite:///{folder}/mlflow.db",
        MLFLOW_ARTIFACTS: "s3://mlflow/",
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES": "http,https,ftp",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    command = [sys.executable, "-m", "uvicorn", *listen, "mlflow.server.fastapi_app:app"]
    with running(command, f"{url}/health", folder / "mlflow.log", environment):
        yield url
