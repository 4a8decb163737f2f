"""The manifest: the files that it lists, and the manifests that are refused."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_model import ManifestError
from sentiment_model.manifest import (
    GOLDEN,
    MANIFEST,
    MAX_MANIFEST_BYTES,
    MODEL,
    REFERENCE,
    FileEntry,
    build_manifest,
    digest_of,
    encode_manifest,
    parse_manifest,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (MODEL, GOLDEN, REFERENCE):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_the_manifest_lists_each_file_with_size_and_hash(folder: Path) -> None:
    manifest = parse_manifest(build_manifest(folder))
    assert [file.name for file in manifest.files] == sorted([MODEL, GOLDEN, REFERENCE])
    assert manifest.entry(MODEL) == FileEntry(MODEL, len(MODEL), hashlib.sha256(MODEL.encode()).hexdigest())
    assert manifest.entry("absent") is None


def test_other_files_do_not_change_the_digest(folder: Path) -> None:
    before = build_manifest(folder)
    (folder / MANIFEST).write_bytes(before)
    (folder / "MLmodel").write_text("utc_time_created: now")
    assert build_manifest(folder) == before


def test_one_byte_changes_the_digest(folder: Path) -> None:
    before = digest_of(build_manifest(folder))
    (folder / GOLDEN).write_bytes(b"other")
    assert digest_of(build_manifest(folder)) != before


def test_the_digest_is_the_sha256_of_the_bytes() -> None:
    assert digest_of(b"abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("name", [MODEL, GOLDEN])
def test_a_version_without_model_or_golden_rows_has_no_manifest(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ManifestError, match=f"{name} is missing"):
        build_manifest(folder)


def entry(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "sha256": "0" * 64, "size_bytes": 1, **changes}


def manifest(*files: Any, **changes: Any) -> bytes:
    return encode_manifest(
        {"format": "sentiment.dev/manifest/v1", "files": [entry(GOLDEN), entry(MODEL), *files], **changes}
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not JSON"),
        (b"[" * 50_000, "nested too deeply"),
        (b"\xff", "not UTF-8"),
        (b" " * (MAX_MANIFEST_BYTES + 1), "more than the 65536 allowed"),
        (b"[]", "not of format"),
        (manifest(format="sentiment.dev/manifest/v2"), "not of format"),
        (manifest(extra=1), "nothing else"),
        (manifest(files=[]), "1 to 16 files"),
        (manifest(*(entry(f"f{n}") for n in range(15))), "1 to 16 files"),
        (manifest(entry(MODEL)), "lists a file twice"),
        (manifest(files=[entry(MODEL)]), f"does not list {GOLDEN}"),
        (manifest(files=[entry(GOLDEN)]), f"does not list {MODEL}"),
        (manifest(entry("../etc/passwd")), "not a plain file name"),
        (manifest(entry("a/b")), "not a plain file name"),
        (manifest(entry("a\\b")), "not a plain file name"),
        (manifest(entry("..")), "not a plain file name"),
        (manifest(entry("a\0")), "not a plain file name"),
        (manifest(entry("a\n")), "not a plain file name"),
        (manifest(entry(MANIFEST)), "not a plain file name"),
        (manifest(entry(7)), "not a plain file name"),  # type: ignore[arg-type]
        (manifest(entry("x", sha256="F" * 64)), "64 lower-case hex"),
        (manifest(entry("x", size_bytes=-1)), "size_bytes must be"),
        (manifest(entry("x", size_bytes=2**31)), "size_bytes must be"),
        (manifest(entry("x", size_bytes=True)), "size_bytes must be"),
        (manifest(entry("x", surplus=1)), "exactly name, sha256 and size_bytes"),
        (manifest("x"), "exactly name, sha256 and size_bytes"),
        (manifest(entry("x", size_bytes=2**30), entry("y")), "1073741827 bytes together"),
        (json.dumps(json.loads(manifest())).encode(), "not canonical"),
        (manifest() + b"\n", "not canonical"),
        (manifest().rstrip(b"\n"), "not canonical"),
        (manifest(files=[entry(MODEL), entry(GOLDEN)]), "not canonical"),
        (manifest().replace(b'"size_bytes":1}', b'"size_bytes":1,"size_bytes":1}'), "twice"),
    ],
)
def test_a_manifest_with_forbidden_content_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(ManifestError, match=sentence):
        parse_manifest(data)


@given(st.binary(max_size=200))
def test_any_bytes_parse_or_raise_a_manifest_error(data: bytes) -> None:
    with pytest.raises(ManifestError):
        parse_manifest(data)
