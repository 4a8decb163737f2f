"""While draining, every answer closes its connection."""

from collections.abc import Iterable
from typing import Any

from werkzeug.test import run_wsgi_app

from sentiment_serving.http.drain import ClosingWhileDraining
from sentiment_serving.http.lifecycle import Lifecycle

ENVIRON: dict[str, Any] = {"REQUEST_METHOD": "GET", "wsgi.url_scheme": "http", "SERVER_NAME": "x", "SERVER_PORT": "80"}


def plain(_environ: object, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]


def test_connections_are_kept_before_the_end() -> None:
    _, status, headers = run_wsgi_app(ClosingWhileDraining(plain, Lifecycle()), dict(ENVIRON))
    assert status == "200 OK"
    assert "Connection" not in headers


def test_connections_are_closed_from_then_on() -> None:
    lifecycle = Lifecycle()
    app = ClosingWhileDraining(plain, lifecycle)
    lifecycle.drain()
    body, status, headers = run_wsgi_app(app, dict(ENVIRON))
    assert (b"".join(body), status) == (b"ok", "200 OK")
    assert headers["Connection"] == "close"


def test_a_request_that_was_under_work_when_the_end_began_closes_too() -> None:
    lifecycle = Lifecycle()

    def slow(environ: object, start_response: Any) -> Iterable[bytes]:
        lifecycle.drain()
        return plain(environ, start_response)

    _, _, headers = run_wsgi_app(ClosingWhileDraining(slow, lifecycle), dict(ENVIRON))
    assert headers["Connection"] == "close"
