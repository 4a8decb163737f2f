"""What is known about a request apart from its endpoint: a request id, its route, and sizes for the log."""

import os
import re
import time
from typing import TYPE_CHECKING, cast

from sentiment_serving.headers import REQUEST_ID, VERIFICATION
from sentiment_serving.http.message import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_KEY = "sentiment_serving.request_context"
# The client's own id is used if it looks like one; anything else could smuggle text into the log.
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def wsgi_variable(header: str) -> str:
    """The variable of the WSGI environment that holds a header."""
    return "HTTP_" + header.upper().replace("-", "_")


_REQUEST_ID_VARIABLE, _VERIFICATION_VARIABLE = wsgi_variable(REQUEST_ID), wsgi_variable(VERIFICATION)


class RequestContext:
    """One request, from its arrival to its log line. It is kept in the WSGI environment."""

    __slots__ = ("chars", "is_operation", "is_verification", "request_id", "route", "started", "texts", "timed_out")

    def __init__(self, environ: "WSGIEnvironment") -> None:
        self.started = time.perf_counter()
        given = environ.get(_REQUEST_ID_VARIABLE)
        self.request_id: str = given if given and _REQUEST_ID.fullmatch(given) else os.urandom(16).hex()
        self.is_verification = _VERIFICATION_VARIABLE in environ
        """Whether `verify` sent it to verify a candidate."""
        self.route = "none"
        """The pattern of its path, never the path: clients can make up any path."""
        self.is_operation = False
        """Whether it is a probe or a scrape."""
        self.texts = self.chars = 0
        self.timed_out = False
        """Whether the client was answered with 408 while its body was being read."""
        environ[_KEY] = self

    def record(self, response: Response) -> None:
        """Keep the sizes of the response for the log."""
        self.texts, self.chars = response.texts, response.chars


def context_of(environ: "WSGIEnvironment") -> RequestContext:
    """The context of a request that came through the middleware."""
    return cast("RequestContext", environ[_KEY])


def is_timed_out(environ: "WSGIEnvironment") -> bool:
    """Whether the client was answered with 408; False without a context."""
    context = environ.get(_KEY)
    return context is not None and context.timed_out


def is_open_inference(path: str) -> bool:
    """Whether the path belongs to the Open Inference Protocol, whose clients expect problems in a member `error`."""
    return path == "/v2" or path.startswith("/v2/")
