"""Fetches a version from an MLflow registry, on a laptop: `models:/reviews@champion` or `models:/reviews/14`.

It needs MLflow (the extra `pipeline`), which no image has: in a cluster the operator queries the registry.
"""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sentiment_model.manifest import DIGEST_TAG, MODEL
from sentiment_model.registered_name import why_refused
from sentiment_serving.fetching.errors import Missing
from sentiment_serving.fetching.fetch import fetch
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.termination import Reason, Termination

_URI = re.compile(r"models:/(?P<name>[^/:]+)(?:@(?P<alias>[^/@:]+)|/(?P<version>[0-9]{1,9}))")
_PIECE_BYTES = 1 << 20


def fetch_registered(model: str, folder: Path) -> tuple[Path, ModelIdentity]:
    """Copy a version's files into `folder` and check each byte against the digest.

    Returns:
        The model file and its identity.

    Raises:
        Termination: BadConfiguration, when the registry cannot be reached or has no such version; also as `fetch`.
    """
    found = _URI.fullmatch(model)
    if found is None:
        raise _bad(f"{model[:100]!a} names no version: write models:/NAME@ALIAS or models:/NAME/VERSION.")
    try:
        import mlflow
    except ImportError:
        raise _bad("models:/ needs MLflow: install the extra `pipeline`, or name the model's file.") from None
    name = found["name"]
    if refused := why_refused(name):
        raise _bad(f"The name of a registered model {refused}: write models:/NAME@ALIAS or models:/NAME/VERSION.")
    client = mlflow.MlflowClient()
    try:
        version = (
            client.get_model_version(name, found["version"])
            if found["version"]
            else client.get_model_version_by_alias(name, found["alias"])
        )
        digest = version.tags.get(DIGEST_TAG, "")
        if not digest:
            raise _bad(f"{name} {version.version} has no tag {DIGEST_TAG}: register it with `sentiment-pipeline`.")
        with tempfile.TemporaryDirectory(dir=folder) as download:
            # Not models:/NAME/VERSION: MLflow reads that as a URL, in which a name with ? is cut off.
            source = client.get_model_version_download_uri(name, version.version)
            artifacts = mlflow.artifacts.download_artifacts(artifact_uri=source, dst_path=download)
            fetch(_Folder(Path(artifacts)), uri=model, digest=digest, folder=folder)
    except mlflow.MlflowException as error:
        code = error.error_code
        raise _bad(
            f"MLflow did not return {model} ({code}): check MLFLOW_TRACKING_URI, the name and the version."
        ) from error
    return folder / MODEL, ModelIdentity(name=name, version=str(version.version), digest=digest)


class _Folder:
    """The files that MLflow has downloaded, as an artifact store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def stream(self, name: str) -> Iterator[bytes]:
        """The bytes of the file, in pieces.

        Raises:
            Missing: there is no such file.
        """
        try:
            with (self._folder / name).open("rb") as file:
                while piece := file.read(_PIECE_BYTES):
                    yield piece
        except FileNotFoundError:
            raise Missing from None


def _bad(message: str) -> Termination:
    return Termination(Reason.BAD_CONFIGURATION, message)
