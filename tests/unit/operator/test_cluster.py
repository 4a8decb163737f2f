"""What the API server's refusals stand for. The rest of the adapter is proven by the cluster tests."""

import json
from typing import Any

import pytest

from sentiment_operator.api.errors import ClusterError, Conflict, NamespaceTerminating, Refused
from sentiment_operator.cluster import _failure

TERMINATING = {"causes": [{"reason": "NamespaceTerminating", "field": "metadata.namespace"}]}


def failure(status: int, **body: Any) -> ClusterError:
    return _failure("PATCH", "/path", status, json.dumps({"kind": "Status", "message": "Because.", **body}).encode())


@pytest.mark.parametrize(("status", "invalid"), [(400, True), (422, True), (403, False)])
def test_a_fault_of_the_spec_differs_from_one_of_the_infrastructure(status: int, invalid: bool) -> None:
    found = failure(status)
    assert isinstance(found, Refused)
    assert found.invalid is invalid
    assert "Because." in str(found)


def test_a_conflict_is_one() -> None:
    assert isinstance(failure(409), Conflict)


def test_a_namespace_on_its_way_out_is_no_refusal() -> None:
    assert isinstance(failure(403, details=TERMINATING), NamespaceTerminating)


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_all_else_is_tried_again_later(status: int) -> None:
    assert type(failure(status)) is ClusterError


@pytest.mark.parametrize("data", [b"", b"<html>", b"[]", b'"text"'])
def test_an_answer_that_is_no_status_is_understood_by_its_code(data: bytes) -> None:
    assert isinstance(_failure("PATCH", "/path", 422, data), Refused)
