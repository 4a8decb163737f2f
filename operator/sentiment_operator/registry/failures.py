"""What an exception of MLflow's client means: an answer about one reference, or an outage of the registry. Pure."""

from http import HTTPStatus

from mlflow.exceptions import MlflowException, RestException

from sentiment_operator.api.errors import (
    ForeignAnswer,
    InvalidReference,
    RegistryError,
    RegistryUnreachable,
    Unauthorized,
)
from sentiment_operator.api.text import one_line

QUOTED_CHARACTERS = 200
"""How much of a server's text a condition shows."""


def failure(error: MlflowException, what: str) -> RegistryError:
    """The error for a request that failed. `what` was requested, for example "version 14 of reviews"."""
    code, status = str(error.error_code), error.get_http_status_code()
    if is_forbidden(error):
        return Unauthorized(
            f"The registry does not let the operator use {what}: check the credentials in the operator's "
            "environment, and that the server allows the host name it is called by (--allowed-hosts)."
        )
    if _is_lost(error) or (_is_mlflows(error) and _is_overload_or_fault(status)):
        return RegistryUnreachable(f"The registry did not answer the request for {what} ({code}).")
    if code == "ENDPOINT_NOT_FOUND" or _is_overload_or_fault(status):
        return ForeignAnswer(f"The server at the registry's address did not answer as MLflow about {what} ({code}).")
    reason = one_line(_text(error), QUOTED_CHARACTERS) if _is_mlflows(error) else code
    return InvalidReference(f"The registry refuses the request for {what}: {reason}")


def is_absent(error: MlflowException) -> bool:
    """Whether the object does not exist. MLflow reports an absent alias as an invalid parameter."""
    if error.error_code == "RESOURCE_DOES_NOT_EXIST":
        return True
    text = str(error).lower()
    return error.error_code == "INVALID_PARAMETER_VALUE" and "alias" in text and "not found" in text


def is_forbidden(error: MlflowException) -> bool:
    """Whether the login is refused, or may not read this."""
    return error.get_http_status_code() in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def _is_lost(error: MlflowException) -> bool:
    """Whether there is no response, or only failures that were retried (429, 5xx).

    MLflow's client wraps the HTTP library's exception, which is an OSError. It chains some explicitly only.
    """
    return isinstance(error.__cause__ or error.__context__, OSError)


def _is_mlflows(error: MlflowException) -> bool:
    """Whether MLflow itself has answered: its server with its JSON, or its client with a check of its own."""
    if isinstance(error, RestException):
        return bool(error.json.get("error_code") == error.error_code)
    return bool(error.error_code == "INVALID_PARAMETER_VALUE")


def _is_overload_or_fault(status: int) -> bool:
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _text(error: MlflowException) -> str:
    return str(error.json.get("message") or "") if isinstance(error, RestException) else str(error.message)
