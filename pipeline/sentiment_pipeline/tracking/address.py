"""Which addresses of MLflow the commands can use."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from sentiment_pipeline.errors import RegistryError

VARIABLES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")

_SERVERS = ("http", "https")
_LOCAL = ("", "file", "sqlite", "postgresql", "mysql", "mssql")
"""Stores that MLflow opens itself, for a laptop without a server."""

_MANAGED = ("arn", "databricks", "databricks-uc", "uc")


def check_addresses(environment: Mapping[str, str]) -> None:
    """Check the variables that are set.

    Raises:
        RegistryError: one is the name of a managed service, or no address.
    """
    for variable in VARIABLES:
        if environment.get(variable):
            _check(variable, environment[variable])


def _check(variable: str, uri: str) -> None:
    expected = f"set {variable} to the address of an MLflow server: http(s):// and its host"
    try:
        parts = urlsplit(uri)
        scheme, host = parts.scheme.partition("+")[0], parts.hostname
    except ValueError:
        raise RegistryError(f"{variable} is no address; {expected}") from None
    if scheme in _MANAGED or uri in _MANAGED:
        raise RegistryError(
            f"{variable} names a managed service ({scheme or uri}), which needs a plugin of MLflow that is not"
            f" part of this project; {expected}"
        )
    if scheme not in (*_SERVERS, *_LOCAL):
        raise RegistryError(f"{variable} begins with {scheme}:, which MLflow does not know; {expected}")
    if scheme in _SERVERS and not host:
        raise RegistryError(f"{variable} names no host; {expected}")
