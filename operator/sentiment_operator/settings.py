"""The operator's settings, read once from its environment."""

from collections.abc import Mapping
from typing import Annotated, Any, Self, get_args

from msgspec import NODEFAULT, Meta, Struct, ValidationError, convert
from msgspec.structs import fields

Flag = Annotated[bool, Meta(description="true or false")]
Count = Annotated[int, Meta(ge=0, description="a whole number, 0 or more")]
Seconds = Annotated[float, Meta(ge=0, description="a number of seconds, 0 or more")]


class SettingsError(ValueError):
    """A variable of the environment is missing or cannot be read."""


class Settings(Struct, frozen=True, kw_only=True):
    """Each field is the environment variable of the same name in capitals."""

    mlflow_tracking_uri: str
    """Address of the MLflow server."""

    serving_image: str
    """Image of SentimentModels that name none. Taken when their model or image changes, then pinned."""

    watch_namespace: str = ""
    """The namespace to watch; empty: all namespaces."""

    allow_http_sources: Flag = False
    """Whether artifacts may be fetched over plain http (an MLflow server inside the cluster that proxies artifacts)."""

    trusted_signing_keys: str = ""
    """Ed25519 public keys, each 32 bytes in Base64, separated by commas. One of them must have signed the digest of
    every version; empty: versions need no signature."""

    resync_seconds: Seconds = 60.0
    """How often each resource is reconciled without an event: this closes gaps in the watches."""

    registry_retry_seconds: Seconds = 10.0
    """Pause before a registry that could not be reached is asked again."""

    registry_timeout_seconds: Seconds = 5.0
    """Timeout of one request to the registry."""

    cluster_timeout_seconds: Seconds = 15.0
    """Timeout of one request to the API server."""

    backoff_seconds: Seconds = 1.0
    """First pause after a failed reconcile; doubles up to `backoff_max_seconds`."""

    backoff_max_seconds: Seconds = 120.0
    """Longest pause after failed reconciles."""

    workers: Count = 4
    """How many resources are reconciled concurrently."""

    reconcile_bound_seconds: Seconds = 300.0
    """A reconcile that takes longer counts as stuck: the liveness probe fails."""

    metrics_port: Count = 9090
    """Port of /metrics; 0: none."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings; what is not set, or empty, has its default.

        Raises:
            SettingsError: a variable without default is missing, or one cannot be read as its type.
        """
        kinds = {field.name: field.type for field in fields(cls)}
        texts = {name: text for name in kinds if (text := environment.get(name.upper(), "").strip())}
        missing = [field.name for field in fields(cls) if field.default is NODEFAULT and field.name not in texts]
        if missing:
            raise SettingsError(f"{' and '.join(map(str.upper, missing))} must be set in the operator's environment.")
        return cls(**{name: _read(name, text, kinds[name]) for name, text in texts.items()})


def _read(name: str, text: str, kind: Any) -> Any:
    try:
        return convert(_parsed(text, kind), kind)
    except (ValueError, ValidationError):
        expected = next(one.description for one in get_args(kind) if isinstance(one, Meta))
        raise SettingsError(f"{name.upper()} must be {expected}, and is {text!r}.") from None


def _parsed(text: str, kind: Any) -> Any:
    """The text as a value of the setting's type, as Python writes numbers: `04`, `.5` and `1e3` are numbers.

    Raises:
        ValueError: it is none.
    """
    base = get_args(kind)[0] if get_args(kind) else kind
    if base is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    return base(text)
