"""What tests of the commands stand on, with everything right: a test makes one thing wrong.

For `fetch`: a version in a real S3 server. For `verify`: a version and its server.
"""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.servers import moto
from tests.integration.serving.fetching import BUCKET, KEYS, S3, URI, Fetcher
from tests.integration.serving.process import Server, environment
from tests.integration.serving.verifying import Version, make, run
from tests.unit.serving.tiny_model import write_version


@pytest.fixture(scope="session")
def s3_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a fresh moto server."""
    with moto(tmp_path_factory.mktemp("moto")) as url:
        yield url


@pytest.fixture
def version(tmp_path: Path) -> tuple[Path, str]:
    """A registered version on disk, and its digest."""
    folder = tmp_path / "registered"
    return folder, write_version(folder)


@pytest.fixture
def s3(s3_url: str, version: tuple[Path, str]) -> Iterator[S3]:
    """The store with exactly this version."""
    s3 = S3(s3_url)
    s3.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for path in version[0].iterdir():
        s3.put(path.name, path.read_bytes())
    yield s3
    urllib.request.urlopen(urllib.request.Request(f"{s3_url}/moto-api/reset", method="POST")).close()


@pytest.fixture
def fetcher(s3: S3, version: tuple[Path, str], tmp_path: Path) -> Fetcher:
    """With everything right; a test makes one thing wrong."""
    env = environment(
        MODEL_URI=URI, MODEL_DIGEST=version[1], MODEL_DIR=str(tmp_path / "model"), AWS_ENDPOINT_URL=s3.endpoint, **KEYS
    )
    return Fetcher(tmp_path / "model", tmp_path / "termination", env)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """The version to verify, unless a test has another."""
    return make(tmp_path_factory.mktemp("good"), "14")


@pytest.fixture(scope="module")
def candidate(good: Version) -> Iterator[Server]:
    """Its server."""
    with run(good) as server:
        yield server
