"""Which places a model may be fetched from. Pure."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from sentiment_operator.api.errors import UnsafeSource

STORES = frozenset({"s3", "gs", "az", "abfs", "abfss", "wasbs", "https"})


def checked_source(uri: str, *, allow_http: bool) -> str:
    """`uri`, if it is one of a store.

    Whoever may register a version chooses this text, and pods with credentials go where it says: no files of the node,
    no metadata service of the cloud, nothing unknown.

    Raises:
        UnsafeSource: it is none.
    """
    parts = urlsplit(uri)
    allowed = STORES | ({"http"} if allow_http else set())
    if parts.scheme not in allowed or not parts.hostname:
        raise UnsafeSource(
            f"The version's artifacts lie at {parts.scheme or 'a plain path'}:, where pods may not fetch from: "
            f"register it with its artifacts in a store ({', '.join(sorted(allowed))})."
        )
    if parts.password or (parts.username and parts.scheme in ("http", "https")):
        raise UnsafeSource("The address of the version's artifacts holds credentials: give them in a Secret instead.")
    if _is_local(parts.hostname):
        raise UnsafeSource("The version's artifacts lie at a link-local or loopback address: register it in a store.")
    return uri


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost") or host == "metadata.google.internal":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_link_local or address.is_loopback or address.is_unspecified or address.is_multicast
