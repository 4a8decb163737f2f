"""The table of endpoints: the middleware, Flask's routing and the OpenAPI document are made from it.

A new route is a row here, a `respond` function beside it in this package, and, if it brings a new format, a module of
`sentiment_serving.wire`.
"""

from functools import partial

from sentiment_serving.http.endpoint import Endpoint
from sentiment_serving.http.predict import Predictor
from sentiment_serving.routes import native, operations, page, v2
from sentiment_serving.routes.predictions import predicting
from sentiment_serving.wire import mlflow
from sentiment_serving.wire import native as native_format
from sentiment_serving.wire import v2 as v2_format
from sentiment_serving.wire.reading import JSON

_TEXT, _HTML = "text/plain", "text/html"
_PREDICTION_PROBLEMS = (400, 408, 413, 415, 422, 500, 503)
_V2_MODEL, _V2_VERSION = "/v2/models/<name>", "/v2/models/<name>/versions/<version>"

_prediction = partial(Endpoint, method="POST", problems=_PREDICTION_PROBLEMS, fast=True)
_open_inference = partial(Endpoint, method="GET", tag="Open Inference Protocol")
_infer = partial(
    Endpoint,
    method="POST",
    respond=predicting(Predictor.infer),
    tag="Open Inference Protocol",
    request={JSON: v2_format.InferRequest, v2_format.BINARY: None},
    success=v2_format.InferResponse,
    problems=(*_PREDICTION_PROBLEMS, 404),
    binary=True,
    fast=True,
)
_operation = partial(Endpoint, method="GET", tag="operations", is_operation=True)

ENDPOINTS = (
    _prediction(
        route="/predict",
        respond=predicting(Predictor.predict),
        summary="Label and probabilities of one text or of several",
        tag="predictions",
        request={JSON: native_format.PredictRequest},
        success=native_format.PredictMany,
    ),
    _prediction(
        route="/explain",
        respond=predicting(Predictor.explain),
        summary="What each known n-gram of a text adds to its prediction",
        tag="predictions",
        request={JSON: native_format.ExplainRequest},
        success=native_format.ExplainResponse,
    ),
    Endpoint(
        method="GET",
        route="/version",
        respond=native.version,
        summary="The model that answers",
        tag="operations",
        success=native_format.Version,
    ),
    _prediction(
        route="/invocations",
        respond=predicting(Predictor.invocations),
        summary="What MLflow's scoring server takes",
        tag="MLflow",
        request={JSON: mlflow.InvocationsRequest, mlflow.CSV: None},
        success=mlflow.InvocationsResponse,
    ),
    _operation(
        route="/ping",
        respond=operations.readyz,
        summary="MLflow's name for /readyz",
        success=_TEXT,
        problems=(503,),
        fast=True,
    ),
    _open_inference(route="/v2/", respond=v2.server_metadata, summary="This server", success=v2_format.ServerMetadata),
    _open_inference(
        route="/v2/health/live", respond=v2.live, summary="Whether the process answers", success=v2_format.Live
    ),
    _open_inference(
        route="/v2/health/ready",
        respond=v2.ready,
        summary="Whether to send requests here",
        success=v2_format.Ready,
        problems=(503,),
    ),
    _open_inference(
        route=_V2_MODEL,
        respond=v2.model_metadata,
        summary="What the model takes and gives",
        success=v2_format.ModelMetadata,
        problems=(404,),
    ),
    _open_inference(
        route=_V2_VERSION,
        respond=v2.model_metadata,
        summary="What the model takes and gives, if this version serves",
        success=v2_format.ModelMetadata,
        problems=(404,),
    ),
    _open_inference(
        route=f"{_V2_MODEL}/ready",
        respond=v2.model_ready,
        summary="Whether the model answers",
        success=v2_format.ModelReady,
        problems=(404, 503),
    ),
    _open_inference(
        route=f"{_V2_VERSION}/ready",
        respond=v2.model_ready,
        summary="Whether this version answers",
        success=v2_format.ModelReady,
        problems=(404, 503),
    ),
    _infer(route=f"{_V2_MODEL}/infer", summary="Predict"),
    _infer(route=f"{_V2_VERSION}/infer", summary="Predict, if this version serves"),
    _operation(
        route="/livez", respond=operations.livez, summary="Whether the process answers", success=_TEXT, fast=True
    ),
    _operation(
        route="/readyz",
        respond=operations.readyz,
        summary="Whether to send requests here",
        success=_TEXT,
        problems=(503,),
        fast=True,
    ),
    _operation(route="/metrics", respond=operations.metrics, summary="For Prometheus", success=_TEXT),
    _operation(route="/openapi.json", respond=operations.openapi, summary="This document", success=JSON),
    Endpoint(
        method="GET",
        route="/",
        respond=page.page,
        summary="A page to try the model",
        tag="operations",
        success=_HTML,
    ),
)
