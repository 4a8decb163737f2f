"""What the routes stand on, held by the Flask application."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import msgspec
from flask import Flask, Response, current_app, request
from werkzeug.datastructures import Headers

from sentiment_serving.http.endpoints import Endpoint, Endpoints
from sentiment_serving.http.lifecycle import Lifecycle
from sentiment_serving.http.metrics import Metrics
from sentiment_serving.http.predict import Answer, Predictor
from sentiment_serving.http.request_context import Exchange, exchange_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_KEY = "sentiment_serving"


@dataclass(frozen=True)
class Serving:
    """The parts of one application."""

    predictor: Predictor
    endpoints: Endpoints
    metrics: Metrics
    lifecycle: Lifecycle
    openapi: bytes
    """The document that describes the routes."""

    def attach(self, app: Flask) -> None:
        """Give them to the application's routes."""
        app.extensions[_KEY] = self


class _Reply(Response):
    """A response that has all its headers: Werkzeug need not look for what is missing."""

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:
        return self.headers


def serving() -> Serving:
    """The parts of the application that handles the present request."""
    return cast("Serving", current_app.extensions[_KEY])


def exchange() -> Exchange:
    """Of the present request."""
    return exchange_of(request.environ)


def respond(chosen: Callable[[Endpoints], Endpoint]) -> Response:
    """Answer the present request."""
    environ, endpoints = request.environ, serving().endpoints
    present = exchange_of(environ)
    answer = endpoints.answer(chosen(endpoints), environ, present)
    present.answered_with(answer)
    return _response(answer)


def reply(answer: Answer) -> Response:
    """The answer as Flask wants it."""
    exchange().answered_with(answer)
    return _response(answer)


def _response(answer: Answer) -> Response:
    response = _Reply(answer.body, answer.status, content_type=answer.content_type)
    response.content_length = len(answer.body)
    for name, value in answer.headers:
        response.headers[name] = value
    return response


def json_reply(document: msgspec.Struct) -> Response:
    """A success."""
    return reply(Answer(200, msgspec.json.encode(document)))
