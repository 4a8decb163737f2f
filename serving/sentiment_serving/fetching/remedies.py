"""What to set when a store cannot be read: the last sentence of a message. Pure, and without addresses or secrets."""

from collections.abc import Callable, Iterator, Mapping

from sentiment_serving.fetching.errors import StoreError, Unauthorized, UntrustedCertificate
from sentiment_serving.fetching.login import ORIGINS, PASSWORD, TOKEN, USERNAME, Login, login_for
from sentiment_serving.fetching.source import Source
from sentiment_serving.fetching.trust import FILES, SYSTEM, TEXT

Remedy = Callable[[StoreError], str]

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_SERVICE_ACCOUNT_KEY",
    "az": "AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN",
}
_TLS_OFF = ("MLFLOW_S3_IGNORE_TLS", "MLFLOW_TRACKING_INSECURE_TLS")
"""Variables that switch TLS verification off in MLflow's client."""


def remedy_for(error: StoreError, *, source: Source | None = None, environ: Mapping[str, str] | None = None) -> str:
    """What to check or set about an error of this source's store."""
    match error:
        case Unauthorized():
            return _about_credentials(source, environ or {})
        case UntrustedCertificate():
            names = FILES.get(source.scheme, ()) if source is not None else ()
            return (
                f"Set {' or '.join((*names[:1], SYSTEM))} to a file with the certificate of its CA, "
                f"or {TEXT} to the certificate itself."
                + "".join(f" {name} is not followed." for name in _TLS_OFF if _is_on(environ or {}, name))
            )
    return _about_reachability(source)


def warnings_of(source: Source, environ: Mapping[str, str]) -> Iterator[str]:
    """Settings of MLflow's client that `fetch` does not follow, as log lines."""
    if not source.plain_http:
        for name in _TLS_OFF:
            if _is_on(environ, name):
                yield f"{name} is not followed: TLS certificates are always verified"


def _about_credentials(source: Source | None, environ: Mapping[str, str]) -> str:
    if source is not None and source.scheme in ("https", "http"):
        return _about_login(login_for(source, environ))
    named = _CREDENTIALS.get(source.scheme, "") if source is not None else ""
    what = f"the credentials ({named})" if named else "the credentials"
    return f"Check {what} in the Secret (spec.credentials.secretName) or the service account's role."


def _about_login(login: Login | None) -> str:
    if login is None:
        return f"Set {USERNAME} and {PASSWORD}, or {TOKEN}, in the Secret (spec.credentials.secretName)."
    if login.allowed:
        return f"Check {login.variables} in the Secret (spec.credentials.secretName)."
    return f"The login ({login.variables}) was not sent: {ORIGINS} does not name this scheme, host and port."


def _about_reachability(source: Source | None) -> str:
    network = "the network and the network policies of this namespace"
    if source is None:
        return f"Check its address, {network}."
    if source.endpoint_variable:
        return f"Check its address ({source.endpoint_variable}), {network}."
    if source.scheme == "s3":
        return (
            "No endpoint is set, so Amazon's was used: for another store set AWS_ENDPOINT_URL or "
            f"MLFLOW_S3_ENDPOINT_URL. Otherwise check AWS_REGION, {network}."
        )
    return f"Check its address, {network}."


def _is_on(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").lower() in ("true", "1")
