"""`fetch` at work, and the store that it fetches from."""

import json
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from sentiment_model.manifest import MANIFEST
from sentiment_serving.termination import FORMAT, Reason, Termination
from tests.integration.serving.process import Ended, run

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "mlflow"
ROOT = "1/models/m-1/artifacts"
URI = f"s3://{BUCKET}/{ROOT}"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "hunter2hunter2", "AWS_REGION": "eu-west-1"}


class S3:
    """A real S3 server of our own (moto)."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.client: S3Client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="eu-west-1",
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key="hunter2hunter2",
        )

    def put(self, name: str, data: bytes, root: str = ROOT) -> None:
        """Store a file of the version."""
        self.client.put_object(Bucket=BUCKET, Key=f"{root}/{name}", Body=data)

    def demand_credentials(self, demand: bool) -> None:
        """Whether requests need the keys of a user that exists (there are none)."""
        request = urllib.request.Request(
            f"{self.endpoint}/moto-api/reset-auth",
            data=b"0" if demand else b"inf",
            headers={"Content-Type": "text/plain"},
        )
        urllib.request.urlopen(request).close()


class Fetcher:
    """Runs `fetch` as the init container does."""

    def __init__(self, folder: Path, log: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self._log = log
        self.env = env

    def __call__(self, **env: str) -> Ended:
        ended = run("fetch", self._log, self.env | env)
        for line in ended.log:
            assert "hunter2" not in json.dumps(line), "no secret in any line"
        if ended.code:
            assert not (self.folder / MANIFEST).exists(), "only a complete folder has a manifest"
        return ended


def expect(ended: Ended, reason: Reason, *words: str) -> None:
    """The whole contract of an ending."""
    assert ended.termination is not None
    assert set(ended.termination) == {"format", "reason", "message"}
    assert ended.termination["format"] == FORMAT
    assert ended.termination["reason"] == reason.value
    assert ended.code == Termination(reason, "").exit_code
    message = ended.termination["message"]
    for word in words:
        assert word in message
    assert "hunter2" not in message
    assert ended.log[-1]["message"] == message
    assert ended.log[-1]["reason"] == reason.value
