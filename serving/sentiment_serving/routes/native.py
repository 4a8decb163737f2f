"""The project's own interface: predictions, and which model makes them."""

from flask import Blueprint, Response, jsonify, request

from sentiment_serving.exchange import is_verification, reply, request_id
from sentiment_serving.serving import serving

blueprint = Blueprint("native", __name__)


@blueprint.post("/predict")
def predict() -> Response:
    """Label and probabilities of one text or of several."""
    answer = serving().predictor.predict(
        request.get_data(cache=False),
        content_type=request.content_type or "",
        request_id=request_id(),
        counted=not is_verification(),
    )
    return reply(answer)


@blueprint.get("/version")
def version() -> Response:
    """The model that answers, and its labels in the order of their index."""
    predictor = serving().predictor
    return jsonify(model=predictor.model, labels=list(predictor.labels))
