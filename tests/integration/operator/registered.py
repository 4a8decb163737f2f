"""A registered model on a real MLflow server with the adapter that is asked about it, and servers that fail."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from sentiment_operator.api.resource import Reference, ResolvedVersion
from tests.integration.conftest import MlflowServer

if TYPE_CHECKING:  # importing MLflow warns; that is done once, silently, by `mlflow_imported`
    from sentiment_operator.registry.mlflow import MlflowRegistry

DIGEST = "sha256:" + "a" * 64


class Registered:
    """A registered model of its own for each test, and the adapter that is asked about it."""

    def __init__(self, server: MlflowServer, monkeypatch: pytest.MonkeyPatch) -> None:
        from mlflow import MlflowClient

        self.server = server
        self.name = f"model-{uuid4().hex[:8]}"
        self.client = MlflowClient(tracking_uri=server.url, registry_uri=server.url)
        self.client.create_registered_model(self.name)
        self.monkeypatch = monkeypatch

    def add(self, *, source: str = "s3://mlflow/1/artifacts", digest: str = DIGEST) -> str:
        tags = {"sentiment.git_commit": "c0ffee", "sentiment.accuracy": "0.92"}
        if digest:
            tags["sentiment.digest"] = digest
        return str(self.client.create_model_version(self.name, source, tags=tags).version)

    def rewrite(self, version: str, column: str, value: str) -> None:
        """Make the server return what only another registry, or an older one, would."""
        with closing(sqlite3.connect(self.server.database)) as database, database:
            database.execute(
                f"UPDATE model_versions SET {column} = ? WHERE name = ? AND version = ?",  # noqa: S608
                (value, self.name, version),
            )

    def resolve(
        self, *, version: str = "", alias: str = "", name: str = "", allow_http: bool = False
    ) -> ResolvedVersion:
        return self.adapter().resolve(Reference(name=name or self.name, version=version, alias=alias))

    def adapter(self) -> "MlflowRegistry":
        return adapter(self.server.url, self.monkeypatch)


def adapter(url: str, monkeypatch: pytest.MonkeyPatch, *, timeout_seconds: float = 30) -> "MlflowRegistry":
    from sentiment_operator.registry.mlflow import MlflowRegistry

    for name in ("REQUEST_TIMEOUT", "REQUEST_MAX_RETRIES", "REQUEST_BACKOFF_FACTOR", "RESPECT_RETRY_AFTER_HEADER"):
        monkeypatch.setenv(f"MLFLOW_HTTP_{name}", "1")  # so that it is put back afterwards
    return MlflowRegistry.connect(url, timeout_seconds=timeout_seconds, allow_http=False)


@contextmanager
def answering(status: int, body: bytes = b"no", **headers: str) -> Iterator[str]:
    """A server that answers everything with `status`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def hanging() -> Iterator[str]:
    """A server that accepts every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


ASKED = Reference(name="sentiment-reviews", version="14")
