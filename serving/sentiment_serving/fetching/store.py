"""Artifact stores: obstore's clients for S3, GCS and Azure, with their errors translated, and WebStore for http(s)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store

from sentiment_serving.fetching.errors import Misconfigured, Missing, StoreError, Unauthorized, Unreachable
from sentiment_serving.fetching.source import Source
from sentiment_serving.fetching.web_store import WebStore

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_CHUNK_BYTES = 1024 * 1024


class ArtifactStore(Protocol):
    """The files under one root."""

    def stream(self, name: str) -> Iterator[bytes]:
        """The file's bytes, in pieces of at most a few mebibytes.

        Raises:
            StoreError: one of its subclasses, also in the middle of the file.
        """


def open_store(source: Source) -> ArtifactStore:
    """The store that a Source names.

    Raises:
        StoreError: Misconfigured, when the environment lacks a setting that the store needs.
    """
    return WebStore(source) if source.scheme in ("https", "http") else RemoteStore(source)


class RemoteStore:
    """An ArtifactStore at an object store. Credentials come from the environment, from IRSA or from pod identity."""

    def __init__(self, source: Source) -> None:
        client: ClientConfig = {
            "connect_timeout": timedelta(seconds=5),
            # A stalled read ends the transfer, not its length: a large model over a slow line may take long.
            "read_timeout": timedelta(seconds=20),
            "timeout": timedelta(minutes=15),
            "allow_http": source.plain_http,
            "user_agent": "sentiment-serving",
        }
        retry: RetryConfig = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}
        self._strict_missing = source.scheme == "s3"
        with self._translated():
            self._store = _client(source, client, retry)

    def stream(self, name: str) -> Iterator[bytes]:
        """See ArtifactStore."""
        with self._translated():
            yield from obstore.get(self._store, name).stream(min_chunk_size=_CHUNK_BYTES)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            # Any web server or proxy on the path may answer 404: only S3's own error code shows that S3 answered.
            if self._strict_missing and not re.search(r"NoSuchKey|NoSuchBucket", str(error)):
                raise Unreachable("it answered 404 without S3's error code, so it may be no S3 endpoint") from None
            raise Missing("it does not exist") from None
        except (PermissionDeniedError, UnauthenticatedError):
            raise Unauthorized("it refused the credentials, or they may not read this") from None
        except BaseError as error:
            raise classify_error(str(error)) from None


def _client(source: Source, client: "ClientConfig", retry: "RetryConfig") -> ObjectStore:
    match source.scheme:
        case "s3":
            return S3Store.from_url(source.uri, client_options=client, retry_config=retry)
        case "gs":
            return GCSStore.from_url(source.uri, client_options=client, retry_config=retry)
    return AzureStore.from_url(source.uri, client_options=client, retry_config=retry)


_AUTHORIZATION = re.compile(
    r"169\.254\.\d+\.\d+|fd00:ec2|TokenRequest|ExpiredToken|InvalidToken|TokenRefreshRequired|AuthorizationHeaderMalformed"
    r"|InvalidAccessKeyId|AssumeRoleWithWebIdentity|WebIdentity"
)
_PHRASES = (
    (r"dns error|failed to lookup|resolve", "its host name is unknown"),
    (r"[Cc]ertificate|InvalidCert|UnknownIssuer", "its TLS certificate is not trusted"),
    (r"TimedOut|timed out|kind: Timeout", "it did not answer in time"),
    (r"[Cc]onnection refused|ConnectionRefused", "it refused the connection"),
    (r"kind: Connect\b", "no connection could be made"),
    (r"NoContentRange|RangeNotSupported|IncompleteMessage|kind: (Body|Decode)|end of file", "it broke off"),
)


def classify_error(text: str) -> StoreError:
    """Classify an obstore error that has no type of its own. Its text has addresses, so only a phrase is kept."""
    if re.search(r"must be specified|Missing(Account|BucketName|ContainerName)", text):
        return Misconfigured("the environment does not name the account that it belongs to")
    # obstore contacts the clouds' credential services only if the environment has no credentials.
    if _AUTHORIZATION.search(text):
        return Unauthorized("there are no valid credentials for it")
    status = re.search(r"status: (\d{3})", text)
    if status:
        return Unreachable(f"it answered with status {status.group(1)}")
    for pattern, phrase in _PHRASES:
        if re.search(pattern, text):
            return Unreachable(phrase)
    return Unreachable("the request failed")
