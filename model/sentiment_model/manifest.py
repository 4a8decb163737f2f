"""`manifest.json`: the files of a model version with their sizes and hashes. Its sha256 is the version's digest."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_model.errors import ManifestError, ModelFileError
from sentiment_model.tensors import MAX_FILE_BYTES, parse_json

MANIFEST = "manifest.json"
MODEL = "model.safetensors"
GOLDEN = "golden.jsonl"
REFERENCE = "reference.json"

FORMAT = "sentiment.dev/manifest/v1"
REFERENCE_FORMAT = "sentiment.dev/reference/v1"
DIGEST_TAG = "sentiment.digest"
"""The MLflow tag that holds the digest, on runs and on registered versions."""
MAX_MANIFEST_BYTES = 64 * 1024
MAX_FILES = 16

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class FileEntry:
    """One file beside the manifest."""

    name: str
    """A plain name without folders."""
    size_bytes: int
    sha256: str
    """64 lower-case hex digits."""


@dataclass(frozen=True)
class Manifest:
    """The files of a model version."""

    files: tuple[FileEntry, ...]

    def entry(self, name: str) -> FileEntry | None:
        """The entry of that name, or None."""
        return next((file for file in self.files if file.name == name), None)


def build_manifest(folder: Path) -> bytes:
    """The manifest of the model in `folder`, as canonical JSON (sorted names, no spaces, one line).

    Raises:
        ManifestError: The folder lacks the model or the golden rows, or one of its files is too large.
    """
    entries = []
    for name in sorted((MODEL, GOLDEN, REFERENCE)):
        path = folder / name
        if not path.is_file():
            if name == REFERENCE:
                continue
            raise ManifestError(f"{name} is missing: a model version consists at least of {MODEL} and {GOLDEN}")
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        entries.append({"name": name, "sha256": sha256, "size_bytes": path.stat().st_size})
    data = encode_manifest({"files": entries, "format": FORMAT})
    parse_manifest(data)
    return data


def encode_manifest(content: Mapping[str, Any]) -> bytes:
    """The canonical form of a manifest with this content: sorted names, no spaces, one line of ASCII."""
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def parse_manifest(data: bytes) -> Manifest:
    """Read an untrusted manifest.

    Raises:
        ManifestError: The manifest is too large, not canonical JSON, of an unknown format, or lists forbidden files.
    """
    if len(data) > MAX_MANIFEST_BYTES:
        raise ManifestError(f"the manifest has {len(data)} bytes, more than the {MAX_MANIFEST_BYTES} allowed")
    try:
        content = parse_json(data, "manifest")
    except ModelFileError as error:
        raise ManifestError(str(error)) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ManifestError(f"the manifest is not of format {FORMAT}")
    files = content.get("files")
    if set(content) != {"files", "format"} or not isinstance(files, list) or not 1 <= len(files) <= MAX_FILES:
        raise ManifestError(f"the manifest must have a format and a list of 1 to {MAX_FILES} files, and nothing else")
    manifest = Manifest(tuple(_entry(file) for file in files))
    names = {file.name for file in manifest.files}
    if len(names) != len(manifest.files):
        raise ManifestError("the manifest lists a file twice")
    for required in (MODEL, GOLDEN):
        if required not in names:
            raise ManifestError(f"the manifest does not list {required}")
    size = sum(file.size_bytes for file in manifest.files)
    if size > MAX_FILE_BYTES:
        raise ManifestError(
            f"the files of the manifest have {size} bytes together, at most {MAX_FILE_BYTES} are allowed"
        )
    if data != encode_manifest({"files": sorted(files, key=lambda file: str(file["name"])), "format": FORMAT}):
        # One content has one digest. Otherwise one model could be registered, verified and rejected under several.
        raise ManifestError(
            "the manifest is not canonical JSON: files sorted by name, sorted keys, no spaces, one line"
        )
    return manifest


def digest_of(data: bytes) -> str:
    """The digest of a version: `sha256:` and 64 hex digits over the bytes of its manifest."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _entry(file: Any) -> FileEntry:
    if not isinstance(file, dict) or set(file) != {"name", "sha256", "size_bytes"}:
        raise ManifestError("each file of the manifest must have exactly name, sha256 and size_bytes")
    name, sha256, size = file["name"], file["sha256"], file["size_bytes"]
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name == MANIFEST:
        raise ManifestError("the manifest lists a name that is not a plain file name")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise ManifestError(f"{name}: sha256 must be 64 lower-case hex digits")
    if type(size) is not int or not 0 <= size <= MAX_FILE_BYTES:
        raise ManifestError(f"{name}: size_bytes must be 0 to {MAX_FILE_BYTES}")
    return FileEntry(name, size, sha256)
