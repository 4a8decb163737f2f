"""What every exchange has, whichever route it takes: a request id, the model's version, a metric, a line in the log."""

import logging
import re
import time
import uuid

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from sentiment_serving import problems
from sentiment_serving.headers import MODEL_VERSION, REQUEST_ID, VERIFICATION
from sentiment_serving.predict import Answer, body_too_large, refusal
from sentiment_serving.problems import Problem
from sentiment_serving.serving import serving

_DISCARD_BYTES = 16 * 1024 * 1024
_PIECE_BYTES = 64 * 1024

_LOG = logging.getLogger("sentiment_serving.requests")
# A caller's own id is taken when it looks like one; anything else could smuggle text into the log.
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def install(app: Flask) -> None:
    """Wrap all routes of the application."""
    app.before_request(_begin)
    app.after_request(_end)
    app.register_error_handler(HTTPException, _refuse)
    app.register_error_handler(Exception, _fail)


def reply(answer: Answer) -> Response:
    """The answer as Flask wants it; its sizes are kept for the log."""
    g.texts, g.chars = answer.texts, answer.chars
    return Response(answer.body, answer.status, content_type=answer.content_type)


def request_id() -> str:
    """Of the present request."""
    return str(g.request_id)


def is_verification() -> bool:
    """Whether the present request is part of the verification of a candidate."""
    return VERIFICATION in request.headers


def _begin() -> None:
    g.started = time.perf_counter()
    given = request.headers.get(REQUEST_ID, "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    g.texts = g.chars = 0


def _end(response: Response) -> Response:
    parts = serving()
    seconds = time.perf_counter() - g.started
    # The route's pattern: a path may be anything, in metrics as in logs.
    route = request.url_rule.rule if request.url_rule else "none"
    response.headers[REQUEST_ID] = request_id()
    response.headers[MODEL_VERSION] = parts.predictor.identity.version
    if response.status_code == 413:
        _discard_body()
    if not is_verification():
        parts.metrics.answered(route=route, code=response.status_code, seconds=seconds)
    level = _level(request.blueprint, response.status_code)
    if _LOG.isEnabledFor(level):
        fields = {
            "request_id": request_id(),
            "method": request.method if request.url_rule else "none",
            "route": route,
            "status": response.status_code,
            "duration_ms": round(seconds * 1000, 3),
            "texts": g.texts,
            "chars": g.chars,
        }
        _LOG.log(level, "answered", extra={"fields": fields})
    return response


def _discard_body() -> None:
    """Read what a client is still sending: it looks for an answer only afterwards, or finds the connection cut."""
    if request.environ.get("wsgi.input_terminated"):
        left = _DISCARD_BYTES
        while left > 0 and (piece := request.environ["wsgi.input"].read(_PIECE_BYTES)):
            left -= len(piece)


def _level(blueprint: str | None, status: int) -> int:
    if status >= 500:
        return logging.WARNING
    # Probes and scrapes come every few seconds for ever, and `verify` several times a second.
    return logging.DEBUG if blueprint == "operations" or is_verification() else logging.INFO


def _refuse(error: HTTPException) -> Response:
    response = reply(refusal(_problem(error), request_id=request_id()))
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _problem(error: HTTPException) -> Problem:
    match error:
        case NotFound():
            return Problem(404, "No such route", "This server answers POST /predict and GET /version.")
        case MethodNotAllowed():
            allowed = ", ".join(sorted(error.valid_methods or ()))
            return Problem(405, "Method not allowed", f"Use one of: {allowed}.")
        case RequestEntityTooLarge():
            return body_too_large(serving().predictor.limits)
    return Problem(error.code or 500, error.name, "The request could not be understood as HTTP.")


def _fail(error: Exception) -> Response:
    _LOG.error("failed", exc_info=error, extra={"fields": {"request_id": request_id()}})
    return reply(refusal(problems.internal_error(), request_id=request_id()))
