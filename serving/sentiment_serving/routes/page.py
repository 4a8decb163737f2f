"""The page at `/`: one file that loads nothing from other servers."""

import base64
import hashlib
import re
from importlib.resources import files

from sentiment_serving.http.message import Request, Response
from sentiment_serving.http.service import Service

_HTML = files("sentiment_serving").joinpath("page.html").read_text(encoding="utf-8")


def _hashes(element: str) -> str:
    """The sources of all elements of that name, as a Content-Security-Policy lists them."""
    contents = re.findall(rf"<{element}>(.*?)</{element}>", _HTML, re.DOTALL)
    digests = (hashlib.sha256(content.encode()).digest() for content in contents)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


_HEADERS = (
    # The page's own script and style, requests to this server, and nothing else.
    (
        "Content-Security-Policy",
        (
            f"default-src 'none'; script-src {_hashes('script')}; style-src {_hashes('style')}; "
            "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    ),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
)


def page(service: Service, request: Request) -> Response:
    """A page to try the model by hand."""
    return Response(200, _HTML.encode(), "text/html; charset=utf-8", _HEADERS)
