"""Artifacts behind http(s), such as MLflow's artifact proxy: fetched from the named host and no other.

Anyone who registers a version may name their own web server, which could redirect the fetching container to any address
of the cluster's network. obstore's client follows every redirect, so this module uses the standard library's client.
"""

import http.client
import re
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator
from email.message import Message
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit

from sentiment_serving.connection_errors import describe_connection_error
from sentiment_serving.fetching.errors import (
    Missing,
    StoreError,
    Unauthorized,
    Unreachable,
    UnsafeRedirect,
    UntrustedCertificate,
)
from sentiment_serving.fetching.login import Login
from sentiment_serving.fetching.proxies import Proxies, is_through_proxy
from sentiment_serving.fetching.source import Source, is_metadata_address
from sentiment_serving.fetching.trust import tls_context

READ_SECONDS = 20.0
"""How long to wait for the next bytes. A stalled read ends the transfer, not its length."""
FILE_SECONDS = 900.0
"""Time for one file, including resumptions. It stops a server that sends a byte every few seconds."""
RESUMPTIONS = 2

_CHUNK_BYTES = 256 * 1024
_UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})
"""OpenSSL's codes (X509_V_ERR_*) for a chain that does not end at a trusted CA."""
_HEADERS = {"User-Agent": "sentiment-serving", "Accept-Encoding": "identity"}


class WebStore:
    """An ArtifactStore at an http(s) Source. Proxies come from the environment (HTTPS_PROXY, NO_PROXY).

    The peer of a connection is checked unless it is a proxy, which resolves the host itself.
    """

    def __init__(
        self,
        source: Source,
        *,
        login: Login | None = None,
        authorities: str = "",
        read_seconds: float = READ_SECONDS,
        file_seconds: float = FILE_SECONDS,
    ) -> None:
        self._root = quote(source.uri, safe="/:%@[]!$&'()*+,;=~")
        self._login = login if login is not None and login.allowed else None
        self._read_seconds = read_seconds
        self._file_seconds = file_seconds
        handlers = (
            urllib.request.ProxyHandler({}),
            Proxies(),
            _Http(),
            _Https(tls_context(authorities)),
            _SameHost(self.redirected),
        )
        self._opener = urllib.request.build_opener(*handlers)

    def url_of(self, name: str) -> str:
        """The URL of a file.

        Raises:
            StoreError: there is none.
        """
        return f"{self._root}/{name}"

    def redirected(self, headers: Message) -> StoreError:
        """What a redirect to another host means, by the headers of the answer."""
        return UnsafeRedirect("it redirects to another host")

    def failed(self, error: HTTPError) -> StoreError:
        """What an answer means that has no file."""
        return meaning(error.code)

    def stream(self, name: str) -> Iterator[bytes]:
        """See ArtifactStore. An interrupted transfer is resumed if the server can do so for the same content."""
        end = time.monotonic() + self._file_seconds
        position, etag, resumptions = 0, "", RESUMPTIONS
        while True:
            try:
                with self._open(name, position, etag) as response:
                    etag = response.headers.get("ETag", "")
                    while piece := response.read1(_CHUNK_BYTES):
                        position += len(piece)
                        yield piece
                        if time.monotonic() > end:
                            raise Unreachable(f"it took more than {self._file_seconds:g} s for one file")
                    if not response.length:
                        return
            except (OSError, http.client.HTTPException):
                pass
            # A weak ETag does not promise the same bytes.
            if not resumptions or not position or not etag.startswith('"'):
                raise Unreachable("it broke off")
            resumptions -= 1

    def _open(self, name: str, position: int, etag: str) -> http.client.HTTPResponse:
        wanted = {"Range": f"bytes={position}-", "If-Range": etag} if position else {}
        request = urllib.request.Request(self.url_of(name), headers=_HEADERS | wanted)  # noqa: S310 - a Source
        if self._login is not None:
            # Not a header of the request itself, because urllib sends those to the target of a redirect, too.
            request.add_unredirected_header("Authorization", self._login.header)
        try:
            response = self._opener.open(request, timeout=self._read_seconds)
        except HTTPError as error:
            with error:
                raise self.failed(error) from None
        except URLError as error:
            raise _broken(error.reason, request) from None
        except (OSError, http.client.HTTPException) as error:
            raise _broken(error, request) from None
        assert isinstance(response, http.client.HTTPResponse)
        if response.length is None and not response.chunked:
            response.close()
            raise Unreachable("it does not state where a file ends")
        if position and not response.headers.get("Content-Range", "").startswith(f"bytes {position}-"):
            response.close()
            raise Unreachable("it broke off, and cannot resume the same file")
        return response


class _SameHost(urllib.request.HTTPRedirectHandler):
    max_redirections = 5

    def __init__(self, refusal: Callable[[Message], StoreError]) -> None:
        self._refusal = refusal

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        same = (old.scheme, old.netloc) == (new.scheme, new.netloc)
        secured = (old.scheme, new.scheme, old.hostname) == ("http", "https", new.hostname)
        if not (same or secured):
            fp.close()
            raise self._refusal(headers)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _check_peer(self.sock)


class _SecureConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _check_peer(self.sock)


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(http.client.HTTPConnection if is_through_proxy(req) else _Connection, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__()
        self._tls = context

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        connection = http.client.HTTPSConnection if is_through_proxy(req) else _SecureConnection
        return self.do_open(connection, req, context=self._tls)


def _broken(error: object, request: urllib.request.Request) -> Unreachable:
    phrase = describe_connection_error(error)
    if is_through_proxy(request):
        refused = re.search(r"Tunnel connection failed: (\d{3})", str(error))
        phrase = f"through the proxy: {f'it answered with status {refused.group(1)}' if refused else phrase}"
    # A CA's certificate mends neither another host's certificate nor one that has expired.
    unknown_issuer = isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in _UNKNOWN_ISSUER
    return UntrustedCertificate(phrase) if unknown_issuer else Unreachable(phrase)


def _check_peer(sock: socket.socket) -> None:
    # The name may resolve to another address since it was checked.
    if is_metadata_address(str(sock.getpeername()[0])):
        raise UnsafeRedirect("its name resolves to a link-local or metadata service of the machine")


def meaning(status: int) -> StoreError:
    """What a status other than success means."""
    if status in (404, 410):
        return Missing("it does not exist")
    if status in (401, 403, 407):
        return Unauthorized("it refused the credentials, or they may not read this")
    if 300 <= status < 400:
        return UnsafeRedirect("it redirects in a loop or to something other than a web address")
    return Unreachable(f"it answered with status {status}")
