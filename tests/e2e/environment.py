"""What surrounds the operator in these tests: the lab's commands, its API server's audit log, its MLflow server."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3

from delivery.cluster import ROOT
from demo.broken import break_model
from sentiment_model.manifest import DIGEST_TAG, GOLDEN, MANIFEST, MODEL, build_manifest, digest_of
from sentiment_model.modelfile import read_model, write_model
from sentiment_pipeline import paths
from sentiment_pipeline.params import load_params
from sentiment_pipeline.tracking.registry import MlflowRegistry
from sentiment_pipeline.tracking.runs import connect as mlflow_client

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


@contextmanager
def registry_down() -> Iterator[None]:
    """MLflow is stopped while the block runs."""
    lab("stop", "mlflow")
    try:
        yield
    finally:
        lab("start", "mlflow")


@dataclass(frozen=True)
class AuditLog:
    """The API server's audit log: one JSON object a line."""

    path: Path

    def mark(self) -> int:
        """Where the log ends now."""
        return self.path.stat().st_size

    def writes_since(self, mark: int, *, user: str, within: str) -> list[str]:
        """The writes of that user since then to paths that contain ``within``, each as "verb path"."""
        with self.path.open() as file:
            file.seek(mark)
            events = [json.loads(line) for line in file if line.endswith("\n")]
        return [
            f"{event['verb']} {event['requestURI']}"
            for event in events
            if event["verb"] in WRITES and event["user"]["username"] == user and within in event["requestURI"]
        ]


class Registry:
    """Publishes versions in the lab's MLflow server: good ones, and ones that are bad in a chosen way.

    Every version is the same small trained model, made different by one of its facts.
    """

    def __init__(self, trained: Path, scratch: Path) -> None:
        """Publish what was trained in the workspace ``trained``; copies are made in ``scratch``.

        The environment must name the MLflow server and the S3 endpoint.
        """
        self._params = load_params(trained / "params.yaml")
        self._trained, self._scratch = trained, scratch
        self._mlflow = MlflowRegistry()

    def publish(self, model: str) -> str:
        """A good version; returns its number."""
        folder = self._copy()
        return self._add(model, folder, _sealed(folder))

    def publish_unreadable(self, model: str) -> str:
        """A version that is what its digest says, but not a model."""
        folder = self._copy()
        return self._add(model, folder, break_model(folder))

    def publish_flipped(self, model: str) -> str:
        """A version that says the opposite of what it said when it was trained."""
        folder = self._copy()
        _swap_labels(folder)
        return self._add(model, folder, _sealed(folder))

    def publish_contrary(self, model: str) -> str:
        """A version that was trained to say the opposite of all others: only what serves can tell."""
        folder = self._copy()
        labels = _swap_labels(folder)
        rows = [json.loads(line) for line in (folder / GOLDEN).read_text().splitlines()]
        opposite = dict(zip(labels, reversed(labels), strict=True))
        lines = [json.dumps({**row, "label": opposite[row["label"]]}) + "\n" for row in rows]
        (folder / GOLDEN).write_text("".join(lines))
        return self._add(model, folder, _sealed(folder))

    def publish_tampered(self, model: str) -> str:
        """A version whose model file was changed in the store after it was registered."""
        number = self.publish(model)
        content = self._stored(model, number).get()["Body"].read()
        self._stored(model, number).put(Body=content[:-1] + bytes([content[-1] ^ 1]))
        return number

    def publish_missing(self, model: str) -> tuple[str, Callable[[], None]]:
        """A version whose manifest is not in the store; and how it comes back."""
        number = self.publish(model)
        manifest = self._stored(model, number, MANIFEST)
        content = manifest.get()["Body"].read()
        manifest.delete()
        return number, lambda: manifest.put(Body=content)

    def _stored(self, model: str, number: str, name: str = MODEL) -> Any:
        """The file of that name of a version, as boto3's S3 object."""
        uri = mlflow_client().get_model_version_download_uri(model, number)
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        return boto3.resource("s3").Object(bucket, f"{prefix}/{name}")

    def _copy(self) -> Path:
        name = uuid4().hex
        folder = self._scratch / name
        shutil.copytree(self._trained / paths.MODEL_DIR, folder)
        model = read_model(folder / MODEL)
        write_model(folder / MODEL, replace(model, facts={**model.facts, "copy": name}))
        _sealed(folder)
        return folder

    def _add(self, model: str, folder: Path, digest: str) -> str:
        run_id = self._mlflow.record_training(self._params, self._trained)
        return self._mlflow.add(model, folder, {DIGEST_TAG: digest}, run_id).number


def _swap_labels(folder: Path) -> tuple[str, ...]:
    model = read_model(folder / MODEL)
    write_model(folder / MODEL, replace(model, labels=model.labels[::-1]))
    return model.labels


def _sealed(folder: Path) -> str:
    """Write the manifest of what is there; the digest."""
    (folder / MANIFEST).write_bytes(build_manifest(folder))
    return digest_of((folder / MANIFEST).read_bytes())
