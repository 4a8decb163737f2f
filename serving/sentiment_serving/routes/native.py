"""The project's own interface, apart from its predictions."""

from sentiment_serving.http.message import Request, Response, json_response
from sentiment_serving.http.service import Service
from sentiment_serving.wire.native import Version


def version(service: Service, request: Request) -> Response:
    """The model that answers, and its labels in the order of their index."""
    predictor = service.predictor
    return json_response(Version(predictor.model, list(predictor.labels)))
