"""What the cluster asks: probes and metrics."""

from flask import Blueprint, Response

from sentiment_serving import metrics
from sentiment_serving.exchange import reply, request_id
from sentiment_serving.predict import refusal
from sentiment_serving.problems import Problem
from sentiment_serving.serving import serving

blueprint = Blueprint("operations", __name__)


@blueprint.get("/livez")
def livez() -> Response:
    """The process answers. A model that cannot predict is no reason to restart it."""
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/readyz")
@blueprint.get("/ping")
def readyz() -> Response:
    """200 once a real prediction succeeded, 503 before that and while draining. `/ping` is MLflow's name for it."""
    lifecycle = serving().lifecycle
    if lifecycle.ready:
        return Response("ready\n", content_type="text/plain; charset=utf-8")
    problem = Problem(503, "Not ready", f"The server is {lifecycle.description}.")
    return reply(refusal(problem, request_id=request_id()))


@blueprint.get("/metrics")
def exposition() -> Response:
    """For Prometheus."""
    return Response(serving().metrics.exposition(), content_type=metrics.CONTENT_TYPE)
