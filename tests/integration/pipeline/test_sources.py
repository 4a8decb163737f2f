"""Sources that are real servers.

| source  | what goes wrong                                              |
|---------|--------------------------------------------------------------|
| s3://   | no such key, no such bucket, nothing listens, wrong checksum |
| http:// | allowed with a checksum only; 404; nothing listens           |
"""

import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import pytest

from sentiment_pipeline.data.ingestion.ingest import check_source, ingest
from sentiment_pipeline.data.ingestion.sources import fetch
from sentiment_pipeline.errors import DataError, SourceChanged, SourceError
from sentiment_pipeline.params import DataParams
from testbed.servers import free_port

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
    fetched = fetch(DataParams(source="s3://raw/a/b/reviews.csv", sha256=expected), tmp_path)
    assert fetched.file == tmp_path / "reviews.csv"
    assert fetched.file.read_bytes() == CSV


def test_s3_bytes_of_another_checksum_are_refused(store: str, tmp_path: Path) -> None:
    boto3.client("s3").put_object(Bucket="raw", Key="moved/reviews.csv", Body=CSV)
    with pytest.raises(SourceError, match=r"expected sha256 0{64}, found [0-9a-f]{64}"):
        fetch(DataParams(source="s3://raw/moved/reviews.csv", sha256="0" * 64), tmp_path)


@pytest.mark.parametrize(
    ("source", "code"), [("s3://raw/absent.csv", "NoSuchKey"), ("s3://absent-bucket/reviews.csv", "NoSuchBucket")]
)
def test_s3_errors_name_what_is_missing(store: str, tmp_path: Path, source: str, code: str) -> None:
    with pytest.raises(SourceError, match=f"S3 answered {code}"):
        fetch(DataParams(source=source), tmp_path)


def test_s3_store_that_is_down_is_reported(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(SourceError, match="EndpointConnectionError; check AWS_ENDPOINT_URL"):
        fetch(DataParams(source="s3://raw/reviews.csv"), tmp_path)


def test_a_source_that_changed_is_noticed_without_fetching_it(store: str, web: str, tmp_path: Path) -> None:
    """An object by its ETag, a page by what its server sends, a file by its checksum."""
    s3, page, file = boto3.client("s3"), tmp_path / "web" / "reviews.csv", tmp_path / "reviews.csv"
    (tmp_path / "root").mkdir()

    def put(content: bytes) -> None:
        s3.put_object(Bucket="raw", Key="watched/reviews.csv", Body=content)
        file.write_bytes(content)
        page.write_bytes(content)
        os.utime(page, (len(content), len(content)))  # this server sends the time of the last change

    for source in ("s3://raw/watched/reviews.csv", str(file), f"{web}/reviews.csv"):
        put(CSV)
        data = DataParams(source=source, sha256=sha256(CSV).hexdigest())
        with pytest.raises(DataError, match="is not here"):
            check_source(data, tmp_path / "root")
        ingest(data, tmp_path / "root")
        assert check_source(data, tmp_path / "root") == f"{source} is what was ingested"
        put(CSV + b"bad,negative\n")
        with pytest.raises(SourceChanged, match=r"is not what was ingested \(.+ then, .+ now\): to take it, run"):
            check_source(data, tmp_path / "root")
        shutil.rmtree(tmp_path / "root")


def test_another_source_than_the_ingested_one_is_reported(web: str, tmp_path: Path) -> None:
    ingest(DataParams(source="builtin:sample", sample_rows=5), tmp_path)
    assert check_source(DataParams(source="builtin:sample"), tmp_path) == "builtin:sample is what was ingested"
    assert "was not ingested yet (builtin:sample was)" in check_source(DataParams(source="imdb"), tmp_path)


def test_plain_http_needs_a_checksum(web: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not protect the content"):
        fetch(DataParams(source=f"{web}/reviews.csv"), tmp_path)
    fetched = fetch(DataParams(source=f"{web}/reviews.csv", sha256=sha256(CSV).hexdigest()), tmp_path)
    assert fetched.file.read_bytes() == CSV


def test_a_web_server_without_the_file_is_reported(web: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="expected status 200, found 404"):
        fetch(DataParams(source=f"{web}/absent.csv?signature=secret", sha256="0" * 64), tmp_path)


def test_a_web_server_that_is_down_is_reported_without_secrets(tmp_path: Path) -> None:
    source = f"https://user:password@127.0.0.1:{free_port()}/reviews.csv?signature=secret"
    with pytest.raises(SourceError, match="cannot be reached") as caught:
        fetch(DataParams(source=source), tmp_path)
    assert "password" not in str(caught.value)
    assert "secret" not in str(caught.value)
