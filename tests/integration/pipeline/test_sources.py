"""Sources that are real servers.

| source  | what goes wrong                                              |
|---------|--------------------------------------------------------------|
| s3://   | no such key, no such bucket, nothing listens, wrong checksum |
| http:// | allowed with a checksum only; 404; nothing listens           |
"""

import threading
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import pytest

from sentiment_pipeline.errors import SourceError
from sentiment_pipeline.params import DataParams
from sentiment_pipeline.sources import fetch
from tests.integration.servers import free_port

pytestmark = pytest.mark.integration

CSV = b"text,label\nfine,positive\n"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """A plain web server with reviews.csv."""
    root = tmp_path / "web"
    root.mkdir()
    (root / "reviews.csv").write_bytes(CSV)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_s3_brings_the_bytes_of_the_key(store: str, tmp_path: Path) -> None:
    boto3.client("s3").put_object(Bucket="raw", Key="a/b/reviews.csv", Body=CSV)
    expected = sha256(CSV).hexdigest()
    file = fetch(DataParams(source="s3://raw/a/b/reviews.csv", sha256=expected), tmp_path)
    assert file == tmp_path / "reviews.csv"
    assert file.read_bytes() == CSV


def test_s3_bytes_of_another_checksum_are_refused(store: str, tmp_path: Path) -> None:
    boto3.client("s3").put_object(Bucket="raw", Key="moved/reviews.csv", Body=CSV)
    with pytest.raises(SourceError, match=r"expected sha256 0{64}, found [0-9a-f]{64}"):
        fetch(DataParams(source="s3://raw/moved/reviews.csv", sha256="0" * 64), tmp_path)


@pytest.mark.parametrize(
    ("source", "code"), [("s3://raw/absent.csv", "NoSuchKey"), ("s3://absent-bucket/reviews.csv", "NoSuchBucket")]
)
def test_s3_says_what_is_missing(store: str, tmp_path: Path, source: str, code: str) -> None:
    with pytest.raises(SourceError, match=f"the store answered {code}"):
        fetch(DataParams(source=source), tmp_path)


def test_s3_store_that_is_down_is_said(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(SourceError, match="EndpointConnectionError; check AWS_ENDPOINT_URL"):
        fetch(DataParams(source="s3://raw/reviews.csv"), tmp_path)


def test_plain_http_needs_a_checksum(web: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="can be altered on the way"):
        fetch(DataParams(source=f"{web}/reviews.csv"), tmp_path)
    file = fetch(DataParams(source=f"{web}/reviews.csv", sha256=sha256(CSV).hexdigest()), tmp_path)
    assert file.read_bytes() == CSV


def test_a_web_server_without_the_file_is_said(web: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="expected status 200, found 404"):
        fetch(DataParams(source=f"{web}/absent.csv?signature=secret", sha256="0" * 64), tmp_path)


def test_a_web_server_that_is_down_is_said_without_what_is_secret(tmp_path: Path) -> None:
    source = f"https://user:password@127.0.0.1:{free_port()}/reviews.csv?signature=secret"
    with pytest.raises(SourceError, match="cannot be reached") as caught:
        fetch(DataParams(source=source), tmp_path)
    assert "password" not in str(caught.value)
    assert "secret" not in str(caught.value)
