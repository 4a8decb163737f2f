"""Reads the bodies of requests, within limits on their size and on how many are read at a time."""

import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from sentiment_serving import problems
from sentiment_serving.http.predict import MOMENT_SECONDS, body_too_large
from sentiment_serving.limits import Limits
from sentiment_serving.problems import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_DISCARD_BYTES = 16 * 1024 * 1024
_PIECE_BYTES = 64 * 1024


class Bodies:
    """Shared by all requests.

    A read holds a thread and waits for the client without a time limit (granian has none). Only `limits.sending` bodies
    are read at a time, so that the other threads go on answering.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        # Taking from and adding to a deque is atomic, and cheaper than a semaphore.
        self._places = deque(range(limits.sending))

    def read(self, environ: "WSGIEnvironment") -> bytes:
        """The whole body.

        Raises:
            Problem: 400, when it is shorter than announced; 413; 415, when it is compressed; 503, when too many
                clients are sending.
        """
        if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() not in ("", "identity"):
            raise problems.unsupported_media_type("Send the body as it is, without a Content-Encoding.")
        announced = environ.get("CONTENT_LENGTH") or ""
        wanted = self._limits.body_bytes + 1
        if announced:
            if not (announced.isascii() and announced.isdigit()):
                raise problems.malformed("The header Content-Length must be a number of bytes.")
            # Compared by length first: parsing a number of a thousand digits is slow.
            if len(announced) > 12 or int(announced) >= wanted:
                raise body_too_large(self._limits)
            wanted = int(announced)
        elif not environ.get("wsgi.input_terminated"):
            return b""
        body = self._read_at_most(environ, wanted) if wanted else b""
        if len(body) > self._limits.body_bytes:
            raise body_too_large(self._limits)
        if announced and len(body) < wanted:
            raise problems.malformed("The body ended before its Content-Length was reached.")
        return body

    def discard(self, environ: "WSGIEnvironment") -> None:
        """Read what the client is still sending: many clients read the response only after that."""
        left = _DISCARD_BYTES if environ.get("wsgi.input_terminated") else 0
        with suppress(Problem):
            while left > 0 and (piece := self._read_at_most(environ, _PIECE_BYTES)):
                left -= len(piece)

    def _read_at_most(self, environ: "WSGIEnvironment", size: int) -> bytes:
        place = self._place()
        try:
            body: bytes = environ["wsgi.input"].read(size)
        finally:
            self._places.append(place)
        return body

    def _place(self) -> int:
        """A free place. Waits a moment for one: bodies that have already arrived give theirs back at once."""
        with suppress(IndexError):
            return self._places.pop()
        time.sleep(MOMENT_SECONDS)
        try:
            return self._places.pop()
        except IndexError:
            raise problems.overloaded("Too many clients are still sending their requests.") from None
