"""Receives the bodies of requests, within limits on their size, their number and the time that each may take."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Semaphore
from typing import TYPE_CHECKING

from sentiment_serving import problems
from sentiment_serving.http.predict import MOMENT_SECONDS, body_too_large
from sentiment_serving.http.request_context import is_timed_out
from sentiment_serving.limits import Limits
from sentiment_serving.problems import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_DISCARD_BYTES = 16 * 1024 * 1024
_PIECE_BYTES = 64 * 1024
"""granian keeps what a read returned until the request ends, in a buffer of up to twice the size: read in pieces."""

_LARGE_WAIT_SECONDS = 1.0
"""How long a large request waits until its body may be read."""
_LARGE_MOMENT_SECONDS = 0.05
"""Pause before a refusal without reading: clients that repeat it at once leave the processor to others."""


class _Place:
    """A body that is being received."""

    __slots__ = ("environ", "until")

    def __init__(self) -> None:
        self.environ: WSGIEnvironment | None = None
        self.until = 0.0


class Bodies:
    """Shared by all requests.

    A read holds a thread until the client has sent. Only `limits.sending` bodies are read at a time, so that the other
    threads go on answering, and only half of them may be large ones. At most `limits.large` large bodies are in memory,
    from the start of their reading to the response. `http.slow_bodies` ends the reads that take too long.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._all = [_Place() for _ in range(limits.sending)]
        # Taking from and adding to a deque is atomic, and cheaper than a semaphore.
        self._places = deque(self._all)
        self._large_places = deque(range(max(1, limits.sending // 2)))
        self._large = Semaphore(limits.large)

    def read(self, environ: "WSGIEnvironment") -> bytes:
        """The whole body. The caller returns it with `release` once the request is answered.

        Raises:
            Problem: 400, when it is shorter than announced; 408; 413; 415, when it is compressed; 503, when too many
                clients are sending.
        """
        if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() not in ("", "identity"):
            raise problems.unsupported_media_type("Send the body as it is, without a Content-Encoding.")
        announced = environ.get("CONTENT_LENGTH") or ""
        until = time.monotonic() + self._limits.body_seconds
        if not announced:
            return self._read_unannounced(environ, until) if environ.get("wsgi.input_terminated") else b""
        if not (announced.isascii() and announced.isdigit()):
            raise problems.malformed("The header Content-Length must be a number of bytes.")
        # Compared by length first: parsing a number of a thousand digits is slow.
        if len(announced) > 12 or (size := int(announced)) > self._limits.body_bytes:
            raise body_too_large(self._limits)
        if size >= self._limits.large_body_bytes:
            return self._read_large(environ, b"", size, until, announced=True)
        body = self._receive(environ, size, until) if size else b""
        if len(body) < size:
            raise _ended_early()
        return body

    def release(self, body: bytes) -> None:
        """The request with this body is answered."""
        if len(body) >= self._limits.large_body_bytes:
            self._large.release()

    def discard(self, environ: "WSGIEnvironment") -> None:
        """Read what the client is still sending: many clients read the response only after that."""
        if environ.get("wsgi.input_terminated"):
            self._discard(environ, _DISCARD_BYTES, time.monotonic() + self._limits.body_seconds)

    def overdue(self, now: float) -> list["WSGIEnvironment"]:
        """The requests whose bodies should have arrived by `now`, in the clock of `time.monotonic`."""
        being_received = [(place.until, place.environ) for place in self._all]
        return [environ for until, environ in being_received if environ is not None and until < now]

    def _read_unannounced(self, environ: "WSGIEnvironment", until: float) -> bytes:
        """A body in chunks: its size is known at its end."""
        begun = self._receive(environ, min(self._limits.large_body_bytes, self._limits.body_bytes + 1), until)
        if len(begun) > self._limits.body_bytes:
            raise body_too_large(self._limits)
        if len(begun) < self._limits.large_body_bytes:
            return begun
        return self._read_large(environ, begun, self._limits.body_bytes + 1, until, announced=False)

    def _read_large(
        self, environ: "WSGIEnvironment", begun: bytes, size: int, until: float, *, announced: bool
    ) -> bytes:
        with self._large_place():
            # Nothing is read meanwhile. To read and discard a body takes as much time as to answer many small requests.
            if not self._large.acquire(timeout=_LARGE_WAIT_SECONDS):
                self._discard(environ, size, until)
                raise problems.overloaded("More large requests wait than this server can keep.")
            try:
                body = begun + self._receive(environ, size - len(begun), until)
                if len(body) > self._limits.body_bytes:
                    raise body_too_large(self._limits)
                if announced and len(body) < size:
                    raise _ended_early()
            except BaseException:
                self._large.release()
                raise
            return body

    def _discard(self, environ: "WSGIEnvironment", left: int, until: float) -> None:
        with suppress(Problem):
            while left > 0 and (piece := self._receive(environ, min(left, _PIECE_BYTES), until)):
                left -= len(piece)

    def _receive(self, environ: "WSGIEnvironment", size: int, until: float) -> bytes:
        """The next `size` bytes; fewer if the body ends before.

        Raises:
            Problem: 408, 503.
        """
        place = self._place()
        place.until, place.environ = until, environ
        try:
            body: bytes = environ["wsgi.input"].read(min(size, _PIECE_BYTES))
            if len(body) < size and body:
                pieces = [body]
                size -= len(body)
                while size and (piece := environ["wsgi.input"].read(min(size, _PIECE_BYTES))):
                    pieces.append(piece)
                    size -= len(piece)
                body = b"".join(pieces)
        finally:
            place.environ = None
            self._places.append(place)
        if is_timed_out(environ):
            raise problems.too_slow(self._limits.body_seconds)
        return body

    def _place(self) -> _Place:
        """A free place. Waits a moment for one: bodies that have already arrived give theirs back at once."""
        with suppress(IndexError):
            return self._places.pop()
        time.sleep(MOMENT_SECONDS)
        try:
            return self._places.pop()
        except IndexError:
            raise problems.overloaded("Too many clients are still sending their requests.") from None

    @contextmanager
    def _large_place(self) -> Iterator[None]:
        try:
            place = self._large_places.pop()
        except IndexError:
            time.sleep(_LARGE_MOMENT_SECONDS)
            raise problems.overloaded("Too many clients are still sending large requests.") from None
        try:
            yield
        finally:
            self._large_places.append(place)


def _ended_early() -> Problem:
    return problems.malformed("The body ended before its Content-Length was reached.")
