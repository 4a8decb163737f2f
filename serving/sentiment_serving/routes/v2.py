"""The Open Inference Protocol."""

from flask import Blueprint, Response

from sentiment_serving import problems
from sentiment_serving.release import release
from sentiment_serving.routes.context import json_reply, respond, serving
from sentiment_serving.wire import v2

blueprint = Blueprint("v2", __name__, url_prefix="/v2")

_MODEL = "/models/<name>"
_VERSION = "/models/<name>/versions/<version>"


@blueprint.get("/", strict_slashes=False)
def server_metadata() -> Response:
    """Which server this is."""
    return json_reply(v2.ServerMetadata("sentiment-serving", release(), ["binary_tensor_data"]))


@blueprint.get("/health/live")
def live() -> Response:
    """The process answers."""
    return json_reply(v2.Live(live=True))


@blueprint.get("/health/ready")
def ready() -> Response:
    """Whether to send requests here."""
    _require_ready()
    return json_reply(v2.Ready(ready=True))


@blueprint.get(_MODEL)
@blueprint.get(_VERSION)
def model_metadata(name: str, version: str | None = None) -> Response:
    """What the model takes and gives."""
    _require_model(name, version)
    predictor = serving().predictor
    return json_reply(v2.metadata(predictor.identity, predictor.labels))


@blueprint.get(f"{_MODEL}/ready")
@blueprint.get(f"{_VERSION}/ready")
def model_ready(name: str, version: str | None = None) -> Response:
    """Whether the model answers."""
    _require_model(name, version)
    _require_ready()
    return json_reply(v2.ModelReady(name=serving().predictor.identity.name, ready=True))


@blueprint.post(f"{_MODEL}/infer")
def infer(name: str) -> Response:
    """Predict."""
    _require_model(name, None)
    return respond(lambda endpoints: endpoints.infer)


@blueprint.post(f"{_VERSION}/infer")
def infer_version(name: str, version: str) -> Response:
    """Predict, if this version is the one that serves."""
    _require_model(name, version)
    return respond(lambda endpoints: endpoints.infer_version)


def _require_model(name: str, version: str | None) -> None:
    identity = serving().predictor.identity
    if name != identity.name or version not in (None, identity.version):
        raise problems.not_found(
            f"This server has one model: {identity.name}, version {identity.version}. Ask for that, or for no version."
        )


def _require_ready() -> None:
    lifecycle = serving().lifecycle
    if not lifecycle.ready:
        raise problems.not_ready(lifecycle.description)
