"""Where raw reviews come from: each kind of source brings one file into a folder, showing progress."""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from sentiment_pipeline import imdb
from sentiment_pipeline.errors import SourceError
from sentiment_pipeline.params import DataParams
from sentiment_pipeline.progress import progress
from sentiment_pipeline.sample import write_sample

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUILTIN = "builtin:sample"
SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz")

_CHUNK_BYTES = 1 << 20
_TIMEOUT_SECONDS = 30.0


def fetch(data: DataParams, folder: Path) -> Path:
    """Bring the reviews that `data.source` names into `folder`, as `reviews` with the suffix of their format.

    Raises:
        SourceError: the source is unknown, cannot be reached or read, or its bytes have another checksum.
    """
    source = data.source
    if source == BUILTIN:
        target = folder / "reviews.csv"
        write_sample(target, data.sample_rows, data.sample_seed)
    elif source == "imdb":
        target = folder / "reviews.csv.gz"
        archive = folder / "aclImdb_v1.tar.gz"
        _download(imdb.URL, archive)
        _verify(archive, imdb.SHA256, imdb.URL)
        imdb.convert(archive, target)
        archive.unlink()
    else:
        target = folder / f"reviews{_suffix(source)}"
        _bring(source, data, target)
    if data.sha256:
        _verify(target, data.sha256, shown(source))
    return target


def shown(source: str) -> str:
    """The source without what may be secret: user, password and query (where signed URLs keep their signature)."""
    if "://" not in source:
        return source
    parts = urlsplit(source)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def checksum(path: Path) -> str:
    """Sha256 of a file, in hex."""
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _bring(source: str, data: DataParams, target: Path) -> None:
    scheme = source.partition("://")[0] if "://" in source else ""
    if scheme == "":
        _copy(Path(source), target)
    elif scheme == "s3":
        _from_s3(source, target)
    elif scheme == "https" or (scheme == "http" and data.sha256):
        _download(source, target)
    elif scheme == "http":
        raise SourceError("http:// can be altered on the way: use https://, or give data.sha256 of what you expect")
    else:
        raise SourceError(f"data.source: {scheme}:// is not known; use {BUILTIN}, imdb, a path, https:// or s3://")


def _suffix(source: str) -> str:
    name = urlsplit(source).path if "://" in source else source
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix):
            return suffix
    raise SourceError(f"data.source must end in {', '.join(SUFFIXES)}: {shown(source)} does not")


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise SourceError(f"data.source: there is no file {source}, seen from {Path.cwd()}")
    with source.open("rb") as file:
        _write(target, _chunks_of(file.read), source.stat().st_size, f"copy {source.name}")


def _from_s3(source: str, target: Path) -> None:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    parts = urlsplit(source)
    bucket, key = parts.netloc, parts.path.lstrip("/")
    # AWS_ENDPOINT_URL is honoured by boto3 itself.
    config = Config(connect_timeout=10, read_timeout=_TIMEOUT_SECONDS, retries={"mode": "standard", "max_attempts": 3})
    try:
        client: S3Client = boto3.client("s3", config=config)
        answer = client.get_object(Bucket=bucket, Key=key)
        _write(target, _chunks_of(answer["Body"].read), answer["ContentLength"], f"download {source}")
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        raise SourceError(f"{source}: the store answered {code}; check bucket, key and the AWS_ variables") from None
    except BotoCoreError as error:
        raise SourceError(f"{source}: {type(error).__name__}; check AWS_ENDPOINT_URL and the credentials") from None


def _download(url: str, target: Path) -> None:
    import httpx

    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=_TIMEOUT_SECONDS) as answer:
            if url.startswith("https:") and answer.url.scheme != "https":
                raise SourceError(f"{shown(url)} leads to an address without TLS; give the final https:// address")
            if answer.status_code != httpx.codes.OK:
                raise SourceError(f"{shown(url)}: expected status 200, found {answer.status_code}")
            length = answer.headers.get("content-length")
            _write(target, answer.iter_raw(_CHUNK_BYTES), int(length) if length else None, f"download {shown(url)}")
    except httpx.HTTPError as error:
        raise SourceError(f"{shown(url)} cannot be reached ({type(error).__name__}); check the address") from None


def _chunks_of(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while chunk := read(_CHUNK_BYTES):
        yield chunk


def _write(target: Path, chunks: Iterable[bytes], total: int | None, title: str) -> None:
    written = 0
    with target.open("wb") as file, progress(title, total, in_bytes=True) as advance:
        for chunk in chunks:
            file.write(chunk)
            written += len(chunk)
            advance(len(chunk))
    if total is not None and written != total:
        raise SourceError(f"{title}: {total} bytes were announced, {written} came; try again")


def _verify(path: Path, expected: str, source: str) -> None:
    found = checksum(path)
    if found != expected.removeprefix("sha256:").lower():
        raise SourceError(f"{source}: expected sha256 {expected}, found {found}; the file is not the one you meant")
