"""Which addresses a model may be fetched from. Pure."""

from ipaddress import ip_address
from urllib.parse import SplitResult, quote, urlsplit

from sentiment_operator.api.errors import UnsafeSource

STORES = frozenset({"s3", "gs", "az", "abfs", "abfss", "wasbs", "https"})


def checked_source(uri: str, *, allow_http: bool) -> str:
    """`uri`, if it is the address of an artifact store.

    Anyone who may register a version chooses this text, and pods with credentials connect to it. So no files of the
    node, no metadata service of the cloud and no unknown scheme are allowed.

    Raises:
        UnsafeSource: it is not.
    """
    if not uri.isprintable():
        # Left as it is: cleaned, it would be another address.
        raise UnsafeSource(
            "The address of the version's artifacts has characters that are not printable: register it at another one."
        )
    parts = split(uri)
    allowed = STORES | ({"http"} if allow_http else set())
    if parts.scheme == "http" and not allow_http:
        raise UnsafeSource(
            "The version's artifacts are at http:, where anyone on the way can read them: serve them by https, or "
            "let pods fetch over http inside the cluster (the operator's ALLOW_HTTP_SOURCES=true)."
        )
    if parts.scheme not in allowed or not parts.hostname:
        place = f"{parts.scheme}:" if parts.scheme else "a plain path"
        raise UnsafeSource(
            f"The version's artifacts are at {place}, from which pods must not fetch: "
            f"register it with its artifacts in a store ({', '.join(sorted(allowed))})."
        )
    if parts.password or (parts.username and parts.scheme in ("http", "https")):
        raise UnsafeSource(
            "The address of the version's artifacts contains credentials: put them into a Secret instead."
        )
    if _is_local(parts.hostname):
        raise UnsafeSource("The version's artifacts are at a link-local or loopback address: register it in a store.")
    return uri


def proxied_source(uri: str, tracking_uri: str) -> str:
    """The web address of an `mlflow-artifacts:` one, as MLflow's own client makes it.

    With a host of its own (`mlflow-artifacts://host:port/path`) that host serves the artifacts, by the same scheme.

    Raises:
        UnsafeSource: it is no address.
    """
    parts, tracking = split(uri), split(tracking_uri)
    server = f"{tracking.scheme}://{parts.netloc or tracking.netloc}{tracking.path.rstrip('/')}"
    return f"{server}/api/2.0/mlflow-artifacts/artifacts/{quote(parts.path.strip('/'))}"


def split(uri: str) -> SplitResult:
    """The parts of an address.

    Raises:
        UnsafeSource: it is no address (`s3://[x/`, a port of 99999).
    """
    try:
        parts = urlsplit(uri)
        # Host and port are checked only when they are read.
        _ = parts.hostname, parts.port
    except ValueError:
        raise UnsafeSource(
            "The address of the version's artifacts cannot be read: register it with its artifacts in a store."
        ) from None
    return parts


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost") or host == "metadata.google.internal":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_link_local or address.is_loopback or address.is_unspecified or address.is_multicast
