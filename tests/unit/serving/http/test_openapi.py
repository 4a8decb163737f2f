"""The OpenAPI document describes each route of the application, and no other."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    """As a client gets it."""
    response = client.get("/openapi.json")
    assert response.content_type == "application/json"
    found: dict[str, Any] = response.get_json()
    return found


def test_it_has_every_route_and_no_other(client: FlaskClient, document: dict[str, Any]) -> None:
    described = {(method, path) for path, methods in document["paths"].items() for method in methods}
    routes = {
        (method.lower(), re.sub(r"<(\w+)>", r"{\1}", rule.rule).rstrip("/") or "/")
        for rule in client.application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == routes


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    references = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert references
    assert references <= set(schemas)


def test_it_states_this_servers_limits_and_model(document: dict[str, Any]) -> None:
    texts = document["components"]["schemas"]["PredictRequest"]["properties"]["texts"]
    assert (texts["maxItems"], texts["items"]["maxLength"]) == (200, 10_000)
    (name,) = document["paths"]["/v2/models/{name}"]["get"]["parameters"]
    assert name["schema"]["enum"] == ["reviews"]


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))
