"""Which certificate authorities (CAs) a store's TLS certificate may be signed by.

| variable | which stores | |
|---|---|---|
| SSL_CERT_FILE | all | replaces the machine's CAs, as in OpenSSL |
| FETCH_CA_PEM | all | the certificates themselves, as a key of a Secret; added |
| AWS_CA_BUNDLE, then REQUESTS_CA_BUNDLE | s3 | a file; the first that is set is added |
| MLFLOW_TRACKING_SERVER_CERT_PATH, then REQUESTS_CA_BUNDLE | https | a file; the first that is set is added |
| REQUESTS_CA_BUNDLE | gs, az | a file; added |
"""

import re
import ssl
from collections.abc import Mapping
from pathlib import Path

from sentiment_serving.fetching.errors import Misconfigured
from sentiment_serving.fetching.source import Source

TEXT = "FETCH_CA_PEM"
SYSTEM = "SSL_CERT_FILE"
FILES = {
    "s3": ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"),
    "https": ("MLFLOW_TRACKING_SERVER_CERT_PATH", "REQUESTS_CA_BUNDLE"),
    "gs": ("REQUESTS_CA_BUNDLE",),
    "az": ("REQUESTS_CA_BUNDLE",),
}
"""Kind of store -> variables with the name of a file, in order of precedence."""

_FILE_BYTES = 16 << 20
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")


def added_authorities(source: Source, environ: Mapping[str, str]) -> str:
    """The CAs that are trusted besides the machine's, as PEM; empty if there are none.

    Raises:
        Misconfigured: a variable names no file with certificates. OpenSSL ignores such an SSL_CERT_FILE.
    """
    if source.plain_http:
        return ""
    if environ.get(SYSTEM):
        _read(SYSTEM, environ[SYSTEM])
    added = [_certificates(TEXT, environ[TEXT].encode())] if environ.get(TEXT) else []
    name = next((name for name in FILES.get(source.scheme, ()) if environ.get(name)), None)
    if name is not None:
        added.append(_read(name, environ[name]))
    return "\n".join(added)


def tls_context(authorities: str) -> ssl.SSLContext:
    """A context that trusts the machine's CAs (SSL_CERT_FILE, SSL_CERT_DIR) and these."""
    context = ssl.create_default_context()
    if authorities:
        context.load_verify_locations(cadata=authorities)
    return context


def _read(name: str, path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            data = file.read(_FILE_BYTES)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "it is no name of a file"
        raise Misconfigured(f"{name} must name a file with certificates of CAs ({why})") from None
    return _certificates(name, data)


def _certificates(name: str, data: bytes) -> str:
    """The certificates of a text, without comments, which need not be ASCII."""
    found = "\n".join(match.decode() for match in _CERTIFICATE.findall(data))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=found)
    except (ssl.SSLError, ValueError):
        raise Misconfigured(f"{name} must hold the certificates of CAs in PEM form, and holds none") from None
    return found
