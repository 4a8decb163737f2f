"""Requests generated from the OpenAPI document: allowed ones are answered, forbidden ones refused, as documented.

Bounded by OPENAPI_EXAMPLES for each operation and kind of request (25 when it is not set).
"""

import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sentiment_serving.routes.table import ENDPOINTS
from tests.integration.serving.process import Server, serving
from tests.unit.serving.tiny_model import write_version

pytestmark = pytest.mark.integration

EXAMPLES = int(os.environ.get("OPENAPI_EXAMPLES", "25"))
AS_DESCRIBED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
REFUSALS = [400, 404, 413, 415, 422]
# The server also refuses what a schema cannot express (a shape that fits its data, as many values as columns).
WHOLLY_DESCRIBED = {"/predict", "/explain"}
# Schemathesis leaves out the document itself. Where nothing is sent, nothing can be sent wrongly.
ALLOWED = [
    (one.method.lower(), one.openapi_path, GenerationMode.POSITIVE) for one in ENDPOINTS if one.route != "/openapi.json"
]
FORBIDDEN = [
    (one.method.lower(), one.openapi_path, GenerationMode.NEGATIVE)
    for one in ENDPOINTS
    if one.request or "<" in one.route
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that all tests here share."""
    folder = tmp_path_factory.mktemp("model")
    write_version(folder)
    with serving(folder, "14", env={"MAX_TEXTS": "20", "MAX_TEXT_CHARS": "200"}) as server:
        yield server


@pytest.fixture(scope="module")
def operations(server: Server) -> dict[tuple[str, str], Any]:
    """What schemathesis makes of the document."""
    config = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}})
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json", config=config)
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    return {(operation.method.lower(), operation.path): operation for operation in found}


@pytest.mark.parametrize(("method", "path", "mode"), ALLOWED + FORBIDDEN)
def test_answers_are_as_described(
    operations: dict[tuple[str, str], Any], method: str, path: str, mode: GenerationMode
) -> None:
    checks = list(AS_DESCRIBED)
    if path in WHOLLY_DESCRIBED:
        checks.append(positive_data_acceptance if mode is GenerationMode.POSITIVE else negative_data_rejection)

    @hypothesis.given(case=operations[method, path].as_strategy(generation_mode=mode))
    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    def ask(case: Any) -> None:
        case.call_and_validate(checks=checks)

    ask()
