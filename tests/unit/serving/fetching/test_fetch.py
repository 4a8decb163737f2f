"""Fetching: what is copied, what is a verdict on the model, and what is a fault of the environment.

The stores here are dictionaries; tests/integration/serving has real ones.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sentiment_model.manifest import digest_of, encode_manifest
from sentiment_serving.fetching.errors import (
    Misconfigured,
    Missing,
    StoreError,
    Unauthorized,
    Unreachable,
    UntrustedCertificate,
)
from sentiment_serving.fetching.fetch import fetch
from sentiment_serving.fetching.object_client import classify_error
from sentiment_serving.termination import Reason, Termination
from tests.unit.serving.tiny_model import write_version

FILES = ("golden.jsonl", "manifest.json", "model.safetensors")


class Shelf:
    """An ArtifactStore in memory, whose reads can be made to fail."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.before_read: Callable[[str], None] = lambda name: None
        self.reads: list[str] = []

    def stream(self, name: str) -> Iterator[bytes]:
        self.reads.append(name)
        self.before_read(name)
        if name not in self.files:
            raise Missing("it does not exist")
        data = self.files[name]
        for start in range(0, len(data), 100):
            yield data[start : start + 100]


@pytest.fixture
def version(tmp_path: Path) -> tuple[Shelf, str]:
    """A registered version and its digest."""
    folder = tmp_path / "registered"
    digest = write_version(folder)
    return Shelf({path.name: path.read_bytes() for path in folder.iterdir()}), digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """MODEL_DIR, not there yet."""
    return tmp_path / "model"


def run(store: Shelf, digest: str, folder: Path, pauses_seconds: tuple[float, ...] = ()) -> None:
    fetch(store, uri="s3://b/m", digest=digest, folder=folder, pauses_seconds=pauses_seconds, sleep=lambda _: None)


def ending(store: Shelf, digest: str, folder: Path, pauses_seconds: tuple[float, ...] = ()) -> Termination:
    with pytest.raises(Termination) as caught:
        run(store, digest, folder, pauses_seconds)
    assert not (folder / "manifest.json").exists(), "only a complete folder has a manifest"
    assert not list(folder.glob(".incoming-*"))
    return caught.value


def test_a_version_is_copied_whole(version: tuple[Shelf, str], folder: Path) -> None:
    store, digest = version
    run(store, digest, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == store.files
    assert sorted(store.files) == list(FILES)


def test_what_the_folder_held_is_replaced(version: tuple[Shelf, str], folder: Path) -> None:
    store, digest = version
    folder.mkdir()
    for name in FILES:
        (folder / name).write_text("old")
    run(store, digest, folder)
    assert (folder / "model.safetensors").read_bytes() == store.files["model.safetensors"]


def test_another_digest_is_a_mismatch_after_one_more_fetch(version: tuple[Shelf, str], folder: Path) -> None:
    store, digest = version
    other = "sha256:" + "0" * 64
    caught = ending(store, other, folder)
    assert caught.reason is Reason.DIGEST_MISMATCH
    assert digest in caught.message
    assert other in caught.message
    assert store.reads == ["manifest.json"] * 2


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: data + b"x", lambda data: data[:-1] + b"\0", lambda _: b""]
)
def test_a_damaged_file_is_a_mismatch(
    version: tuple[Shelf, str], folder: Path, damage: Callable[[bytes], bytes]
) -> None:
    store, digest = version
    store.files["golden.jsonl"] = damage(store.files["golden.jsonl"])
    caught = ending(store, digest, folder)
    assert caught.reason is Reason.DIGEST_MISMATCH
    assert "golden.jsonl" in caught.message
    assert store.reads.count("golden.jsonl") == 2


def test_a_file_that_grows_without_end_is_left_at_its_size(version: tuple[Shelf, str], folder: Path) -> None:
    store, digest = version
    size = len(store.files["golden.jsonl"])
    sent = 0

    class Endless(Shelf):
        def stream(self, name: str) -> Iterator[bytes]:
            nonlocal sent
            if name != "golden.jsonl":
                yield from super().stream(name)
                return
            while True:
                sent += 100
                yield b"x" * 100

    assert ending(Endless(store.files), digest, folder).reason is Reason.DIGEST_MISMATCH
    assert sent <= 2 * (size + 200)


def test_a_mismatch_that_heals_is_no_verdict(version: tuple[Shelf, str], folder: Path) -> None:
    store, digest = version
    good = store.files["golden.jsonl"]
    store.files["golden.jsonl"] = good[:-10]

    def upload_ends(name: str) -> None:
        if name == "manifest.json" and store.reads.count(name) == 2:
            store.files["golden.jsonl"] = good

    store.before_read = upload_ends
    run(store, digest, folder)
    assert (folder / "golden.jsonl").read_bytes() == good


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(version: tuple[Shelf, str], folder: Path, name: str) -> None:
    store, digest = version
    del store.files[name]
    caught = ending(store, digest, folder)
    assert caught.reason is Reason.ARTIFACT_MISSING
    assert f"no {name} under s3://b/m" in caught.message


def hostile(change: Callable[[dict[str, Any]], None], store: Shelf) -> str:
    """Rewrite the manifest; returns its digest, which a hostile registrant would have registered."""
    document = json.loads(store.files["manifest.json"])
    change(document)
    store.files["manifest.json"] = encode_manifest(document)
    return digest_of(store.files["manifest.json"])


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["files"][0].update(name="../../etc/passwd"),
        lambda document: document["files"][0].update(name="/etc/passwd"),
        lambda document: document["files"][0].update(name=".."),
        lambda document: document["files"][0].update(size_bytes=1 << 62),
        lambda document: document["files"][0].update(size_bytes=-1),
        lambda document: document["files"].extend(document["files"]),
        lambda document: document["files"].pop(0),
        lambda document: document.update(format="sentiment.dev/manifest/v9"),
    ],
)
def test_a_hostile_manifest_is_an_unsupported_format(
    version: tuple[Shelf, str], folder: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    store, _ = version
    caught = ending(store, hostile(change, store), folder)
    assert caught.reason is Reason.UNSUPPORTED_FORMAT
    assert store.reads == ["manifest.json"]


def test_a_manifest_is_not_read_beyond_its_limit(version: tuple[Shelf, str], folder: Path) -> None:
    store, _ = version
    store.files["manifest.json"] = b" " * 10_000_000
    caught = ending(store, "sha256:" + "0" * 64, folder)
    assert caught.reason is Reason.UNSUPPORTED_FORMAT


def test_an_unreachable_store_is_asked_again_and_then_a_fault(version: tuple[Shelf, str], folder: Path) -> None:
    store, digest = version

    def fail(name: str) -> None:
        raise Unreachable("it refused the connection")

    store.before_read = fail
    caught = ending(store, digest, folder, pauses_seconds=(1.0, 1.0))
    assert caught.reason is Reason.STORE_UNREACHABLE
    assert "it refused the connection" in caught.message
    assert len(store.reads) == 3


def test_a_store_that_comes_back_in_the_middle_is_enough(version: tuple[Shelf, str], folder: Path) -> None:
    store, digest = version

    def fail_once(name: str) -> None:
        if store.reads == ["manifest.json", "golden.jsonl"]:
            raise Unreachable("it broke off")

    store.before_read = fail_once
    run(store, digest, folder, pauses_seconds=(1.0,))
    assert (folder / "manifest.json").exists()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unauthorized("it refused the credentials"), Reason.STORE_UNAUTHORIZED),
        (Misconfigured("no account"), Reason.BAD_CONFIGURATION),
    ],
)
@pytest.mark.parametrize("name", FILES)
def test_a_refusal_is_a_fault_at_once(
    version: tuple[Shelf, str], folder: Path, error: StoreError, reason: Reason, name: str
) -> None:
    store, digest = version

    def refuse(asked: str) -> None:
        if asked == name:
            raise error

    store.before_read = refuse
    caught = ending(store, digest, folder, pauses_seconds=(1.0, 1.0))
    assert caught.reason is reason
    assert str(error) in caught.message


def test_a_folder_that_cannot_be_made_is_the_configuration(version: tuple[Shelf, str], tmp_path: Path) -> None:
    store, digest = version
    (tmp_path / "file").write_text("")
    with pytest.raises(Termination) as caught:
        run(store, digest, tmp_path / "file" / "model")
    assert caught.value.reason is Reason.BAD_CONFIGURATION


@pytest.mark.parametrize(
    ("text", "kind", "phrase"),
    [
        ("PUT http://169.254.169.254/latest/api/token ... kind: Connect", Unauthorized, "credentials"),
        ("status: 400, body: <Code>ExpiredToken</Code>", Unauthorized, "credentials"),
        ("Account must be specified", Misconfigured, "account"),
        ("inner: Status { status: 503, body: hunter2 }", Unreachable, "status 503"),
        ('kind: Connect, ConnectError("dns error", failed to lookup address)', Unreachable, "host name"),
        ("kind: Connect, invalid peer certificate: UnknownIssuer", UntrustedCertificate, "certificate"),
        ("invalid peer certificate: NotValidForNameContext", Unreachable, "another host name"),
        ("kind: Timeout, source: TimedOut", Unreachable, "in time"),
        ("kind: Connect, Connection refused (os error 111)", Unreachable, "refused"),
        ("Content-Range header not present: NoContentRange", Unreachable, "broke off"),
        ("anything else with hunter2", Unreachable, "failed"),
    ],
)
def test_errors_of_the_client_become_phrases(text: str, kind: type[StoreError], phrase: str) -> None:
    error = classify_error(text)
    assert type(error) is kind
    assert phrase in str(error)
    assert "hunter2" not in str(error)
