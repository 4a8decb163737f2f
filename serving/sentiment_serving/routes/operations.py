"""What the cluster and developers ask: probes, metrics, the description of the interface."""

from flask import Blueprint, Response, request

from sentiment_serving.routes.context import respond, serving
from sentiment_serving.wire.reading import JSON

blueprint = Blueprint("operations", __name__)


@blueprint.get("/livez")
def livez() -> Response:
    """The process answers. A model that cannot predict is no reason to restart it."""
    return respond(lambda endpoints: endpoints.livez)


@blueprint.get("/readyz")
def readyz() -> Response:
    """200 once a real prediction succeeded, 503 before that and while draining."""
    return respond(lambda endpoints: endpoints.readyz)


@blueprint.get("/ping")
def ping() -> Response:
    """MLflow's name for /readyz."""
    return respond(lambda endpoints: endpoints.ping)


@blueprint.get("/metrics")
def exposition() -> Response:
    """For Prometheus."""
    body, content_type = serving().metrics.exposition(request.headers.get("Accept", ""))
    return Response(body, content_type=content_type)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """What there is to ask, and what comes back."""
    return Response(serving().openapi, content_type=JSON)
