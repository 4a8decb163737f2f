"""Which addresses a model may be fetched from. Pure."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

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
