"""`fetch` at work, and the store that it fetches from."""

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sentiment_model.manifest import MANIFEST
from sentiment_serving.termination import FORMAT, Reason, Termination
from tests.integration.serving.process import Ended, run
from tests.integration.serving.web import Answer, respond

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


def checking_signatures(answer: Answer) -> Answer:
    """An S3 that answers only to the keys of KEYS. moto cannot check the signature of a URL; botocore computes it."""

    def check(handler: BaseHTTPRequestHandler) -> None:
        url, _, signature = f"http://{handler.headers['Host']}{handler.path}".partition("&X-Amz-Signature=")
        if signature == _signature(url):
            answer(handler)
        else:
            respond(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")(handler)

    return check


def files_of(folder: Path) -> Answer:
    """The files of a folder, by the last part of the path."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        path = folder / urlsplit(handler.path).path.rpartition("/")[2]
        respond(200, path.read_bytes())(handler) if path.is_file() else respond(404)(handler)

    return send


def _signature(url: str) -> str:
    request = AWSRequest("GET", url)
    request.context["timestamp"] = parse_qs(urlsplit(url).query)["X-Amz-Date"][0]
    keys = Credentials(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"])
    auth = S3SigV4QueryAuth(keys, "s3", KEYS["AWS_REGION"])
    return str(auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request))


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
