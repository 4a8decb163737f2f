"""Draining: every response closes its connection, so that stopping loses no request."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sentiment_serving.http.lifecycle import Lifecycle

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class ClosingWhileDraining:
    """WSGI middleware: adds `Connection: close` to responses while draining.

    A client with a kept-alive connection then opens a new one, which the Service routes to another pod. Otherwise its
    next request would find the connection closed. PEP 3333 leaves this header to the server, but
    granian has no switch for it and hyper, its HTTP implementation, obeys the header.
    """

    def __init__(self, app: "WSGIApplication", lifecycle: Lifecycle) -> None:
        self._app = app
        self._lifecycle = lifecycle

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def closing(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            # Checked at the end of the request: one that was running when draining began must close as well.
            if self._lifecycle.draining:
                headers = [*headers, ("Connection", "close")]
            return start_response(status, headers, exc_info)

        return self._app(environ, closing)
