"""What MLflow's scoring server has, for clients that call one. `/ping` and `/version` are beside the others' own."""

from flask import Blueprint, Response

from sentiment_serving.routes.context import respond

blueprint = Blueprint("mlflow", __name__)


@blueprint.post("/invocations")
def invocations() -> Response:
    """Labels, each with its probability."""
    return respond(lambda endpoints: endpoints.invocations)
