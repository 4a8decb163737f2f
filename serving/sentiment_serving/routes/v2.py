"""The Open Inference Protocol, apart from its predictions. The handler has compared model and version of the path."""

from sentiment_serving.http.message import Request, Response, json_response
from sentiment_serving.http.service import Service
from sentiment_serving.release import release
from sentiment_serving.wire import v2


def server_metadata(service: Service, request: Request) -> Response:
    """The name, release and extensions of this server."""
    return json_response(v2.ServerMetadata("sentiment-serving", release(), ["binary_tensor_data"]))


def live(service: Service, request: Request) -> Response:
    """The process answers."""
    return json_response(v2.Live(live=True))


def ready(service: Service, request: Request) -> Response:
    """Whether to send requests here."""
    service.require_ready()
    return json_response(v2.Ready(ready=True))


def model_metadata(service: Service, request: Request) -> Response:
    """The inputs and outputs of the model."""
    predictor = service.predictor
    return json_response(v2.metadata(predictor.identity, predictor.labels))


def model_ready(service: Service, request: Request) -> Response:
    """Whether the model answers."""
    service.require_ready()
    return json_response(v2.ModelReady(name=service.predictor.identity.name, ready=True))
