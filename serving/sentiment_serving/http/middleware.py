"""The WSGI layer around Flask (`app.wsgi_app`): what every exchange has, and the short way for the routes in demand.

Flask's own routing, request and response objects take longer than a prediction. The short way goes around them to the
same endpoints; it can be left out, and answers are the same.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sentiment_serving.http.endpoints import Endpoint, Endpoints
from sentiment_serving.http.headers import MODEL_VERSION, REQUEST_ID
from sentiment_serving.http.metrics import Metrics
from sentiment_serving.http.request_context import Exchange

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LOG = logging.getLogger("sentiment_serving.requests")
_STATUS_LINES: Mapping[int, str] = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_OVERLOADED = 503
_FLASKS_REQUEST = "werkzeug.request"
"""Where Flask leaves what it has made of a request."""
_OPERATIONS = "operations."
"""What the endpoints of that blueprint begin with."""
_SECONDS_BETWEEN_WARNINGS = 1.0


class Front:
    """WSGI middleware.

    Args:
        app: Flask's WSGI application.
        endpoints: what may be answered without it.
        metrics: which count every answer.
        version: of the model.
        short: whether `endpoints` are answered here; if not, all is Flask's.
    """

    def __init__(
        self, app: "WSGIApplication", endpoints: Endpoints, *, metrics: Metrics, version: str, short: bool
    ) -> None:
        self._app = app
        self._endpoints = endpoints
        self._metrics = metrics
        self._short: dict[tuple[str, str], Endpoint] = dict(endpoints.by_path()) if short else {}
        # Nobody may keep an answer: it is another's tomorrow. And nobody may guess its type.
        self._headers = [
            (MODEL_VERSION, version),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        self._warned = 0.0

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        exchange = Exchange(environ)
        endpoint = self._short.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if endpoint is None:
            return self._long(environ, start_response, exchange)
        exchange.route, exchange.is_operation = endpoint.route, endpoint.is_operation
        answer = self._endpoints.answer(endpoint, environ, exchange)
        exchange.answered_with(answer)
        headers = [
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            *answer.headers,
            *self._end(environ, exchange, answer.status),
        ]
        start_response(_STATUS_LINES[answer.status], headers)
        return [answer.body]

    def _long(self, environ: "WSGIEnvironment", start_response: "StartResponse", exchange: Exchange) -> Iterable[bytes]:
        def ending(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            rule = environ[_FLASKS_REQUEST].url_rule
            if rule is not None:
                exchange.route, exchange.is_operation = rule.rule, rule.endpoint.startswith(_OPERATIONS)
            return start_response(status, headers + self._end(environ, exchange, int(status[:3])), exc_info)

        return self._app(environ, ending)

    def _end(self, environ: "WSGIEnvironment", exchange: Exchange, status: int) -> list[tuple[str, str]]:
        """Count and log the answer; returns the headers that all answers have."""
        seconds = time.perf_counter() - exchange.started
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            self._endpoints.bodies.discard(environ)
        if not exchange.is_verification:
            self._metrics.answered(route=exchange.route, code=status, seconds=seconds, request_id=exchange.request_id)
        level = logging.DEBUG if status < 400 else self._level(exchange, status)
        if _LOG.isEnabledFor(level):
            fields = {
                "request_id": exchange.request_id,
                # A client may make up a method, as it may a path.
                "method": environ["REQUEST_METHOD"] if exchange.route != "none" else "none",
                "route": exchange.route,
                "status": status,
                "duration_ms": round(seconds * 1000, 3),
                "texts": exchange.texts,
                "chars": exchange.chars,
            }
            _LOG.log(level, "answered", extra={"fields": fields})
        return [(REQUEST_ID, exchange.request_id), *self._headers]

    def _level(self, exchange: Exchange, status: int) -> int:
        if exchange.is_operation or exchange.is_verification:
            return logging.DEBUG if status < 500 else logging.WARNING
        if status == _OVERLOADED:
            # The metrics have them all: to write a line for each would take time that is short then.
            now = time.monotonic()
            if now - self._warned < _SECONDS_BETWEEN_WARNINGS:
                return logging.DEBUG
            self._warned = now
        return logging.WARNING if status >= 500 else logging.INFO
