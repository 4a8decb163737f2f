"""The OpenAPI document, made from the table of endpoints and the types of their requests and responses."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from sentiment_serving.headers import MODEL_VERSION, REQUEST_ID, RETRY_AFTER
from sentiment_serving.http.endpoint import Endpoint
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.limits import Limits
from sentiment_serving.problems import CONTENT_TYPE, ProblemDetails
from sentiment_serving.release import release
from sentiment_serving.wire import mlflow, native, v2
from sentiment_serving.wire.reading import JSON

Schema = dict[str, Any]


def document(endpoints: Sequence[Endpoint], *, identity: ModelIdentity, limits: Limits) -> bytes:
    """OpenAPI 3.1 in JSON, with this server's model and limits."""
    used: set[type[msgspec.Struct]] = {ProblemDetails, native.PredictOne}
    for endpoint in endpoints:
        used |= {kind for kind in endpoint.request.values() if kind is not None}
        if not isinstance(endpoint.success, str):
            used.add(endpoint.success)
    ordered = sorted(used, key=lambda kind: kind.__name__)
    _, components = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    _bound(components, limits)
    paths: Schema = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.openapi_path, {})[endpoint.method.lower()] = _described(endpoint, identity)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Sentiment model",
                "version": release(),
                # Plain text. A description is Markdown, in which a model's name could be markup.
                "summary": f"Predictions of {identity.name}, version {identity.version}",
                "description": f"Every answer has the headers {REQUEST_ID} and {MODEL_VERSION}.",
                "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
            },
            "paths": paths,
            "components": {"schemas": components},
        }
    )


def _described(endpoint: Endpoint, identity: ModelIdentity) -> Schema:
    described: Schema = {
        "operationId": f"{endpoint.method.lower()}_{endpoint.openapi_path.strip('/') or 'page'}".translate(_IDENTIFIER),
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "responses": {"200": _success(endpoint)} | {str(code): _problem(code) for code in sorted(endpoint.problems)},
    }
    known = {"name": identity.name, "version": identity.version}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "enum": [value]}}
        for name, value in known.items()
        if f"{{{name}}}" in endpoint.openapi_path
    ]
    if endpoint.binary:
        parameters.append({"name": v2.HEADER_LENGTH, "in": "header", "required": False, "schema": {"type": "integer"}})
    if parameters:
        described["parameters"] = parameters
    if endpoint.request:
        described["requestBody"] = {
            "required": True,
            "content": {media: {"schema": _schema(kind)} for media, kind in endpoint.request.items()},
        }
    return described


def _success(endpoint: Endpoint) -> Schema:
    if isinstance(endpoint.success, str):
        content: Schema = {endpoint.success: {}}
    elif endpoint.success is native.PredictMany:
        content = {JSON: {"schema": {"anyOf": [_schema(native.PredictOne), _schema(native.PredictMany)]}}}
    else:
        content = {JSON: {"schema": _schema(endpoint.success)}}
    if endpoint.binary:
        content[v2.BINARY] = {}
    return {"description": "Success", "content": content}


def _problem(code: int) -> Schema:
    problem: Schema = {
        "description": HTTPStatus(code).phrase,
        "content": {CONTENT_TYPE: {"schema": _schema(ProblemDetails)}},
    }
    if code == HTTPStatus.SERVICE_UNAVAILABLE:
        problem["headers"] = {RETRY_AFTER: {"description": "Seconds.", "schema": {"type": "integer"}}}
    return problem


def _schema(kind: type[msgspec.Struct] | None) -> Schema:
    return {} if kind is None else {"$ref": f"#/components/schemas/{kind.__name__}"}


def _bound(components: dict[str, Schema], limits: Limits) -> None:
    """Add what the types do not express: this server's limits, and members of which exactly one must be present."""
    text = {"type": "string", "maxLength": limits.text_chars}
    components["ExplainRequest"]["properties"]["text"] = text
    texts = {"type": "array", "items": text, "minItems": 1, "maxItems": limits.texts}
    components["PredictRequest"] |= {
        "properties": {"text": text, "texts": texts},
        "oneOf": [{"required": ["text"]}, {"required": ["texts"]}],
    }
    components["InvocationsRequest"]["oneOf"] = [{"required": [name]} for name in mlflow.FORMATS]


_IDENTIFIER = str.maketrans({"/": "_", "{": None, "}": None, ".": "_"})
