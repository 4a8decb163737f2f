"""The operator's settings, read once from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self


class SettingsError(ValueError):
    """A variable of the environment is missing or cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Each field is the environment variable of the same name in capitals."""

    mlflow_tracking_uri: str
    """Address of the MLflow server."""

    serving_image: str
    """Image of SentimentModels that name none. Taken when their model or image changes, then kept."""

    watch_namespace: str = ""
    """The one namespace to look after; empty: all of them."""

    allow_http_sources: bool = False
    """Whether artifacts may be fetched over plain http (an MLflow server inside the cluster that proxies artifacts)."""

    resync_seconds: float = 60.0
    """How often each resource is looked at though nothing happened: gaps in the watches heal at this pace."""

    registry_retry_seconds: float = 10.0
    """How soon a registry that could not be reached is asked again."""

    registry_timeout_seconds: float = 5.0
    """Longest wait for one answer of the registry."""

    cluster_timeout_seconds: float = 15.0
    """Longest wait for one answer of the API server."""

    backoff_seconds: float = 1.0
    """First pause after a failed reconcile; doubles up to `backoff_max_seconds`."""

    backoff_max_seconds: float = 120.0
    """Longest pause after failed reconciles."""

    workers: int = 4
    """How many resources are reconciled at the same time."""

    reconcile_bound_seconds: float = 300.0
    """A reconcile that takes longer is taken for stuck: the liveness probe fails."""

    metrics_port: int = 9090
    """Port of /metrics; 0: none."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            SettingsError: a variable without default is missing, or a number is none.
        """
        values: dict[str, object] = {}
        for field in fields(cls):
            name = field.name.upper()
            text = environment.get(name, "").strip()
            if text:
                values[field.name] = _read(name, text, field.type)
        missing = [name.upper() for name in ("mlflow_tracking_uri", "serving_image") if name not in values]
        if missing:
            raise SettingsError(f"{' and '.join(missing)} must be set in the operator's environment.")
        return cls(**values)  # type: ignore[arg-type]


def _read(name: str, text: str, kind: object) -> object:
    if kind is bool:
        if text.lower() not in {"true", "false"}:
            raise SettingsError(f"{name} must be true or false, and is {text!r}.")
        return text.lower() == "true"
    if kind is float or kind is int:
        try:
            number = float(text) if kind is float else int(text)
        except ValueError:
            raise SettingsError(f"{name} must be a number, and is {text!r}.") from None
        if number < 0:
            raise SettingsError(f"{name} must not be negative, and is {text!r}.")
        return number
    return text
