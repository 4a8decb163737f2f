"""Fixtures of the operator's integration tests."""

import pytest

from tests.integration.conftest import MlflowServer
from tests.integration.operator.registered import Registered


@pytest.fixture
def registry(mlflow_server: MlflowServer, monkeypatch: pytest.MonkeyPatch) -> Registered:
    return Registered(mlflow_server, monkeypatch)
