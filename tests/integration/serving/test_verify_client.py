"""The HTTP client of `verify`: how it classifies each kind of server, and that no server can block it.

test_verify covers the real server's answers; the servers here are real sockets with answers that it never sends.
"""

import json
import time
from http.server import BaseHTTPRequestHandler

import pytest

from sentiment_serving.verifying.client import (
    BATCH_BYTES,
    BATCH_TEXTS,
    InvalidPrediction,
    MalformedAnswer,
    RequestFailed,
    Server,
    Unavailable,
    UnexpectedStatus,
    batches,
)
from testbed.servers import free_port
from tests.integration.serving.web import Answer, WebServer, respond

pytestmark = pytest.mark.integration

GOOD = {
    "predictions": [{"label": "a", "probabilities": {"a": 0.75, "b": 0.25}}],
    "model": {"name": "reviews", "version": "14", "digest": "sha256:1"},
}


def document(**change: object) -> bytes:
    return json.dumps(GOOD | change).encode()


def one(label: object, probabilities: object) -> list[object]:
    return [{"label": label, "probabilities": probabilities}]


def test_an_answer_is_read_with_the_model_that_it_names() -> None:
    with WebServer(respond(200, document())) as web:
        server = Server(web.url, keep=True)
        model, (prediction,) = server.predict(["A text."])
        server.close()
    assert (model.version, model.digest) == ("14", "sha256:1")
    assert (prediction.label, prediction.probabilities) == ("a", {"a": 0.75, "b": 0.25})


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (respond(503, b"{}"), Unavailable),
        (respond(502, b"<html>"), Unavailable),
        (respond(429, b""), Unavailable),
        (respond(500, b"{}"), UnexpectedStatus),
        (respond(413, b"{}"), UnexpectedStatus),
        (respond(302, b"", {"Location": "http://127.0.0.1:1/"}), UnexpectedStatus),
        (respond(200, document(), length=5000), Unavailable),
        (respond(200, document(), {"Connection": "close"}), Unavailable),
        (respond(200, b"<html>hello</html>"), MalformedAnswer),
        (respond(200, b"[" * 100_000), MalformedAnswer),
        (respond(200, b'{"predictions": []}'), MalformedAnswer),
        (respond(200, document(predictions=[])), MalformedAnswer),
        (respond(200, document(predictions=one(1, {"a": 1.0}))), MalformedAnswer),
        (respond(200, b" " * (9 << 20)), MalformedAnswer),
        (respond(200, document(predictions=one("c", {"a": 0.5, "b": 0.5}))), InvalidPrediction),
        (respond(200, document(predictions=one("a", {"a": 0.5, "b": 0.6}))), InvalidPrediction),
        (respond(200, document(predictions=one("a", {"a": None, "b": 0.5}))), InvalidPrediction),
        (respond(200, document(predictions=one("a", {}))), InvalidPrediction),
    ],
)
def test_failures_are_classified(answer: Answer, kind: type[RequestFailed]) -> None:
    with WebServer(answer) as web:
        server = Server(web.url, keep=True)
        with pytest.raises(RequestFailed) as caught:
            server.predict(["A text."])
        server.close()
    assert type(caught.value) is kind


def test_a_refused_connection_is_unavailable() -> None:
    server = Server(f"http://127.0.0.1:{free_port()}", keep=True)
    with pytest.raises(Unavailable, match="refused the connection"):
        server.predict(["A text."])
    assert not server.ready()


def test_a_lost_connection_is_reported_and_not_reopened() -> None:
    def once(handler: BaseHTTPRequestHandler) -> None:
        respond(200, document())(handler)
        # Without the header that announces it, as when the process is killed.
        handler.close_connection = True

    with WebServer(once) as web:
        server = Server(web.url, keep=True)
        server.predict(["A text."])
        with pytest.raises(Unavailable, match="broke off"):
            server.predict(["A text."])
        server.predict(["A text."])
        server.close()


def test_each_request_may_have_its_own_connection() -> None:
    peers = set()

    def note(handler: BaseHTTPRequestHandler) -> None:
        peers.add(handler.client_address)
        respond(200, document())(handler)

    with WebServer(note) as web:
        server = Server(web.url, keep=False)
        for _ in range(3):
            server.predict(["A text."])
    assert len(peers) == 3


@pytest.mark.parametrize("where", ["before", "head", "body"])
def test_a_trickling_answer_is_cut_off_in_time(where: str) -> None:
    def trickle(handler: BaseHTTPRequestHandler) -> None:
        if where == "body":
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
        elif where == "head":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not web.over.wait(0.05):
            handler.wfile.write(b"" if where == "before" else b"x")

    with WebServer(trickle) as web:
        server = Server(web.url, keep=True)
        started = time.monotonic()
        with pytest.raises(Unavailable, match="in time"):
            server.predict(["A text."], seconds=0.5)
        assert time.monotonic() - started < 5


def test_requests_are_marked_as_verification() -> None:
    seen = []

    def note(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Sentiment-Verification"])
        respond(200, document())(handler)

    with WebServer(note) as web:
        server = Server(web.url, keep=False)
        server.predict(["A text."])
    assert seen == ["1"]


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["a"],
        ["a"] * (3 * BATCH_TEXTS + 1),
        ["\x00" * 50_000] * 5,
        ["é" * 50_000, "a"] * 4,
        ["a" * (2 * BATCH_BYTES), "b", "c"],
    ],
)
def test_batches_are_all_texts_in_order_and_within_bounds(texts: list[str]) -> None:
    parts = [texts[batch] for batch in batches(texts)]
    assert [text for part in parts for text in part] == texts
    for part in parts:
        assert 1 <= len(part) <= BATCH_TEXTS
        assert len(part) == 1 or len(json.dumps({"texts": part}, ensure_ascii=False).encode()) <= BATCH_BYTES + 200
