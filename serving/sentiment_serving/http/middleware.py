"""The WSGI middleware around Flask (`app.wsgi_app`): headers, metrics and log of every request, and the fast path.

Flask's own routing, request and response objects take longer than a prediction. The fast path goes around them to the
same endpoints. It can be switched off, and the responses are the same.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sentiment_serving import problems
from sentiment_serving.headers import MODEL_VERSION, REQUEST_ID
from sentiment_serving.http.endpoint import Endpoint
from sentiment_serving.http.handler import Handler
from sentiment_serving.http.predict import problem_response
from sentiment_serving.http.request_context import RequestContext, context_of, is_open_inference

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LOG = logging.getLogger("sentiment_serving.requests")
_STATUS_LINES: Mapping[int, str] = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_OVERLOADED = 503
_FLASK_REQUEST = "werkzeug.request"
"""Flask's request object in the WSGI environment."""
_SECONDS_BETWEEN_WARNINGS = 1.0

EXTENSION = "sentiment_serving.middleware"
"""Where an application keeps its middleware, in `Flask.extensions`."""


class Middleware:
    """WSGI middleware.

    Args:
        app: Flask's WSGI application.
        endpoints: the table of endpoints.
        handler: has them respond.
        fast_path: whether endpoints that are `fast` are answered here; if not, Flask answers all.
    """

    def __init__(
        self, app: "WSGIApplication", endpoints: Iterable[Endpoint], handler: Handler, *, fast_path: bool
    ) -> None:
        self._app = app
        self._handler = handler
        self.bodies = handler.bodies
        self._metrics = handler.service.metrics
        identity = handler.service.predictor.identity
        self._fast: dict[tuple[str, str], Endpoint] = {
            (one.method, one.path_of(identity)): one for one in endpoints if fast_path and one.fast
        }
        self._operations = frozenset(one.route for one in endpoints if one.is_operation)
        # No cache may keep a response: another version may serve tomorrow. And no client may guess its type.
        self._headers = [
            (MODEL_VERSION, identity.version),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        self._warned = 0.0

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        context = RequestContext(environ)
        endpoint = self._fast.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if endpoint is None:
            return self._through_flask(environ, start_response, context)
        context.route, context.is_operation = endpoint.route, endpoint.is_operation
        response = self._handler.handle(endpoint, environ, context)
        headers = [
            ("Content-Type", response.content_type),
            ("Content-Length", str(len(response.body))),
            *response.headers,
            *self._finish(environ, context, response.status),
        ]
        start_response(_STATUS_LINES[response.status], headers)
        return [response.body]

    def time_out(self, environ: "WSGIEnvironment") -> tuple[int, list[tuple[str, str]], bytes]:
        """The response to a client whose body takes too long: status, headers and body.

        The thread that reads the body answers nothing then: its client has this response already.
        """
        context = context_of(environ)
        if _FLASK_REQUEST in environ:
            self._take_route(environ, context)
        response = problem_response(
            problems.too_slow(self._handler.service.predictor.limits.body_seconds),
            request_id=context.request_id,
            open_inference=is_open_inference(context.route),
        )
        headers = [
            ("Content-Type", response.content_type),
            ("Connection", "close"),
            *self._finish(environ, context, response.status),
        ]
        context.timed_out = True
        return response.status, headers, response.body

    def _take_route(self, environ: "WSGIEnvironment", context: RequestContext) -> None:
        rule = environ[_FLASK_REQUEST].url_rule
        if rule is not None:
            context.route, context.is_operation = rule.rule, rule.rule in self._operations

    def _through_flask(
        self, environ: "WSGIEnvironment", start_response: "StartResponse", context: RequestContext
    ) -> Iterable[bytes]:
        def finish(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            self._take_route(environ, context)
            return start_response(status, headers + self._finish(environ, context, int(status[:3])), exc_info)

        return self._app(environ, finish)

    def _finish(self, environ: "WSGIEnvironment", context: RequestContext, status: int) -> list[tuple[str, str]]:
        """Count and log the response. Returns the headers that every response has."""
        if context.timed_out:
            return []
        seconds = time.perf_counter() - context.started
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            self.bodies.discard(environ)
        if not context.is_verification:
            self._metrics.answered(route=context.route, code=status, seconds=seconds, request_id=context.request_id)
        level = logging.DEBUG if status < 400 else self._level(context, status)
        if _LOG.isEnabledFor(level):
            fields = {
                "request_id": context.request_id,
                # A client can make up a method as well as a path.
                "method": environ["REQUEST_METHOD"] if context.route != "none" else "none",
                "route": context.route,
                "status": status,
                "duration_ms": round(seconds * 1000, 3),
                "texts": context.texts,
                "chars": context.chars,
            }
            _LOG.log(level, "answered", extra={"fields": fields})
        return [(REQUEST_ID, context.request_id), *self._headers]

    def _level(self, context: RequestContext, status: int) -> int:
        if context.is_operation or context.is_verification:
            return logging.DEBUG if status < 500 else logging.WARNING
        if status == _OVERLOADED:
            # The metrics count them all: a line for each would take time that is short during an overload.
            now = time.monotonic()
            if now - self._warned < _SECONDS_BETWEEN_WARNINGS:
                return logging.DEBUG
            self._warned = now
        return logging.WARNING if status >= 500 else logging.INFO
