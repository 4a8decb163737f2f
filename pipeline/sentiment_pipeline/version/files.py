"""Writes and verifies the files of a version: model file, golden rows, reference and manifest."""

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sentiment_model import LinearModel, Scorer
from sentiment_model.manifest import GOLDEN, MANIFEST, MODEL, REFERENCE, build_manifest, digest_of, parse_manifest
from sentiment_model.modelfile import write_model
from sentiment_pipeline.errors import DataError, ExportError
from sentiment_pipeline.version.golden import Estimator, write_golden, write_reference
from sentiment_pipeline.version.parity import check_parity, predict_all, probabilities_of

_FILES = {MODEL, GOLDEN, REFERENCE, MANIFEST}


def write_version(
    folder: Path,
    model: LinearModel,
    estimator: Estimator,
    *,
    texts: Sequence[str],
    golden: Sequence[tuple[str, str]],
) -> tuple[float, str]:
    """Write a version into a folder, replacing the version in it.

    Args:
        folder: holds at most the files of a version; created if it does not exist.
        model: the model to write.
        estimator: the estimator that the model was made from.
        texts: on these model file and estimator are compared, and the reference describes them.
        golden: ids and texts of the golden rows.

    Returns:
        The largest difference in probability between model file and estimator, and the digest.

    Raises:
        ExportError: they differ by too much, or the folder holds other files. It is left unchanged.
    """
    others = sorted(path.name for path in folder.iterdir() if path.name not in _FILES) if folder.exists() else []
    if others:
        raise ExportError(f"{folder} holds other files than those of a version ({others[0]}); name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
        new = Path(scratch)
        write_model(new / MODEL, model)
        scorer = Scorer.open(new / MODEL)
        predictions = predict_all(scorer, texts)
        difference = check_parity(estimator.predict_proba(texts), probabilities_of(predictions))
        write_golden(new / GOLDEN, estimator, golden)
        write_reference(new / REFERENCE, scorer.labels, texts, predictions)
        manifest = build_manifest(new)
        (new / MANIFEST).write_bytes(manifest)
        (folder / MANIFEST).unlink(missing_ok=True)
        for name in (MODEL, GOLDEN, REFERENCE, MANIFEST):
            (new / name).replace(folder / name)
    return difference, digest_of(manifest)


def verified_digest(folder: Path) -> str:
    """Verify the files in the folder of a version, and return its digest.

    Raises:
        DataError: a file is missing or differs from the manifest.
    """
    try:
        data = (folder / MANIFEST).read_bytes()
        manifest = parse_manifest(data)
        altered = [file.name for file in manifest.files if _sha256(folder / file.name) != file.sha256]
    except FileNotFoundError as error:
        raise DataError(f"{error.filename} is not here: run `dvc repro`, or set --model-dir") from None
    if altered:
        raise DataError(f"{', '.join(altered)} in {folder} changed after training: run `dvc repro`")
    return digest_of(data)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
