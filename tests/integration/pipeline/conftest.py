"""Real servers for the pipeline: moto as S3, MLflow with its database in a file and its artifacts in that S3."""

import os
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import httpx
import pytest

from lab.standins.mlflow import ARTIFACTS, STORE

with warnings.catch_warnings():
    # Its own modules warn about each other while they are imported.
    warnings.simplefilter("ignore")
    import mlflow.pyfunc  # noqa: F401

_DEADLINE_SECONDS = 240  # importing MLflow takes a minute on a busy machine


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    url: str


@contextmanager
def serving(command: list[str], url: str, log: Path, environment: dict[str, str]) -> Iterator[Server]:
    """Run a server until the block ends; enter the block when it answers."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment, start_new_session=True)
        try:
            _wait_until_it_answers(process, url, log)
            yield Server(url)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while True:
        if process.poll() is not None:
            raise AssertionError(f"the server ended: {log.read_text()[-2000:]}")
        try:
            httpx.get(url, timeout=2)
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise AssertionError(f"no answer from {url}: {log.read_text()[-2000:]}") from None
            time.sleep(0.1)  # between two looks at a condition with a deadline
        else:
            return


def free_port() -> int:
    """A port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """S3 by moto, with the buckets `raw`, `dvc` and `mlflow`; the AWS variables of this process lead to it."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    log = tmp_path_factory.mktemp("moto") / "log"
    with (
        serving(command, f"http://127.0.0.1:{port}", log, dict(os.environ)) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("AWS_ENDPOINT_URL", server.url)
        patch.setenv("MLFLOW_S3_ENDPOINT_URL", server.url)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        for bucket in ("raw", "dvc", "mlflow"):
            boto3.client("s3").create_bucket(Bucket=bucket)
        yield server


@pytest.fixture(scope="session")
def mlflow_server(store: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """MLflow's own server; MLFLOW_TRACKING_URI of this process leads to it."""
    folder = tmp_path_factory.mktemp("mlflow")
    port = free_port()
    # As the lab does: `mlflow server` imports all of MLflow twice before it answers.
    listen = ("--host", "127.0.0.1", "--port", str(port), "--workers", "1")
    command = [sys.executable, "-m", "uvicorn", *listen, "mlflow.server.fastapi_app:app"]
    environment = {
        **os.environ,
        STORE: f"sqlite:///{folder}/mlflow.db",
        ARTIFACTS: "s3://mlflow/",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    with (
        serving(command, f"http://127.0.0.1:{port}/health", folder / "log", environment),
        pytest.MonkeyPatch.context() as patch,
    ):
        url = f"http://127.0.0.1:{port}"
        patch.setenv("MLFLOW_TRACKING_URI", url)
        yield Server(url)
