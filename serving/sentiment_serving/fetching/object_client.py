"""obstore's clients for S3, GCS and Azure, with their errors translated.

Credentials come from the environment, from IRSA, from pod identity or from workload identity.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import AzureStore, GCSStore, S3Store

from sentiment_serving.fetching.errors import (
    Misconfigured,
    Missing,
    StoreError,
    Unauthorized,
    Unreachable,
    UntrustedCertificate,
)
from sentiment_serving.fetching.source import Source

if TYPE_CHECKING:
    from obstore.store import AzureConfig, ClientConfig, RetryConfig, S3Config

_RETRY: "RetryConfig" = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}


def s3_client(source: Source, config: "S3Config | None" = None) -> S3Store:
    """A client of S3; `config` takes precedence over the environment."""
    named: S3Config = {}
    if source.endpoint:
        # obstore does not know every variable that may have named it.
        named = {"endpoint": source.endpoint}
    return S3Store.from_url(
        source.uri, config={**named, **(config or {})}, client_options=_options(source), retry_config=_RETRY
    )


def azure_client(source: Source, config: "AzureConfig | None" = None, *, authorities: str = "") -> AzureStore:
    """A client of Azure; `config` takes precedence over the environment."""
    uri = source.uri
    named: AzureConfig = {}
    if source.azure is not None:
        uri = source.azure.uri
        named["account_name"] = source.azure.account
        if source.endpoint is None:
            named["endpoint"] = source.azure.endpoint
    options = _options(source, authorities)
    return AzureStore.from_url(uri, config={**named, **(config or {})}, client_options=options, retry_config=_RETRY)


def gcs_client(source: Source, authorities: str = "") -> GCSStore:
    """A client of GCS."""
    return GCSStore.from_url(source.uri, client_options=_options(source, authorities), retry_config=_RETRY)


def _options(source: Source, authorities: str = "") -> "ClientConfig":
    options: ClientConfig = {
        "connect_timeout": timedelta(seconds=5),
        # A stalled read ends the transfer, not its length: a large model over a slow line may take long.
        "read_timeout": timedelta(seconds=20),
        "timeout": timedelta(minutes=15),
        "allow_http": source.plain_http,
        "user_agent": "sentiment-serving",
    }
    if authorities:
        options["root_certificate"] = authorities
    return options


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of obstore into a StoreError."""
    try:
        yield
    except FileNotFoundError:
        raise Missing("it does not exist") from None
    except (PermissionDeniedError, UnauthenticatedError):
        raise Unauthorized("it refused the credentials, or they may not read this") from None
    except BaseError as error:
        raise classify_error(str(error)) from None


_AUTHORIZATION = re.compile(
    r"169\.254\.\d+\.\d+|fd00:ec2|TokenRequest|ExpiredToken|InvalidToken|TokenRefreshRequired|AuthorizationHeaderMalformed"
    r"|InvalidAccessKeyId|AssumeRoleWithWebIdentity|WebIdentity"
)
_PHRASES = (
    (r"dns error|failed to lookup|resolve", "its host name is unknown"),
    (r"TimedOut|timed out|kind: Timeout", "it did not answer in time"),
    (r"[Cc]onnection refused|ConnectionRefused", "it refused the connection"),
    (r"kind: Connect\b", "no connection could be made"),
    (r"NoContentRange|RangeNotSupported|IncompleteMessage|kind: (Body|Decode)|end of file", "it broke off"),
)


def classify_error(text: str) -> StoreError:
    """Classify an obstore error that has no type of its own. Its text has addresses, so only a phrase is kept."""
    if re.search(r"must be specified|Missing(Account|BucketName|ContainerName)", text):
        return Misconfigured("the environment does not name the account that it belongs to")
    # obstore contacts the clouds' credential services only if the environment has no credentials.
    if _AUTHORIZATION.search(text):
        return Unauthorized("there are no valid credentials for it")
    status = re.search(r"status: (\d{3})", text)
    if status:
        return Unreachable(f"it answered with status {status.group(1)}")
    if re.search(r"NotValidForName", text):
        return Unreachable("its TLS certificate is for another host name")
    if re.search(r"[Cc]ertificate|InvalidCert|UnknownIssuer", text):
        return UntrustedCertificate("its TLS certificate is not trusted")
    for pattern, phrase in _PHRASES:
        if re.search(pattern, text):
            return Unreachable(phrase)
    return Unreachable("the request failed")
