"""The project's own interface: predictions, what they are made of, and which model makes them."""

from flask import Blueprint, Response

from sentiment_serving.routes.context import json_reply, respond, serving
from sentiment_serving.wire.native import Version

blueprint = Blueprint("native", __name__)


@blueprint.post("/predict")
def predict() -> Response:
    """Label and probabilities of one text or of several."""
    return respond(lambda endpoints: endpoints.predict)


@blueprint.post("/explain")
def explain() -> Response:
    """What each n-gram of a text adds to its prediction."""
    return respond(lambda endpoints: endpoints.explain)


@blueprint.get("/version")
def version() -> Response:
    """The model that answers, and its labels in the order of their index."""
    predictor = serving().predictor
    return json_reply(Version(predictor.model, list(predictor.labels)))
