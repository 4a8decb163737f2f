"""S3, and Azure with a shared access signature: obstore signs the URL of each file, and WebStore's client fetches it.

The credentials stay in the URL of one request. WebStore does not send that to another host: it refuses the redirect.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from email.message import Message
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import obstore

from sentiment_serving.fetching.errors import Misconfigured, Missing, StoreError, Unauthorized, Unreachable
from sentiment_serving.fetching.object_client import azure_client, s3_client, translated
from sentiment_serving.fetching.source import Source
from sentiment_serving.fetching.web_store import WebStore, meaning

SIGNATURES = ("AZURE_STORAGE_SAS_KEY", "AZURE_STORAGE_SAS_TOKEN")
"""Variables with a shared access signature, in order of precedence."""

_EXPIRES_IN = timedelta(minutes=15)
"""As long as S3 accepts a signed header: clocks may differ by as much."""
_BODY_BYTES = 64 * 1024
_REGION = re.compile(r"[a-z0-9-]{1,32}")
_NO_CREDENTIALS = frozenset({"ExpiredToken", "InvalidToken", "TokenRefreshRequired", "InvalidAccessKeyId"})


class SignedStore(WebStore):
    """An ArtifactStore with a URL for each file that holds what authenticates the request."""

    def __init__(self, source: Source, url_of: Callable[[str], str], *, authorities: str = "") -> None:
        super().__init__(source, authorities=authorities)
        self._is_s3 = source.scheme == "s3"
        self._url_of = url_of

    def url_of(self, name: str) -> str:
        """The signed URL of a file."""
        with translated():
            return self._url_of(name)

    def redirected(self, headers: Message) -> StoreError:
        """The environment names another host than the one that has the files: no fault of the version."""
        return self._elsewhere(headers.get("x-amz-bucket-region", ""))

    def failed(self, error: HTTPError) -> StoreError:
        """What a status means. Only S3's own error code shows that S3 answered, and not a proxy on the way to it."""
        if not self._is_s3:
            return self.redirected(error.headers) if 300 <= error.code < 400 else meaning(error.code)
        body = _body(error)
        code = _element(body, "Code")
        region = error.headers.get("x-amz-bucket-region", "") or _element(body, "Region")
        if 300 <= error.code < 400 or (error.code == 400 and _element(body, "Region")):
            return self._elsewhere(region)
        if error.code == 404:
            if code in ("NoSuchKey", "NoSuchBucket"):
                return Missing("it does not exist")
            return Unreachable("it answered 404 without S3's error code, so it may be no S3 endpoint")
        if code in _NO_CREDENTIALS:
            return Unauthorized("there are no valid credentials for it")
        return meaning(error.code)

    def _elsewhere(self, region: str) -> StoreError:
        if not self._is_s3:
            return Misconfigured("it redirects to another host, so AZURE_STORAGE_ENDPOINT must be that of the account")
        if _REGION.fullmatch(region):
            return Misconfigured(f"the bucket is in region {region}, so AWS_REGION must be {region}")
        return Misconfigured(
            "it redirects to another host, so AWS_REGION must be the bucket's region, or AWS_ENDPOINT_URL the bucket's "
            "host"
        )


def s3_urls(source: Source, environ: Mapping[str, str]) -> Callable[[str], str]:
    """The URLs of files in S3; unsigned ones if AWS_SKIP_SIGNATURE is set, for buckets that anyone may read."""
    if environ.get("AWS_SKIP_SIGNATURE", "").lower() in ("1", "true", "on", "yes", "y"):
        # obstore has no call for an unsigned URL. These keys sign one, and the signature is removed.
        client = s3_client(source, {"access_key_id": "none", "secret_access_key": "none", "skip_signature": False})
        return lambda name: _unsigned(obstore.sign(client, "GET", name, _EXPIRES_IN))
    signing = s3_client(source)
    return lambda name: obstore.sign(signing, "GET", name, _EXPIRES_IN)


def azure_urls(source: Source, signature: str) -> Callable[[str], str]:
    """The URLs of files in Azure, with a shared access signature as their query."""
    # obstore has no call for an unsigned URL. This key signs one, and the signature is replaced.
    client = azure_client(source, {"account_key": "bm9uZQ=="})
    return lambda name: f"{_unsigned(obstore.sign(client, 'GET', name, _EXPIRES_IN))}?{signature}"


def shared_access_signature(environ: Mapping[str, str]) -> str:
    """The shared access signature of the environment as the query of a URL, or an empty text."""
    text = next((environ[name] for name in SIGNATURES if environ.get(name)), "")
    pairs = (pair.strip().partition("=") for pair in unquote(text).strip().lstrip("?").split("&"))
    return "&".join(f"{name}={quote(value, safe='')}" for name, _, value in pairs if name)


def _unsigned(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(query=""))


def _body(error: HTTPError) -> str:
    try:
        return error.read(_BODY_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


def _element(body: str, name: str) -> str:
    found = re.search(rf"<{name}>([A-Za-z0-9-]{{1,64}})</{name}>", body)
    return found.group(1) if found else ""
