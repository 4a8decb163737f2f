"""What the routes stand on, held by the Flask application."""

from dataclasses import dataclass
from typing import cast

import msgspec
from flask import Flask, Response, current_app, request

from sentiment_serving.endpoints import Endpoint, Endpoints
from sentiment_serving.exchange import Exchange, exchange_of
from sentiment_serving.lifecycle import Lifecycle
from sentiment_serving.metrics import Metrics
from sentiment_serving.predict import Answer, Predictor

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


def serving() -> Serving:
    """The parts of the application that handles the present request."""
    return cast("Serving", current_app.extensions[_KEY])


def exchange() -> Exchange:
    """Of the present request."""
    return exchange_of(request.environ)


def respond(endpoint: Endpoint) -> Response:
    """Answer the present request."""
    environ = request.environ
    present = exchange_of(environ)
    answer = serving().endpoints.answer(endpoint, environ, present)
    present.answered_with(answer)
    return _response(answer)


def reply(answer: Answer) -> Response:
    """The answer as Flask wants it."""
    exchange().answered_with(answer)
    return _response(answer)


def _response(answer: Answer) -> Response:
    headers = [("Content-Type", answer.content_type), *answer.headers]
    return Response(answer.body, answer.status, headers)


def json_reply(document: msgspec.Struct) -> Response:
    """A success."""
    return reply(Answer(200, msgspec.json.encode(document)))
