"""The texts that a candidate must predict: golden rows and the quality set, read with limits on all sizes."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from sentiment_model import ManifestError
from sentiment_model.manifest import GOLDEN, MANIFEST, MAX_MANIFEST_BYTES, Manifest, digest_of, parse_manifest
from sentiment_serving.limits import Limits
from sentiment_serving.verifying.early_verdict import EarlyVerdict
from sentiment_serving.verifying.verdict import Reason

MAX_GOLDEN_BYTES = 16 * 1024 * 1024
MAX_GOLDEN_ROWS = 10_000
MAX_QUALITY_BYTES = 900 * 1024
"""A ConfigMap may have 1 MiB in total."""

_MAX_LINE_BYTES = 1024 * 1024

Row = TypeVar("Row", "GoldenRow", "QualityRow")


class GoldenRow(msgspec.Struct, frozen=True):
    """The estimator's prediction for a text at training time."""

    id: str
    text: str
    label: str
    probability: float
    """Of that label."""


class QualityRow(msgspec.Struct, frozen=True):
    """A text and its true label."""

    text: str
    label: str
    id: str | int = ""
    """The user's own id, or the line number."""


def read_golden(folder: Path, digest: str) -> list[GoldenRow]:
    """The golden rows of the version with this digest in `folder`.

    Raises:
        EarlyVerdict: UnsupportedFormat, when the rows are missing, too many or malformed; BadConfiguration, when the
            folder does not hold that version.
    """
    path = folder / GOLDEN
    try:
        _check_version(folder, digest)
        if path.stat().st_size > MAX_GOLDEN_BYTES:
            raise _unsupported(f"it has {path.stat().st_size} bytes, at most {MAX_GOLDEN_BYTES} are allowed")
        with path.open("rb") as file:
            rows = [row for _, row in _rows(file, GoldenRow, most=MAX_GOLDEN_ROWS)]
    except OSError as error:
        raise EarlyVerdict(
            Reason.BAD_CONFIGURATION,
            f"The version in {folder} cannot be read: {error.strerror or type(error).__name__}. Mount the volume that "
            "`fetch` has filled, and name it in MODEL_DIR.",
        ) from error
    except _Malformed as error:
        raise _unsupported(str(error)) from None
    if not rows:
        raise _unsupported("it is empty")
    if any(not 0.0 <= row.probability <= 1.0 for row in rows):
        raise _unsupported("a probability is not between 0 and 1")
    return rows


def read_quality_set(folder: Path, *, smallest: int | None) -> list[QualityRow]:
    """The quality set in `folder`, where its ConfigMap is mounted: exactly one file of JSON lines.

    Args:
        smallest: the number of rows that a result needs; None if no number is enough.

    Raises:
        EarlyVerdict: QualitySetMissing, QualitySetMalformed, QualitySetTooSmall.
    """
    path = _only_key(folder)
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if size > MAX_QUALITY_BYTES:
                raise _malformed_set(f"it has {size} bytes, at most {MAX_QUALITY_BYTES} are allowed")
            rows = [
                msgspec.structs.replace(row, id=f"line {number}" if row.id == "" else str(row.id))
                for number, row in _rows(file, QualityRow, most=MAX_QUALITY_BYTES)
            ]
    except _Malformed as error:
        raise _malformed_set(str(error)) from None
    except OSError as error:
        raise _malformed_set(f"it cannot be read ({error.strerror or type(error).__name__})") from error
    if not rows:
        raise _missing_set("is empty")
    if smallest is None or len(rows) < smallest:
        needed = "no number of texts can show it" if smallest is None else f"at least {smallest} are needed"
        raise EarlyVerdict(
            Reason.QUALITY_SET_TOO_SMALL,
            f"The quality set has {len(rows)} texts, and {needed} for the accuracy that is asked for: even if every "
            "answer were right, it could be lower. Add texts, or lower spec.rollout.verification.minAccuracy.",
        )
    return rows


def _check_version(folder: Path, digest: str) -> None:
    with (folder / MANIFEST).open("rb") as file:
        data = file.read(MAX_MANIFEST_BYTES + 1)
    if digest_of(data) != digest:
        raise EarlyVerdict(
            Reason.BAD_CONFIGURATION,
            f"{folder} holds the version {digest_of(data)}, and {digest} is to be verified. Mount the volume that "
            "`fetch` has filled for it.",
        )
    try:
        manifest: Manifest = parse_manifest(data)
    except ManifestError as error:
        raise EarlyVerdict(
            Reason.UNSUPPORTED_FORMAT,
            f"{MANIFEST} of this version is not usable: {error}. Register it with `sentiment-pipeline register`.",
        ) from error
    entry = manifest.entry(GOLDEN)
    with (folder / GOLDEN).open("rb") as file:
        if entry is None or hashlib.file_digest(file, "sha256").hexdigest() != entry.sha256:
            raise EarlyVerdict(
                Reason.BAD_CONFIGURATION,
                f"{GOLDEN} in {folder} is not the one of the version. Nothing but `fetch` may write to that volume.",
            )


class _Malformed(Exception):
    """A file has the wrong format; the message is a phrase without any of its text."""


def _rows(file: BinaryIO, kind: type[Row], *, most: int) -> Iterator[tuple[int, Row]]:
    decoder = msgspec.json.Decoder(kind)
    count = 0
    number = 0
    while line := file.readline(_MAX_LINE_BYTES):
        number += 1
        if not line.strip():
            continue
        try:
            row = decoder.decode(line)
        except msgspec.ValidationError as error:
            # The message names types and a path such as `$.label`, never a value.
            raise _Malformed(f"line {number}: {error}") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise _Malformed(f"line {number} is not a JSON object in UTF-8") from None
        if len(row.text) > Limits.text_chars:
            raise _Malformed(
                f"line {number} has a text of {len(row.text)} characters, at most {Limits.text_chars} are allowed"
            )
        count += 1
        if count > most:
            raise _Malformed(f"it has more than {most} rows")
        yield number, row


def _only_key(folder: Path) -> Path:
    try:
        # Kubernetes puts `..data` and a folder named after the time beside the keys of a mounted ConfigMap.
        keys = [path for path in folder.iterdir() if not path.name.startswith("..")]
    except OSError:
        keys = []
    if not keys:
        raise _missing_set("does not exist or is empty")
    if len(keys) > 1:
        raise _malformed_set(f"its ConfigMap has {len(keys)} keys, and one is expected")
    return keys[0]


def _unsupported(why: str) -> EarlyVerdict:
    return EarlyVerdict(
        Reason.UNSUPPORTED_FORMAT,
        f"{GOLDEN} of this version is not usable: {why}. Register the version with `sentiment-pipeline register`.",
    )


def _missing_set(what: str) -> EarlyVerdict:
    return EarlyVerdict(
        Reason.QUALITY_SET_MISSING,
        f"The quality set {what}. Create the ConfigMap that spec.rollout.verification.qualitySet names, with one key "
        'of lines such as {"text": "...", "label": "..."}.',
    )


def _malformed_set(why: str) -> EarlyVerdict:
    return EarlyVerdict(
        Reason.QUALITY_SET_MALFORMED,
        f"The quality set is not usable: {why}. Its ConfigMap must have one key of lines such as "
        '{"text": "...", "label": "..."}, with an id if you like.',
    )
