"""Publishing good model versions in a registry, and versions that are bad in a chosen way."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3

from sentiment_model.manifest import DIGEST_TAG, GOLDEN, MANIFEST, MODEL, build_manifest, digest_of
from sentiment_model.modelfile import read_model, write_model
from sentiment_pipeline import paths
from sentiment_pipeline.params import load_params
from sentiment_pipeline.tracking.registry import MlflowRegistry
from sentiment_pipeline.tracking.runs import connect as mlflow_client

UNREADABLE = b"This is not a model file, whatever its name suggests.\n"


def break_model(folder: Path) -> str:
    """Replace a version's model file by an unreadable one, with a manifest that matches it.

    Returns:
        The new digest of the version.
    """
    (folder / MODEL).write_bytes(UNREADABLE)
    manifest = build_manifest(folder)
    (folder / MANIFEST).write_bytes(manifest)
    return digest_of(manifest)


class Registry:
    """Publishes versions in the lab's MLflow server.

    Every version is a copy of one small trained model; an extra fact in its file gives each its own digest.
    """

    def __init__(self, trained: Path, scratch: Path) -> None:
        """Publish the model of a workspace. The environment must name the MLflow server and the S3 endpoint.

        Args:
            trained: the workspace in which the pipeline has trained the model.
            scratch: a folder for copies of the model.
        """
        self._params = load_params(trained / "params.yaml")
        self._trained, self._scratch = trained, scratch
        self._mlflow = MlflowRegistry()

    def publish(self, model: str) -> str:
        """Publish a good version and return its number."""
        folder = self._copy()
        return self._add(model, folder, _sealed(folder))

    def publish_unreadable(self, model: str) -> str:
        """Publish a version whose model file matches its digest but cannot be read."""
        folder = self._copy()
        return self._add(model, folder, break_model(folder))

    def publish_flipped(self, model: str) -> str:
        """Publish a version whose labels were swapped after training: the golden rows show it."""
        folder = self._copy()
        _swap_labels(folder)
        return self._add(model, folder, _sealed(folder))

    def publish_contrary(self, model: str) -> str:
        """Publish a version with swapped labels and golden rows: only comparison with other versions shows it."""
        folder = self._copy()
        labels = _swap_labels(folder)
        rows = [json.loads(line) for line in (folder / GOLDEN).read_text().splitlines()]
        opposite = dict(zip(labels, reversed(labels), strict=True))
        lines = [json.dumps({**row, "label": opposite[row["label"]]}) + "\n" for row in rows]
        (folder / GOLDEN).write_text("".join(lines))
        return self._add(model, folder, _sealed(folder))

    def publish_tampered(self, model: str) -> str:
        """Publish a version whose model file changes in the store after its registration."""
        number = self.publish(model)
        content = self._stored(model, number).get()["Body"].read()
        self._stored(model, number).put(Body=content[:-1] + bytes([content[-1] ^ 1]))
        return number

    def publish_missing(self, model: str) -> tuple[str, Callable[[], None]]:
        """Publish a version whose manifest is missing in the store.

        Returns:
            The version's number, and a function that restores the manifest.
        """
        number = self.publish(model)
        manifest = self._stored(model, number, MANIFEST)
        content = manifest.get()["Body"].read()
        manifest.delete()
        return number, lambda: manifest.put(Body=content)

    def _stored(self, model: str, number: str, name: str = MODEL) -> Any:
        """A version's file in the store, as a boto3 S3 object."""
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
    """Write the manifest of a folder and return its digest."""
    (folder / MANIFEST).write_bytes(build_manifest(folder))
    return digest_of((folder / MANIFEST).read_bytes())
