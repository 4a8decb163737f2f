"""Endpoints that predict: the work is done by `sentiment_serving.http.predict`."""

from collections.abc import Callable

from sentiment_serving.http.endpoint import Respond
from sentiment_serving.http.message import Request, Response
from sentiment_serving.http.predict import Predictor
from sentiment_serving.http.service import Service


def predicting(method: Callable[[Predictor, Request], Response]) -> Respond:
    """Respond with that method of the service's predictor."""

    def respond(service: Service, request: Request) -> Response:
        return method(service.predictor, request)

    return respond
