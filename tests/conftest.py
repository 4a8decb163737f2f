"""Fixtures for all tests."""

import warnings

import pytest


@pytest.fixture(scope="session")
def mlflow_imported() -> None:
    """Import MLflow first, without its modules' warnings about each other; the import takes seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow.pyfunc  # noqa: F401
