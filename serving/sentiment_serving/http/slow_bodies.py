"""Ends requests whose bodies take too long to arrive. granian has no such time limit, and none of its reads can end
before the client has sent what was asked for.

A client is answered while a thread still waits for its body. It is expected to close the connection then, which ends
the read. If several do not, the next ones get a response that promises one byte more than it has: hyper takes that for
a failure and closes the connection itself.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, cast

from granian.wsgi import _callback_wrapper

from sentiment_serving.http.bodies import Bodies
from sentiment_serving.http.request_context import is_timed_out

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Headers = list[tuple[str, str]]
TimeOut = Callable[["WSGIEnvironment"], tuple[int, Headers, bytes]]

_PROTOCOL = "sentiment_serving.protocol"
_TURN_SECONDS = 0.5
_TRUSTED = 8
"""How many clients may keep their connection, and with it a thread, after they were answered."""
_FLUSH_SECONDS = 0.05
"""hyper sends a response before it looks for its end, if the end comes later."""

_LOG = logging.getLogger("sentiment_serving.server")


class _Protocol(Protocol):
    """granian's side of one request. Only the first response counts."""

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...
    def response_iter(self, status: int, headers: Headers, body: "_Unfinished") -> None: ...


def with_protocol(callback: Any, scope_opts: dict[str, Any], access_log_fmt: str | None = None) -> Callable[..., int]:
    """Replaces granian's wrapper of WSGI applications: the environment also has granian's side of the request."""
    call = _callback_wrapper(callback, scope_opts, access_log_fmt)

    def run(protocol: _Protocol, scope: dict[str, Any]) -> int:
        scope[_PROTOCOL] = protocol
        return cast("int", call(protocol, scope))

    return run


class SlowBodies:
    """Watches the bodies that are being received, in a thread of its own.

    Args:
        bodies: all that are being received.
        time_out: the response to a request.
    """

    def __init__(self, bodies: Bodies, time_out: TimeOut) -> None:
        self._bodies = bodies
        self._time_out = time_out

    def watch(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._watch, name="slow-bodies", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(_TURN_SECONDS)
            try:
                self.answer(time.monotonic())
            except Exception as error:
                _LOG.error("failed to end a slow request", exc_info=error)

    def answer(self, now: float) -> None:
        """Answer each client whose body should have arrived by `now`."""
        overdue = self._bodies.overdue(now)
        answered = sum(is_timed_out(environ) for environ in overdue)
        for environ in overdue:
            protocol: _Protocol | None = environ.get(_PROTOCOL)
            if protocol is None or is_timed_out(environ):
                continue
            status, headers, body = self._time_out(environ)
            answered += 1
            if answered <= _TRUSTED:
                protocol.response_bytes(status, [*headers, ("Content-Length", str(len(body)))], body)
            else:
                length = ("Content-Length", str(len(body) + 1))
                protocol.response_iter(status, [*headers, length], _Unfinished(body))


class _Unfinished:
    """The iterable of a response that ends too early."""

    def __init__(self, body: bytes) -> None:
        self._pieces = [body]

    def __next__(self) -> bytes:
        with suppress(IndexError):
            return self._pieces.pop()
        time.sleep(_FLUSH_SECONDS)
        raise StopIteration

    def close(self) -> None:
        """Called by granian at the end."""
