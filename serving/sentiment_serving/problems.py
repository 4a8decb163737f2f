"""Error responses: RFC 9457 problem details, which never contain any of the caller's text."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

CONTENT_TYPE = "application/problem+json"


class ProblemDetails(Struct, omit_defaults=True):
    """The body of an error response."""

    type: Annotated[str, Meta(description="A URI reference (RFC 9457).")]
    title: str
    status: int
    detail: str
    request_id: str
    error: Annotated[str, Meta(description="`detail` again, where the Open Inference Protocol expects it.")] = ""


class Problem(Exception):
    """The request cannot be answered.

    `detail` is a sentence for the caller's developer: what was expected, what was found (kinds and sizes only, never
    content), what to do.
    """

    def __init__(self, status: int, title: str, detail: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds

    def to_json(self, *, request_id: str, open_inference: bool = False) -> bytes:
        """The body of the response; `open_inference` adds the member that clients of that protocol read."""
        error = self.detail if open_inference else ""
        details = ProblemDetails("about:blank", self.title, self.status, self.detail, request_id, error)
        return msgspec.json.encode(details)


def malformed(detail: str) -> Problem:
    """400: the body is not JSON at all."""
    return Problem(400, "Malformed request", detail)


def too_slow(seconds: float) -> Problem:
    """408: the body did not arrive in time."""
    return Problem(408, "Request timeout", f"The body must arrive within {seconds:g} seconds. Send it without pauses.")


def not_found(detail: str) -> Problem:
    """404: no such route, no such model."""
    return Problem(404, "Not found", detail)


def too_large(detail: str) -> Problem:
    """413: more than the limits allow."""
    return Problem(413, "Request too large", detail)


def unsupported_media_type(detail: str) -> Problem:
    """415: the Content-Type is not one that the route accepts."""
    return Problem(415, "Unsupported media type", detail)


def unprocessable(detail: str) -> Problem:
    """422: JSON, but not of the expected shape."""
    return Problem(422, "Unprocessable request", detail)


def internal_error() -> Problem:
    """500: a defect of this server."""
    return Problem(
        500,
        "Internal error",
        "The server failed to answer. The request id leads to the entry in its log; nothing is wrong with the request.",
    )


def overloaded(what: str) -> Problem:
    """503: the server is at its limits for now."""
    return Problem(503, "Overloaded", f"{what} Send the request again in a second.", retry_after_seconds=1)


def not_ready(state: str) -> Problem:
    """503: the server is starting or draining."""
    return Problem(503, "Not ready", f"The server is {state}.")
