"""What every exchange has, whichever way it is answered: a request id, sizes for the log, and its route."""

import os
import re
import time
from typing import TYPE_CHECKING, cast

from sentiment_serving.http.headers import REQUEST_ID, VERIFICATION
from sentiment_serving.http.predict import Answer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_KEY = "sentiment_serving.http.request_context"
# A caller's own id is taken when it looks like one; anything else could smuggle text into the log.
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def variable(header: str) -> str:
    """Where WSGI keeps a header."""
    return "HTTP_" + header.upper().replace("-", "_")


_REQUEST_ID_VARIABLE, _VERIFICATION_VARIABLE = variable(REQUEST_ID), variable(VERIFICATION)


class Exchange:
    """A request and its answer, kept in the WSGI environment."""

    __slots__ = ("chars", "is_operation", "is_verification", "request_id", "route", "started", "texts")

    def __init__(self, environ: "WSGIEnvironment") -> None:
        self.started = time.perf_counter()
        given = environ.get(_REQUEST_ID_VARIABLE)
        self.request_id: str = given if given and _REQUEST_ID.fullmatch(given) else os.urandom(16).hex()
        self.is_verification = _VERIFICATION_VARIABLE in environ
        """Part of the verification of a candidate."""
        self.route = "none"
        """Its pattern: a path may be anything, in metrics as in logs."""
        self.is_operation = False
        """A probe or a scrape: they come every few seconds for ever."""
        self.texts = self.chars = 0
        environ[_KEY] = self

    def answered_with(self, answer: Answer) -> None:
        """Keep its sizes."""
        self.texts, self.chars = answer.texts, answer.chars


def exchange_of(environ: "WSGIEnvironment") -> Exchange:
    """That of a request which `Front` let through."""
    return cast("Exchange", environ[_KEY])


def speaks_open_inference(path: str) -> bool:
    """Whether clients of that protocol look for a refusal there."""
    return path == "/v2" or path.startswith("/v2/")
