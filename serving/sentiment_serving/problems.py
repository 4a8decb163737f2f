"""What a client is told when it cannot have its answer: RFC 9457 problem details, never with a word of the text."""

import msgspec

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """An answer other than the one that was asked for.

    `detail` is a sentence for the caller's developer: what was expected, what was found (kinds and sizes only, never
    content), what to do.
    """

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail

    def to_json(self, *, request_id: str) -> bytes:
        """The body of the answer."""
        document = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        }
        return msgspec.json.encode(document)


def malformed(detail: str) -> Problem:
    """400: the body is not JSON at all."""
    return Problem(400, "Malformed request", detail)


def too_large(detail: str) -> Problem:
    """413: more than the limits allow."""
    return Problem(413, "Request too large", detail)


def unsupported_media_type(detail: str) -> Problem:
    """415: not JSON by its Content-Type."""
    return Problem(415, "Unsupported media type", detail)


def unprocessable(detail: str) -> Problem:
    """422: JSON, but not of the shape that was asked for."""
    return Problem(422, "Unprocessable request", detail)


def internal_error() -> Problem:
    """500: a defect of ours."""
    return Problem(
        500,
        "Internal error",
        "The server failed to answer. The request id leads to the entry in its log; nothing is wrong with the request.",
    )
