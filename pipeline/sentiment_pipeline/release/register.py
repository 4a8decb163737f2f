"""`register`: the trained model becomes a version in the registry, once."""

from dataclasses import dataclass
from pathlib import Path

from sentiment_model.manifest import DIGEST_TAG, MANIFEST, digest_of, parse_manifest
from sentiment_pipeline import paths
from sentiment_pipeline.data.sources import checksum
from sentiment_pipeline.errors import DataError, RegistryError
from sentiment_pipeline.params import Params
from sentiment_pipeline.report import read_json
from sentiment_pipeline.tracking.lineage import git_commit, lock_sha256
from sentiment_pipeline.tracking.registry import ACCURACY_TAG, DVC_LOCK_TAG, GIT_COMMIT_TAG, Registry, Version


@dataclass(frozen=True)
class Registered:
    """What came of it."""

    version: Version
    created: bool
    """False where a version of the same digest was there already."""


def register(registry: Registry, params: Params, name: str, folder: Path, root: Path = Path()) -> Registered:
    """Register the model in `folder`; a second time gives the version of the first.

    Raises:
        DataError: the model is missing, was altered after `train`, or was not evaluated.
        RegistryError: MLflow could not be asked.
    """
    digest = verified_digest(folder)
    known = registry.find(name, digest)
    if known is not None:
        return Registered(known, created=False)
    tags = {
        DIGEST_TAG: digest,
        ACCURACY_TAG: f"{evaluated_accuracy(root, digest):.6f}",
        GIT_COMMIT_TAG: git_commit(root),
        DVC_LOCK_TAG: lock_sha256(root),
    }
    present = {tag: value for tag, value in tags.items() if value}
    run_id = registry.record_training(params, root)
    return Registered(registry.add(name, folder, present, run_id), created=True)


def verified_digest(folder: Path) -> str:
    """The digest of a model folder, after checking that its files are those of its manifest."""
    try:
        data = (folder / MANIFEST).read_bytes()
        manifest = parse_manifest(data)
        altered = [file.name for file in manifest.files if checksum(folder / file.name) != file.sha256]
    except FileNotFoundError as error:
        raise DataError(f"{error.filename} is not here: run `dvc repro`, or give --model-dir") from None
    if altered:
        raise DataError(f"{', '.join(altered)} in {folder} changed after training: run `dvc repro`")
    return digest_of(data)


def download(registry: Registry, version: Version, folder: Path) -> Path:
    """Bring a version's files into a folder; returns where they are.

    Raises:
        RegistryError: MLflow could not be asked, or gives other files than those of the digest.
    """
    found = registry.download(version, folder)
    digest = verified_digest(found)
    if digest != version.digest:
        raise RegistryError(
            f"version {version.number} of {version.name} has the files of {digest},"
            f" but its tag says {version.digest or 'nothing'}: look into the registry"
        )
    return found


def evaluated_accuracy(root: Path, digest: str) -> float:
    """The held-out accuracy that `evaluate` found for this digest."""
    report = read_json(root / paths.EVALUATE_REPORT)
    if report["digest"] != digest:
        raise DataError(f"{paths.EVALUATE_REPORT} speaks of another model than the one to register: run `dvc repro`")
    return float(report["accuracy"])
