"""`fetch` against a real S3 server: what arrives, and the message it leaves when nothing does.

| the store | reason |
|---|---|
| has the version | |
| has other bytes, fewer bytes, another manifest | DigestMismatch |
| has a hostile or oversized manifest | UnsupportedFormat |
| lacks a file, or the bucket | ArtifactMissing |
| refuses | StoreUnauthorized |
| does not listen, breaks off, fails, is no S3 | StoreUnreachable |
| is no store at all | UnsafeSource |
| is fine, but the disk is full or read-only | StorageFull, BadConfiguration |
"""

import json
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sentiment_model.manifest import GOLDEN, MANIFEST, MODEL, digest_of, encode_manifest
from sentiment_serving.fetching.fetch import fetch
from sentiment_serving.fetching.source import parse_source
from sentiment_serving.fetching.store import open_store
from sentiment_serving.termination import Reason, Termination
from testbed.servers import free_port
from testbed.waiting import eventually
from tests.integration.serving.fetching import (
    BUCKET,
    KEYS,
    ROOT,
    S3,
    URI,
    Fetcher,
    checking_signatures,
    expect,
    files_of,
)
from tests.integration.serving.process import environment, run, serving
from tests.integration.serving.web import Answer, WebServer, breaking_line, respond

pytestmark = pytest.mark.integration


def test_a_version_arrives_whole(fetcher: Fetcher, version: tuple[Path, str]) -> None:
    ended = fetcher()
    assert ended.code == 0, ended.log
    assert ended.termination is None
    arrived = {path.name: path.read_bytes() for path in fetcher.folder.iterdir()}
    assert arrived == {path.name: path.read_bytes() for path in version[0].iterdir()}
    assert {line["message"] for line in ended.log} == {f"verified {MODEL}", f"verified {GOLDEN}", f"fetched {URI}"}


def test_fetching_again_replaces_what_is_there(fetcher: Fetcher, version: tuple[Path, str]) -> None:
    assert fetcher().code == 0
    (fetcher.folder / MODEL).write_bytes(b"old")
    assert fetcher().code == 0
    assert (fetcher.folder / MODEL).read_bytes() == (version[0] / MODEL).read_bytes()


# A process's peak includes that of the one it was forked from, so a small one stands between it and the tests.
METER = """
import os, sys
pid = os.posix_spawn(sys.executable, [sys.executable, "-m", "sentiment_serving", "fetch"], os.environ)
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss * 1024)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak_bytes(env: dict[str, str]) -> int:
    """Fetch, and return how much memory that took."""
    return int(subprocess.run([sys.executable, "-c", METER], env=env, check=True, stdout=subprocess.PIPE).stdout)


def test_a_large_file_is_streamed(fetcher: Fetcher, s3: S3, version: tuple[Path, str]) -> None:
    small = peak_bytes(fetcher.env)
    manifest = json.loads((version[0] / MANIFEST).read_text())
    large = b"0123456789abcdef" * (64 * 65536)
    entry = next(file for file in manifest["files"] if file["name"] == GOLDEN)
    entry.update(size_bytes=len(large), sha256=digest_of(large).removeprefix("sha256:"))
    data = encode_manifest(manifest)
    s3.put(MANIFEST, data)
    s3.put(GOLDEN, large)
    assert peak_bytes(fetcher.env | {"MODEL_DIGEST": digest_of(data)}) < small + len(large) // 2
    assert (fetcher.folder / GOLDEN).stat().st_size == len(large)


def test_serve_fetches_first_without_a_folder(fetcher: Fetcher, tmp_path: Path) -> None:
    env = {name: value for name, value in fetcher.env.items() if name not in ("MODEL_DIR", "PATH", "NO_PROXY")}
    with serving(tmp_path, env=env | {"MODEL_DIR": ""}) as server:
        assert server.status("/readyz") == 200


def test_a_digest_that_was_never_registered(fetcher: Fetcher, version: tuple[Path, str]) -> None:
    expect(fetcher(MODEL_DIGEST="sha256:" + "0" * 64), Reason.DIGEST_MISMATCH, MANIFEST, version[1], "register")


@pytest.mark.parametrize("damage", [lambda data: data[:-7], lambda data: data[:-7] + b"damaged", lambda _: b""])
def test_a_damaged_file(fetcher: Fetcher, s3: S3, version: tuple[Path, str], damage: Callable[[bytes], bytes]) -> None:
    s3.put(MODEL, damage((version[0] / MODEL).read_bytes()))
    expect(fetcher(), Reason.DIGEST_MISMATCH, MODEL, "twice", URI)


def files(change: Callable[[list[dict[str, Any]]], object]) -> Callable[[dict[str, Any]], bytes]:
    def changed(manifest: dict[str, Any]) -> bytes:
        change(manifest["files"])
        return encode_manifest(manifest)

    return changed


EXTRA = {"name": "zebra", "size_bytes": 1, "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        (files(lambda listed: listed.append(EXTRA | {"name": "../../../../tmp/zebra"})), "plain file name"),
        (files(lambda listed: listed.append(EXTRA | {"name": "/tmp/zebra"})), "plain file name"),
        (files(lambda listed: listed.append(EXTRA | {"name": "..\\zebra"})), "plain file name"),
        (files(lambda listed: listed.append(EXTRA | {"name": MANIFEST})), "plain file name"),
        (files(lambda listed: listed.append(EXTRA | {"size_bytes": 1 << 50})), "size_bytes must be"),
        (files(lambda listed: listed.append(EXTRA | {"size_bytes": 1 << 30})), "bytes together"),
        (files(lambda listed: listed.append(EXTRA | {"size_bytes": -1})), "size_bytes must be"),
        (files(lambda listed: listed.extend([EXTRA | {"name": f"zebra{n}"} for n in range(20)])), "1 to 16 files"),
        (files(lambda listed: listed.clear()), "1 to 16 files"),
        (files(lambda listed: listed.append(listed[0])), "lists a file twice"),
        (files(lambda listed: listed.pop(0)), f"does not list {GOLDEN}"),
        (files(lambda listed: listed.pop()), f"does not list {MODEL}"),
        (lambda manifest: encode_manifest(manifest | {"format": "sentiment.dev/manifest/v9"}), "not of format"),
        (lambda manifest: encode_manifest(manifest | {"zebra": 1}), "nothing else"),
        (lambda manifest: json.dumps(manifest, indent=1).encode(), "not canonical"),
        (
            lambda manifest: encode_manifest(manifest).replace(b'{"files"', b'{"files":[],"files"'),
            "twice in one object",
        ),
        (lambda _: b"[" * 60_000, "nested too deeply"),
        (lambda _: b"zebra", "not JSON"),
    ],
)
def test_a_hostile_manifest(
    fetcher: Fetcher, s3: S3, version: tuple[Path, str], change: Callable[[dict[str, Any]], bytes], phrase: str
) -> None:
    data = change(json.loads((version[0] / MANIFEST).read_text()))
    s3.put(MANIFEST, data)
    expect(fetcher(MODEL_DIGEST=digest_of(data)), Reason.UNSUPPORTED_FORMAT, MANIFEST, phrase)
    assert not list(Path("/tmp").glob("zebra*"))
    assert not list(fetcher.folder.parent.rglob("zebra*"))


def test_an_oversized_manifest(fetcher: Fetcher, s3: S3) -> None:
    s3.put(MANIFEST, b" " * (5 << 20))
    expect(fetcher(), Reason.UNSUPPORTED_FORMAT, "more than 65536 bytes")


@pytest.mark.parametrize("name", [MANIFEST, MODEL, GOLDEN])
def test_a_missing_file(fetcher: Fetcher, s3: S3, name: str) -> None:
    s3.client.delete_object(Bucket=BUCKET, Key=f"{ROOT}/{name}")
    expect(fetcher(), Reason.ARTIFACT_MISSING, f"no {name}", URI)


def test_a_missing_bucket(fetcher: Fetcher) -> None:
    expect(fetcher(MODEL_URI="s3://nobodys/m"), Reason.ARTIFACT_MISSING, "s3://nobodys/m")


def test_wrong_credentials(fetcher: Fetcher, version: tuple[Path, str]) -> None:
    with WebServer(checking_signatures(files_of(version[0]))) as web:
        expect(
            fetcher(AWS_ENDPOINT_URL=web.url, AWS_SECRET_ACCESS_KEY="hunter2another"),
            Reason.STORE_UNAUTHORIZED,
            "credentials",
            URI,
        )
        assert fetcher(AWS_ENDPOINT_URL=web.url).code == 0


def test_a_line_that_breaks_once_costs_nothing(fetcher: Fetcher, s3: S3, version: tuple[Path, str]) -> None:
    large = b"0123456789abcdef" * 65536
    manifest = json.loads((version[0] / MANIFEST).read_text())
    entry = next(file for file in manifest["files"] if file["name"] == GOLDEN)
    entry.update(size_bytes=len(large), sha256=digest_of(large).removeprefix("sha256:"))
    s3.put(MANIFEST, encode_manifest(manifest))
    s3.put(GOLDEN, large)
    with breaking_line(s3.endpoint, after_bytes=len(large) // 2, times=1) as line:
        ended = fetcher(AWS_ENDPOINT_URL=line, MODEL_DIGEST=digest_of(encode_manifest(manifest)))
    assert ended.code == 0, ended.log
    assert (fetcher.folder / GOLDEN).read_bytes() == large


def test_no_store_is_listening(fetcher: Fetcher) -> None:
    ended = fetcher(AWS_ENDPOINT_URL=f"http://127.0.0.1:{free_port()}")
    expect(ended, Reason.STORE_UNREACHABLE, "refused the connection", "AWS_ENDPOINT_URL")
    assert ended.seconds < 60


@pytest.mark.parametrize(
    "uri", ["file:///etc", "/etc/passwd", "http://127.0.0.1:1/m", "https://169.254.169.254/latest"]
)
def test_an_address_that_is_no_store(fetcher: Fetcher, uri: str) -> None:
    expect(fetcher(MODEL_URI=uri), Reason.UNSAFE_SOURCE)


def test_an_endpoint_that_is_the_metadata_service(fetcher: Fetcher) -> None:
    expect(fetcher(AWS_ENDPOINT_URL="http://169.254.169.254"), Reason.UNSAFE_SOURCE)


@pytest.mark.parametrize("missing", ["MODEL_URI", "MODEL_DIGEST", "MODEL_DIR"])
def test_a_missing_variable(fetcher: Fetcher, missing: str) -> None:
    expect(fetcher(**{missing: ""}), Reason.BAD_CONFIGURATION, f"{missing} is not set")


def test_a_full_disk(fetcher: Fetcher, version: tuple[Path, str]) -> None:
    size = (version[0] / MODEL).stat().st_size

    def no_room() -> None:
        # A full disk's next of kin that needs no file system of its own: no file may reach the model's size.
        resource.setrlimit(resource.RLIMIT_FSIZE, (size - 1, size - 1))

    ended = run("fetch", fetcher.folder.parent / "termination", fetcher.env, preexec_fn=no_room)
    expect(ended, Reason.STORAGE_FULL, str(fetcher.folder))


def test_a_folder_that_cannot_be_written(fetcher: Fetcher) -> None:
    expect(fetcher(MODEL_DIR="/proc/model"), Reason.BAD_CONFIGURATION, "/proc/model")


def test_sigterm_ends_a_fetch_that_hangs(fetcher: Fetcher) -> None:
    with WebServer(lambda _: web.over.wait()) as web:
        process = subprocess.Popen(
            [sys.executable, "-m", "sentiment_serving", "fetch"], env=fetcher.env | {"AWS_ENDPOINT_URL": web.url}
        )
        eventually(lambda: web.requests, "the request")
        process.terminate()
        assert process.wait(10) == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    ("answer", "phrase"),
    [
        (respond(503, b"slow down"), "status 503"),
        (respond(404, b"<html>not here</html>"), "no S3 endpoint"),
        (respond(200, b"{", length=1000), "broke off"),
    ],
)
def test_what_is_no_working_store_is_a_fault_and_not_the_models(
    answer: Answer, phrase: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with WebServer(answer) as web:
        for name, value in (KEYS | {"AWS_ENDPOINT_URL": web.url, "NO_PROXY": "*"}).items():
            monkeypatch.setenv(name, value)
        store = open_store(parse_source(URI, {"AWS_ENDPOINT_URL": web.url}))
        with pytest.raises(Termination) as caught:
            fetch(store, uri=URI, digest="sha256:" + "0" * 64, folder=tmp_path / "model", pauses_seconds=())
    assert caught.value.reason is Reason.STORE_UNREACHABLE
    assert phrase in caught.value.message


def test_artifacts_behind_a_web_address(version: tuple[Path, str], tmp_path: Path) -> None:
    with WebServer(files_of(version[0])) as web:
        env = environment(
            MODEL_URI=f"{web.url}/api/2.0/mlflow-artifacts/artifacts/1/m",
            MODEL_DIGEST=version[1],
            MODEL_DIR=str(tmp_path / "model"),
            FETCH_ALLOW_HTTP="1",
        )
        assert run("fetch", tmp_path / "log", env).code == 0
        (version[0] / MODEL).unlink()
        ended = run("fetch", tmp_path / "log", env | {"MODEL_DIR": str(tmp_path / "again")})
    expect(ended, Reason.ARTIFACT_MISSING, f"no {MODEL}")
