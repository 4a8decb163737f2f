"""`register`: registers the trained model as a version, once."""

from pathlib import Path

from sentiment_model.manifest import DIGEST_TAG
from sentiment_pipeline import paths
from sentiment_pipeline.errors import DataError
from sentiment_pipeline.params import Params
from sentiment_pipeline.report import read_json
from sentiment_pipeline.tracking.lineage import git_commit, lock_sha256
from sentiment_pipeline.tracking.registry import ACCURACY_TAG, DVC_LOCK_TAG, GIT_COMMIT_TAG, Registered, Registry
from sentiment_pipeline.version.files import verified_digest


def register(registry: Registry, params: Params, name: str, folder: Path, root: Path = Path()) -> Registered:
    """Register the model in `folder`; registering it again returns the same version.

    Raises:
        DataError: the model is missing, was changed after `train`, or was not evaluated.
        RegistryError: MLflow did not answer.
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


def evaluated_accuracy(root: Path, digest: str) -> float:
    """The held-out accuracy that `evaluate` reports for this digest."""
    report = read_json(root / paths.EVALUATE_REPORT)
    if report["digest"] != digest:
        raise DataError(f"{paths.EVALUATE_REPORT} is about another model than the one to register: run `dvc repro`")
    return float(report["accuracy"])
