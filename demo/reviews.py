"""Uploading the demo's raw reviews to S3, as in production."""

import csv
import gzip
import hashlib
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import boto3

from delivery.cluster import ROOT, DeliveryError

BUCKET = "raw"


@dataclass(frozen=True)
class Source:
    """The address of the raw reviews, and the parameters with which the pipeline reads them."""

    uri: str
    parameters: dict[str, object] = field(default_factory=dict)


def upload(data: str, *, environment: Mapping[str, str], report: Callable[[str], None]) -> Source:
    """Upload the reviews under a name that contains their hash, so that the pipeline detects changed data.

    Args:
        data: `sample`, `imdb` (which the pipeline fetches itself) or the path of a CSV file.

    Raises:
        DeliveryError: there is no such file.
    """
    if data == "imdb":
        return Source("imdb", {"data.group": "movie"})
    path = _sample() if data == "sample" else Path(data).resolve()
    if not path.is_file():
        raise DeliveryError(f"DATA={data}: expected a CSV file, `imdb` or nothing; there is no such file")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    key = f"reviews-{digest[:12]}.csv{'.gz' if path.suffix == '.gz' else ''}"
    bucket = environment.get("RAW_BUCKET", BUCKET)
    client = boto3.client(
        "s3",
        endpoint_url=environment.get("AWS_ENDPOINT_URL"),
        aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
        region_name=environment.get("AWS_DEFAULT_REGION"),
    )
    client.upload_file(str(path), bucket, key)
    report(f"uploaded {path.name} ({path.stat().st_size / 1e6:.1f} MB) to s3://{bucket}/{key}")
    return Source(f"s3://{bucket}/{key}", {"data.group": _group(path)})


def _sample() -> Path:
    path = ROOT / ".demo" / "sample.csv"
    path.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "sentiment_pipeline", "sample", str(path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return path


def _group(path: Path) -> str:
    """`movie` if the file has that column: all reviews of one film belong to the same fold."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        return "movie" if "movie" in next(csv.reader(file), []) else ""
