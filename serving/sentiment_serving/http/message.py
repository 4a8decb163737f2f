"""A request whose body was read, and its response, as every endpoint takes and returns them."""

import msgspec

from sentiment_serving.wire.reading import JSON

PLAIN_TEXT = "text/plain; charset=utf-8"


class Request(msgspec.Struct, frozen=True, gc=False):
    """What an endpoint may look at. The body is within its limit; it is empty for GET."""

    body: bytes
    content_type: str
    """Empty if the request has none."""
    request_id: str
    """Quoted in problem details."""
    counted: bool = True
    """Whether the prediction metrics count this request."""
    header_length: str = ""
    """The header Inference-Header-Content-Length."""
    accept: str = ""
    """The header Accept, of GET only."""


class Response(msgspec.Struct, frozen=True, gc=False):
    """What the client gets, and the sizes that the log may show."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    texts: int = 0
    """Number of texts in the request, as far as it could be read."""
    chars: int = 0
    """Their length together, in characters."""


def json_response(document: msgspec.Struct) -> Response:
    """200 with `document` as its body."""
    return Response(200, msgspec.json.encode(document))
