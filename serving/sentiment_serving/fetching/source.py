"""Which addresses a model may be fetched from. Pure: it checks the address and never uses the network.

Anyone who may register a model version chooses its address, and the fetching container connects to it with the
cluster's network and credentials. So only object stores and https are allowed, and never an address where a cloud
serves its machines' credentials.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from sentiment_serving.fetching import azure_address
from sentiment_serving.fetching.azure_address import AzureAddress, parse_azure
from sentiment_serving.termination import Reason, Termination

STORES = ("s3", "gs", "az")
ENDPOINTS = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "MLFLOW_S3_ENDPOINT_URL"),
    "gs": ("GOOGLE_BASE_URL",),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
}
"""Variables that set another endpoint of an object store, in order of precedence."""

# With it, the bucket can be no other part of a URL: no host, no port, no user, no folder.
_BUCKET = re.compile(r"\$?[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
# A client may decode %2E, and then connects to another host than the one that was checked.
_HOST = re.compile(r"[^%\\\s]+")
_METADATA_HOSTS = {"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"}
_METADATA_ADDRESSES = {
    ipaddress.ip_address("fd00:ec2::254"),
    ipaddress.ip_address("100.100.100.200"),
    ipaddress.ip_address("168.63.129.16"),
}


@dataclass(frozen=True)
class Source:
    """An address that a model may be fetched from."""

    scheme: str
    """The kind of store: s3, gs, az, https or http."""
    uri: str
    """Without a trailing slash; free of credentials, so it may be shown."""
    endpoint: str | None = None
    """The endpoint of an object store other than the cloud's own."""
    endpoint_variable: str | None = None
    """The variable that sets it."""
    azure: AzureAddress | None = None
    """The parts of an address that names an account of Azure Storage; then `scheme` is az."""

    @property
    def plain_http(self) -> bool:
        """Whether the bytes travel unencrypted."""
        return self.scheme == "http" or (self.endpoint or "").startswith("http://")

    @property
    def host(self) -> str | None:
        """The host to connect to, if the address names one."""
        if self.endpoint is not None:
            return urlsplit(self.endpoint).hostname
        return urlsplit(self.uri).hostname if self.scheme in ("https", "http") else None


def parse_source(uri: str, environ: Mapping[str, str], *, allow_http: bool = False) -> Source:
    """Check an address of a model.

    Raises:
        Termination: UnsafeSource, when it must not be used; BadConfiguration, when the endpoint is not a URL.
    """
    try:
        parts = urlsplit(uri)
        # The port is checked only when it is read.
        scheme, host, _ = parts.scheme, parts.hostname, parts.port
    except ValueError:
        raise _unsafe("MODEL_URI is not a URL.") from None
    if not uri.isprintable():
        # Parsers of URLs drop some of these characters, and not all of them the same.
        raise _unsafe("MODEL_URI has control characters.")
    if scheme not in (*STORES, *azure_address.SCHEMES, "https", "http"):
        raise _unsafe(
            "Models are fetched from s3://, gs://, az://, wasbs://, abfss:// and https:// only, and MODEL_URI begins "
            f"with {scheme[:20]!a}."
        )
    if scheme == "http" and not allow_http:
        raise _unsafe("MODEL_URI is http://, which anyone on the way can read. Use https, or set FETCH_ALLOW_HTTP=1.")
    if not host:
        raise _unsafe(f"MODEL_URI names no bucket or host after {scheme}://.")
    in_account = scheme in azure_address.SCHEMES
    if parts.password is not None or (parts.username is not None and not in_account) or parts.query or parts.fragment:
        raise _unsafe("MODEL_URI carries credentials, a query or a fragment, which would be lost or shown in logs.")
    if scheme in STORES and not _BUCKET.fullmatch(parts.netloc):
        raise _unsafe(f"MODEL_URI names no bucket after {scheme}://, but something else.")
    azure = None
    if in_account:
        azure = parse_azure(parts.netloc, parts.path)
        if azure is None:
            raise _unsafe(
                f"MODEL_URI is not like {scheme}://CONTAINER@ACCOUNT.blob.core.windows.net/PATH, with an account of "
                "Azure Storage (also dfs; also in the clouds of US Government and China)."
            )
        scheme = "az"
    if scheme in ("https", "http") and not _HOST.fullmatch(parts.netloc):
        raise _unsafe("MODEL_URI has characters in its host's name that no host's name has.")
    source = Source(scheme, uri.rstrip("/"), *_endpoint(environ, scheme), azure)
    if source.host is not None:
        refuse_metadata_host(source.host)
    return source


def refuse_metadata_host(host: str, addresses: Iterable[str] = ()) -> None:
    """Refuse a host where a cloud serves its machines' credentials, by its name or by one of its addresses.

    Raises:
        Termination: UnsafeSource.
    """
    name = host.rstrip(".").lower()
    if name in _METADATA_HOSTS or any(map(is_metadata_address, (name, *addresses))):
        raise _unsafe("The address of the model leads to a link-local or metadata service of the machine.")


def is_metadata_address(text: str) -> bool:
    """Whether this is an IP address where a cloud serves its machines' credentials; False for names."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return address.is_link_local or address.is_unspecified or address.is_multicast or address in _METADATA_ADDRESSES


def _endpoint(environ: Mapping[str, str], scheme: str) -> tuple[str | None, str | None]:
    if scheme == "s3" and environ.get("AWS_ENDPOINT_URL_S3") == "":
        # obstore would prefer the empty text to every other endpoint.
        raise Termination(
            Reason.BAD_CONFIGURATION, "AWS_ENDPOINT_URL_S3 is set and empty. Remove it, or set it to a URL."
        )
    for name in ENDPOINTS.get(scheme, ()):
        endpoint = environ.get(name)
        if endpoint:
            break
    else:
        return None, None
    try:
        parts: SplitResult | None = urlsplit(endpoint)
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("https", "http") or not parts.hostname:
        raise Termination(
            Reason.BAD_CONFIGURATION,
            f"{name} must be a URL such as https://store.example.com. Correct it in the Secret.",
        )
    return endpoint.rstrip("/"), name


def _unsafe(message: str) -> Termination:
    return Termination(Reason.UNSAFE_SOURCE, f"{message} Register the version with its artifacts in an object store.")
