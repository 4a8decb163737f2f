"""For all tests."""

import warnings

import pytest


@pytest.fixture(scope="session")
def mlflow_imported() -> None:
    """MLflow's modules warn about each other while they are imported (for seconds): do that first, silently."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow.pyfunc  # noqa: F401
