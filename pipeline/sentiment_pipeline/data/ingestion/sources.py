"""Sources of raw reviews: each kind of source writes one file into a folder and shows progress."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from sentiment_pipeline.data.ingestion import imdb
from sentiment_pipeline.data.sample.generator import write_sample
from sentiment_pipeline.errors import SourceError
from sentiment_pipeline.failures import Remote, asking
from sentiment_pipeline.params import DataParams
from sentiment_pipeline.paths import TABLE_SUFFIXES
from sentiment_pipeline.progress import progress

if TYPE_CHECKING:
    import httpx
    from mypy_boto3_s3 import S3Client

BUILTIN = "builtin:sample"

_CHUNK_BYTES = 1 << 20
_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Fetched:
    """A local file of raw reviews."""

    file: Path
    mark: str
    """Identifies the content at the source; see `mark_of`."""


def fetch(data: DataParams, folder: Path) -> Fetched:
    """Fetch the reviews of `data.source` into `folder`, as a file `reviews` with the suffix of its format.

    Raises:
        SourceError: the source is unknown or cannot be read, or the checksum is not the expected one.
    """
    source, mark = data.source, ""
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
        mark = _bring(source, data, target)
    if data.sha256:
        _verify(target, data.sha256, shown(source))
    return Fetched(target, mark)


def mark_of(data: DataParams) -> str:
    """A mark that changes with the content of `data.source`: the checksum of a file, the ETag of an object or a page.

    Empty if the content never changes (the built-in sample, IMDB) or if a web server sends no ETag or Last-Modified.

    Raises:
        SourceError: the source is unknown, or cannot be reached.
    """
    source = data.source
    if source in (BUILTIN, "imdb"):
        return ""
    scheme = _scheme(source, data)
    if scheme == "":
        return _file_mark(_existing(Path(source)))
    if scheme == "s3":
        with _asking_s3(source) as (client, place):
            return client.head_object(**place)["ETag"]
    with _asking_web(source) as answer:
        return _web_mark(answer)


def from_anywhere(source: str) -> str:
    """The source in a form that works from any folder: a file by its absolute path."""
    return str(Path(source).resolve()) if Path(source).exists() else source


def shown(source: str) -> str:
    """The source without its secrets: user, password and query (signed URLs have their signature there)."""
    if "://" not in source:
        return source
    parts = _parts(source)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _parts(source: str) -> SplitResult:
    try:
        return urlsplit(source)
    except ValueError:
        raise SourceError("data.source is no address: expected https://host/file or s3://bucket/key") from None


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _bring(source: str, data: DataParams, target: Path) -> str:
    """Write the content to `target`; returns its mark."""
    scheme = _scheme(source, data)
    if scheme == "":
        return _copy(_existing(Path(source)), target)
    return _from_s3(source, target) if scheme == "s3" else _download(source, target)


def _scheme(source: str, data: DataParams) -> str:
    scheme = source.partition("://")[0] if "://" in source else ""
    if scheme == "http" and not data.sha256:
        raise SourceError("http:// does not protect the content: use https://, or set data.sha256")
    if scheme not in ("", "s3", "https", "http"):
        raise SourceError(f"data.source: {scheme}:// is not supported; use {BUILTIN}, imdb, a path, https:// or s3://")
    return scheme


def _suffix(source: str) -> str:
    name = _parts(source).path if "://" in source else source
    for suffix in TABLE_SUFFIXES:
        if name.lower().endswith(suffix):
            return suffix
    raise SourceError(f"data.source must end in {', '.join(TABLE_SUFFIXES)}: {shown(source)} does not")


def _existing(source: Path) -> Path:
    if not source.is_file():
        raise SourceError(f"data.source: there is no file {source} (current folder: {Path.cwd()})")
    return source


def _copy(source: Path, target: Path) -> str:
    with source.open("rb") as file:
        _write(target, _chunks_of(file.read), source.stat().st_size, f"copy {source.name}")
    return _file_mark(target)


def _file_mark(file: Path) -> str:
    return f"sha256:{checksum(file)}"


def _from_s3(source: str, target: Path) -> str:
    with _asking_s3(source) as (client, place):
        answer = client.get_object(**place)
        _write(target, _chunks_of(answer["Body"].read), answer["ContentLength"], f"download {source}")
        return answer["ETag"]


@contextmanager
def _asking_s3(source: str) -> Iterator[tuple["S3Client", Any]]:
    """A client with the place of the object; errors of S3 become a SourceError."""
    import boto3
    from botocore.config import Config

    parts = _parts(source)
    bucket, key = parts.netloc, parts.path.lstrip("/")
    # AWS_ENDPOINT_URL is honoured by boto3 itself.
    config = Config(connect_timeout=10, read_timeout=_TIMEOUT_SECONDS, retries={"mode": "standard", "max_attempts": 3})
    with asking(Remote(source, "AWS_ENDPOINT_URL", SourceError)):
        yield boto3.client("s3", config=config), {"Bucket": bucket, "Key": key}


def _download(url: str, target: Path) -> str:
    with _asking_web(url) as answer:
        length = answer.headers.get("content-length")
        _write(target, answer.iter_raw(_CHUNK_BYTES), int(length) if length else None, f"download {shown(url)}")
        return _web_mark(answer)


def _web_mark(answer: "httpx.Response") -> str:
    return str(answer.headers.get("etag") or answer.headers.get("last-modified") or "")


@contextmanager
def _asking_web(url: str) -> Iterator["httpx.Response"]:
    """A response whose body is not read yet. The method is GET because signed URLs do not allow HEAD."""
    import httpx

    remote = Remote(shown(url), "the address, HTTPS_PROXY and SSL_CERT_FILE", SourceError)
    with asking(remote), httpx.stream("GET", url, follow_redirects=True, timeout=_TIMEOUT_SECONDS) as answer:
        if url.startswith("https:") and answer.url.scheme != "https":
            raise SourceError(
                f"{shown(url)} redirects to an address without TLS; set data.source to the final https:// address"
            )
        if answer.status_code != httpx.codes.OK:
            raise SourceError(f"{shown(url)}: expected status 200, found {answer.status_code}")
        yield answer


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
        raise SourceError(f"{title}: expected {total} bytes, received {written}; try again")


def _verify(path: Path, expected: str, source: str) -> None:
    found = checksum(path)
    if found != expected.removeprefix("sha256:").lower():
        raise SourceError(f"{source}: expected sha256 {expected}, found {found}; the file is not the expected one")
