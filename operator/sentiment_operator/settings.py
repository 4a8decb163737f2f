"""The operator's settings, read once from its environment."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args, get_origin
from urllib.parse import urlsplit

from msgspec import Meta, Struct, ValidationError, convert
from msgspec.structs import fields

Flag = Annotated[bool, Meta(description="true or false")]
Count = Annotated[int, Meta(ge=0, description="a whole number, 0 or more")]
Seconds = Annotated[float, Meta(ge=0, description="a number of seconds, 0 or more")]

_Prefix = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][-A-Za-z0-9._]*(/[-A-Za-z0-9._]*)?$")]
_Namespace = Annotated[str, Meta(pattern=r"^(\*|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)$")]
_Model = Annotated[str, Meta(pattern=r"^[^/:=]+$")]

_Origin = Annotated[str, Meta(pattern=r"^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$")]

Origins = Annotated[
    tuple[_Origin, ...],
    Meta(description="scheme, host and port of servers, separated by commas, as in https://artifacts.example.com:5500"),
]
ServiceTypes = Annotated[
    tuple[Literal["ClusterIP", "NodePort", "LoadBalancer"], ...],
    Meta(description="ClusterIP, NodePort or LoadBalancer, or several of them separated by commas"),
]
Prefixes = Annotated[
    tuple[_Prefix, ...],
    Meta(description="annotations, or how they begin, separated by commas, as in example.com/,example.org/x"),
]
Models = Annotated[
    dict[_Namespace, tuple[_Model, ...]],
    Meta(description="each namespace (or *) once, with patterns of model names, as in team-a=reviews,spam-*;team-b=*"),
]


class SettingsError(ValueError):
    """A variable of the environment is missing or cannot be read."""


class Settings(Struct, frozen=True, kw_only=True):
    """Each field is the environment variable of the same name in capitals."""

    mlflow_tracking_uri: str
    """Address of the MLflow server: http(s):// and its host, without a user."""

    serving_image: str
    """Image of SentimentModels that name none. Taken when their model or image changes, then pinned."""

    watch_namespace: str = ""
    """The namespace to watch; empty: all namespaces."""

    allow_http_sources: Flag = False
    """Whether artifacts may be fetched over plain http (an MLflow server inside the cluster that proxies artifacts)."""

    mlflow_artifact_origins: Origins = ()
    """Servers besides that of `mlflow_tracking_uri` to which pods may send the login at MLflow that their credentials
    hold. Anyone who may register a version names the server of its artifacts: no other gets a login."""

    trusted_signing_keys: str = ""
    """Ed25519 public keys, each 32 bytes in Base64, separated by commas. One of them must have signed the digest of
    every version; empty: versions need no signature."""

    allowed_service_types: ServiceTypes = ()
    """Types that `spec.service.type` may have; empty: all."""

    allowed_service_annotations: Prefixes = ()
    """How the annotations in `spec.service.annotations` must begin, each as one of these; empty: all are allowed."""

    allowed_models: Models = {}
    """By namespace, or `*` for those that are not listed: patterns of the registered models that SentimentModels in it
    may use. Empty: all may use all. Otherwise a namespace without an entry may use none."""

    resync_seconds: Seconds = 60.0
    """How often each resource is reconciled without an event: this closes gaps in the watches."""

    registry_retry_seconds: Seconds = 10.0
    """First pause before the registry is asked again about a version that it did not return; doubles up to
    `resync_seconds`. While the registry does not answer, the pause between two requests."""

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

    @property
    def credential_origins(self) -> tuple[str, ...]:
        """The servers to which pods may send their login at MLflow."""
        parts = urlsplit(self.mlflow_tracking_uri)
        own = (f"{parts.scheme}://{parts.netloc}",) if parts.scheme in ("http", "https") else ()
        return (*own, *self.mlflow_artifact_origins)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings; what is not set, or empty, has its default.

        Raises:
            SettingsError: a variable without default is missing, or one cannot be read as its type, or the address of
                MLflow is not that of a server.
        """
        kinds = {field.name: field.type for field in fields(cls)}
        texts = {name: text for name in kinds if (text := environment.get(name.upper(), "").strip())}
        missing = [field.name for field in fields(cls) if field.required and field.name not in texts]
        if missing:
            raise SettingsError(f"{' and '.join(map(str.upper, missing))} must be set in the operator's environment.")
        _check_server("MLFLOW_TRACKING_URI", texts["mlflow_tracking_uri"])
        return cls(**{name: _read(name, text, kinds[name]) for name, text in texts.items()})


def _check_server(name: str, uri: str) -> None:
    """Check the address of a server. A user or password in it is never quoted."""
    expected = f"{name} must be the address of an MLflow server, http:// or https:// and its host"
    try:
        parts = urlsplit(uri)
        is_server = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise SettingsError(f"{expected}, and cannot be read as an address.") from None
    if "@" in parts.netloc or (not is_server and "@" in uri):
        raise SettingsError(
            f"{name} must not hold a user or a password, because statuses and logs show it: put them into"
            " MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
        )
    if not is_server:
        raise SettingsError(f"{expected}, and is {uri!r}: managed services (arn:, databricks) have no such address.")
    if parts.query or parts.fragment:
        raise SettingsError(f"{expected}, without a query (?) or a fragment (#).")


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
    if get_origin(base) is tuple:
        return _items(text)
    if get_origin(base) is dict:
        return _entries(text)
    return base(text)


def _items(text: str) -> list[str]:
    """What commas separate. An empty item is kept: it is a typing error."""
    return [one.strip() for one in text.split(",")]


def _entries(text: str) -> dict[str, list[str]]:
    """`a=b,c;d=e` by what is before the equals sign.

    Raises:
        ValueError: an entry has none, or there are two of one name.
    """
    entries: dict[str, list[str]] = {}
    for entry in text.split(";"):
        name, sign, items = entry.partition("=")
        if not sign or name.strip() in entries:
            raise ValueError(entry)
        entries[name.strip()] = _items(items)
    return entries
