"""The login at MLflow's server, for artifacts that it proxies: which web server gets it, and which does not.

Anyone who registers a version chooses the address of its artifacts. So the login only goes to the origins (scheme, host
and port) that the environment names, and never along a redirect.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sentiment_serving.fetching.source import Source
from sentiment_serving.termination import Reason, Termination

ORIGINS = "FETCH_CREDENTIAL_ORIGINS"
USERNAME, PASSWORD, TOKEN = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"

_PORTS = {"https": 443, "http": 80}
Origin = tuple[str, str, int]


@dataclass(frozen=True)
class Login:
    """A login for one source."""

    variables: str
    """The variables that it comes from, for messages."""
    allowed: bool
    """Whether the source's server may get it."""
    header: str = field(repr=False)
    """The value of the header Authorization."""


def login_for(source: Source, environ: Mapping[str, str]) -> Login | None:
    """The login of the environment, None if there is none or the source is no web server.

    A username with a password has precedence over a token, as in MLflow's client.

    Raises:
        Termination: BadConfiguration, when it cannot be sent or the origins are not origins.
    """
    if source.scheme not in _PORTS:
        return None
    username, password, token = (_text(environ, name) for name in (USERNAME, PASSWORD, TOKEN))
    if username and password:
        variables, pair = f"{USERNAME} and {PASSWORD}", f"{username}:{password}".encode()
        header = f"Basic {base64.b64encode(pair).decode()}"
    elif token:
        variables, header = TOKEN, f"Bearer {token}"
    else:
        return None
    allowed = _origin(source.uri) in _allowed(source, environ)
    return Login(variables, allowed, header)


def _allowed(source: Source, environ: Mapping[str, str]) -> list[Origin | None]:
    named = environ.get(ORIGINS)
    if named is not None:
        return [_checked(ORIGINS, text) for text in map(str.strip, named.split(",")) if text]
    tracking = environ.get("MLFLOW_TRACKING_URI", "")
    if tracking.startswith(("https://", "http://")):
        return [_checked("MLFLOW_TRACKING_URI", tracking)]
    # Kubernetes sets this variable in every pod, where another person than the login's owner has chosen the source.
    return [] if "KUBERNETES_SERVICE_HOST" in environ else [_origin(source.uri)]


def _checked(name: str, text: str) -> Origin:
    origin = _origin(text)
    if origin is None:
        raise Termination(Reason.BAD_CONFIGURATION, f"{name} must be URLs such as https://mlflow.example.com.")
    return origin


def _origin(uri: str) -> Origin | None:
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port if port is not None else _PORTS[parts.scheme]


def _text(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value.isprintable() or (name == TOKEN and not value.isascii()):
        raise Termination(
            Reason.BAD_CONFIGURATION,
            f"{name} has a line break or another character that cannot be sent. Correct it in the Secret.",
        )
    return value
