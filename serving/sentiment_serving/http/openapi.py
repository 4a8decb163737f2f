"""The OpenAPI document, made of the types that requests are read with and answers written from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec

from sentiment_serving.http.headers import MODEL_VERSION, REQUEST_ID, RETRY_AFTER
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.limits import Limits
from sentiment_serving.problems import CONTENT_TYPE, ProblemDetails
from sentiment_serving.release import release
from sentiment_serving.wire import mlflow, native, reading, v2

Schema = dict[str, Any]

TEXT, HTML, METRICS = "text/plain", "text/html", "text/plain"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one route."""

    method: str
    path: str
    summary: str
    tag: str
    answer: type[msgspec.Struct] | str
    """What a success is: a type, or the media type of something else."""
    request: Mapping[str, type[msgspec.Struct] | None] = field(default_factory=dict)
    """By media type; None where the media type says it all."""
    refusals: tuple[int, ...] = ()
    binary: bool = False
    """Whether request and answer may have binary tensors."""


_PREDICTING = (400, 413, 415, 422, 500, 503)
_JSON = reading.JSON
_OPEN_INFERENCE = "Open Inference Protocol"


def _v2(path: str, summary: str, answer: type[msgspec.Struct], *refusals: int) -> Operation:
    return Operation(method="get", path=path, summary=summary, tag=_OPEN_INFERENCE, answer=answer, refusals=refusals)


def _predicting(
    path: str,
    summary: str,
    tag: str,
    answer: type[msgspec.Struct],
    request: Mapping[str, type[msgspec.Struct] | None],
    *refusals: int,
    binary: bool = False,
) -> Operation:
    return Operation(
        method="post",
        path=path,
        summary=summary,
        tag=tag,
        answer=answer,
        request=request,
        refusals=(*_PREDICTING, *refusals),
        binary=binary,
    )


def _infer(path: str, summary: str) -> Operation:
    request = {_JSON: v2.InferRequest, v2.BINARY: None}
    return _predicting(path, summary, _OPEN_INFERENCE, v2.InferAnswer, request, 404, binary=True)


def _operation(path: str, summary: str, answer: type[msgspec.Struct] | str, *refusals: int) -> Operation:
    return Operation(method="get", path=path, summary=summary, tag="operations", answer=answer, refusals=refusals)


_MODEL, _VERSION = "/v2/models/{name}", "/v2/models/{name}/versions/{version}"

OPERATIONS = (
    _predicting(
        "/predict",
        "Label and probabilities of one text or of several",
        "predictions",
        native.PredictMany,
        {_JSON: native.PredictRequest},
    ),
    _predicting(
        "/explain",
        "What each known n-gram of a text adds to its prediction",
        "predictions",
        native.Explained,
        {_JSON: native.ExplainRequest},
    ),
    _operation("/version", "The model that answers", native.Version),
    _predicting(
        "/invocations",
        "What MLflow's scoring server takes",
        "MLflow",
        mlflow.InvocationsAnswer,
        {_JSON: mlflow.InvocationsRequest, mlflow.CSV: None},
    ),
    _operation("/ping", "MLflow's name for /readyz", TEXT, 503),
    _v2("/v2", "This server", v2.ServerMetadata),
    _v2("/v2/health/live", "Whether the process answers", v2.Live),
    _v2("/v2/health/ready", "Whether to send requests here", v2.Ready, 503),
    _v2(_MODEL, "What the model takes and gives", v2.ModelMetadata, 404),
    _v2(_VERSION, "What the model takes and gives, if this version serves", v2.ModelMetadata, 404),
    _v2(f"{_MODEL}/ready", "Whether the model answers", v2.ModelReady, 404, 503),
    _v2(f"{_VERSION}/ready", "Whether this version answers", v2.ModelReady, 404, 503),
    _infer(f"{_MODEL}/infer", "Predict"),
    _infer(f"{_VERSION}/infer", "Predict, if this version serves"),
    _operation("/livez", "Whether the process answers", TEXT),
    _operation("/readyz", "Whether to send requests here", TEXT, 503),
    _operation("/metrics", "For Prometheus", METRICS),
    _operation("/openapi.json", "This document", _JSON),
    _operation("/", "A page to try the model", HTML),
)


def document(*, identity: ModelIdentity, limits: Limits) -> bytes:
    """OpenAPI 3.1 in JSON, with this server's model and limits."""
    used: set[type[msgspec.Struct]] = {ProblemDetails, native.PredictOne}
    for operation in OPERATIONS:
        used |= {kind for kind in operation.request.values() if kind is not None}
        if not isinstance(operation.answer, str):
            used.add(operation.answer)
    ordered = sorted(used, key=lambda kind: kind.__name__)
    _, components = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    _bound(components, limits)
    paths: Schema = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation, identity)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Sentiment model",
                "version": release(),
                "description": f"Predictions of {identity.name}, version {identity.version}. Every answer has the "
                f"headers {REQUEST_ID} and {MODEL_VERSION}.",
                "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
            },
            "paths": paths,
            "components": {"schemas": components},
        }
    )


def _described(operation: Operation, identity: ModelIdentity) -> Schema:
    described: Schema = {
        "operationId": f"{operation.method}_{operation.path.strip('/') or 'page'}".translate(_IDENTIFIER),
        "summary": operation.summary,
        "tags": [operation.tag],
        "responses": {"200": _success(operation)} | {str(code): _refusal(code) for code in sorted(operation.refusals)},
    }
    known = {"name": identity.name, "version": identity.version}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "enum": [value]}}
        for name, value in known.items()
        if f"{{{name}}}" in operation.path
    ]
    if operation.binary:
        parameters.append({"name": v2.HEADER_LENGTH, "in": "header", "required": False, "schema": {"type": "integer"}})
    if parameters:
        described["parameters"] = parameters
    if operation.request:
        described["requestBody"] = {
            "required": True,
            "content": {media: {"schema": _schema(kind)} for media, kind in operation.request.items()},
        }
    return described


def _success(operation: Operation) -> Schema:
    if isinstance(operation.answer, str):
        content: Schema = {operation.answer: {}}
    elif operation.answer is native.PredictMany:
        content = {_JSON: {"schema": {"anyOf": [_schema(native.PredictOne), _schema(native.PredictMany)]}}}
    else:
        content = {_JSON: {"schema": _schema(operation.answer)}}
    if operation.binary:
        content[v2.BINARY] = {}
    return {"description": "Success", "content": content}


def _refusal(code: int) -> Schema:
    refusal: Schema = {
        "description": HTTPStatus(code).phrase,
        "content": {CONTENT_TYPE: {"schema": _schema(ProblemDetails)}},
    }
    if code == HTTPStatus.SERVICE_UNAVAILABLE:
        refusal["headers"] = {RETRY_AFTER: {"description": "Seconds.", "schema": {"type": "integer"}}}
    return refusal


def _schema(kind: type[msgspec.Struct] | None) -> Schema:
    return {} if kind is None else {"$ref": f"#/components/schemas/{kind.__name__}"}


def _bound(components: dict[str, Schema], limits: Limits) -> None:
    """What a type cannot say: the limits of this server, and that exactly one of two members is to be sent."""
    text = {"type": "string", "maxLength": limits.text_chars}
    components["ExplainRequest"]["properties"]["text"] = text
    texts = {"type": "array", "items": text, "minItems": 1, "maxItems": limits.texts}
    components["PredictRequest"] |= {
        "properties": {"text": text, "texts": texts},
        "oneOf": [{"required": ["text"]}, {"required": ["texts"]}],
    }
    components["InvocationsRequest"]["oneOf"] = [{"required": [name]} for name in mlflow.FORMATS]


_IDENTIFIER = str.maketrans({"/": "_", "{": None, "}": None, ".": "_"})
