"""What the cluster and developers ask for: probes, metrics, the description of the interface."""

from sentiment_serving.http.message import PLAIN_TEXT, Request, Response
from sentiment_serving.http.service import Service


def livez(service: Service, request: Request) -> Response:
    """The process answers. A model that cannot predict is no reason to restart it."""
    return Response(200, b"ok\n", PLAIN_TEXT)


def readyz(service: Service, request: Request) -> Response:
    """200 once a real prediction has succeeded; a problem (503) before that and while draining."""
    service.require_ready()
    return Response(200, b"ready\n", PLAIN_TEXT)


def metrics(service: Service, request: Request) -> Response:
    """All series, in the format that the scraper accepts."""
    body, content_type = service.metrics.exposition(request.accept)
    return Response(200, body, content_type)


def openapi(service: Service, request: Request) -> Response:
    """The OpenAPI document."""
    return Response(200, service.openapi)
