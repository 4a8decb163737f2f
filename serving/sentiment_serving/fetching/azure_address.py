"""Azure addresses as MLflow and Hadoop write them: `wasbs://container@account.blob.core.windows.net/path`. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

SCHEMES = ("wasbs", "abfss", "abfs")
CLOUDS = ("core.windows.net", "core.usgovcloudapi.net", "core.chinacloudapi.cn")
"""The domains of Azure Storage: the public cloud, US Government, China."""

_PLACE = re.compile(
    r"(?P<container>\$?[a-z0-9][a-z0-9-]{0,62})@(?P<account>[a-z0-9]{3,24})\.(?P<service>blob|dfs)\.(?P<cloud>[a-z.]+)"
)


@dataclass(frozen=True)
class AzureAddress:
    """Where a version is."""

    container: str
    account: str
    cloud: str
    path: str

    @property
    def uri(self) -> str:
        """The address as obstore's client reads it; the account is apart."""
        return f"az://{self.container}/{quote(self.path)}".rstrip("/")

    @property
    def endpoint(self) -> str:
        """The account's endpoint for blobs, which also serves files of a data lake."""
        return f"https://{self.account}.blob.{self.cloud}"


def parse_azure(netloc: str, path: str) -> AzureAddress | None:
    """The parts of such an address; None if it does not name an account of Azure Storage."""
    place = _PLACE.fullmatch(netloc)
    if place is None or place["cloud"] not in CLOUDS:
        return None
    return AzureAddress(place["container"], place["account"], place["cloud"], unquote(path).strip("/"))
