"""Which addresses a model may be fetched from. Pure."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, urlsplit

from sentiment_operator.api.errors import UnsafeSource

STORES = frozenset({"s3", "gs", "az", "abfs", "abfss", "wasbs", "https"})
"""The schemes that `fetch` of the serving image knows, too: tests/unit/test_sources_agree.py compares both."""

_AZURE_CLOUDS = ("core.windows.net", "core.usgovcloudapi.net", "core.chinacloudapi.cn")
_BUCKET = re.compile(r"\$?[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_ACCOUNT = re.compile(r"\$?[a-z0-9][a-z0-9-]{0,62}@[a-z0-9]{3,24}\.(blob|dfs)\.(?P<cloud>[a-z.]+)")
# A client may decode %2E, and then connects to another host than the one that was checked.
_HOST = re.compile(r"[^%\\\s]+")
_METADATA_HOSTS = {"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"}
_METADATA_ADDRESSES = {
    ip_address("fd00:ec2::254"),
    ip_address("100.100.100.200"),
    ip_address("168.63.129.16"),
}


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
    in_account = parts.scheme in ("abfs", "abfss", "wasbs")
    if parts.password is not None or (parts.username is not None and not in_account) or parts.query or parts.fragment:
        raise UnsafeSource(
            "The address of the version's artifacts contains credentials, a query or a fragment: put credentials into "
            "a Secret instead."
        )
    if not _names_a_place(parts):
        raise UnsafeSource(
            f"The version's artifacts are at {parts.scheme}:, but the rest names no bucket, no host and no account of "
            "Azure Storage (such as wasbs://CONTAINER@ACCOUNT.blob.core.windows.net/PATH): register it in a store."
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


def _names_a_place(parts: SplitResult) -> bool:
    if parts.scheme in ("http", "https"):
        return _HOST.fullmatch(parts.netloc) is not None
    if parts.scheme in ("s3", "gs", "az"):
        return _BUCKET.fullmatch(parts.netloc) is not None
    account = _ACCOUNT.fullmatch(parts.netloc)
    # The person who registers a version chooses the host, and pods send credentials there.
    return account is not None and account["cloud"] in _AZURE_CLOUDS


def _is_local(host: str) -> bool:
    host = host.rstrip(".")
    if host == "localhost" or host.endswith(".localhost") or host in _METADATA_HOSTS:
        return True
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    if address in _METADATA_ADDRESSES:
        return True
    return address.is_link_local or address.is_loopback or address.is_unspecified or address.is_multicast
