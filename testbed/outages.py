"""Outages of the lab's services."""

from collections.abc import Iterator
from contextlib import contextmanager

from lab import client


@contextmanager
def registry_down() -> Iterator[None]:
    """MLflow refuses connections while the block runs."""
    client.run("stop", "mlflow")
    try:
        yield
    finally:
        client.run("start", "mlflow")
