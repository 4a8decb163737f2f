"""How `verify` asks: what each kind of peer means to it, and that none can hold it up.

The real server's answers are in test_verify; the peers here are real sockets with what it would never say.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sentiment_serving.asking import (
    BATCH_BYTES,
    BATCH_TEXTS,
    AskError,
    NoPrediction,
    NotUnderstood,
    Refused,
    Server,
    Silent,
    batches,
)
from tests.integration.servers import free_port

pytestmark = pytest.mark.integration

GOOD = {
    "predictions": [{"label": "a", "probabilities": {"a": 0.75, "b": 0.25}}],
    "model": {"name": "reviews", "version": "14", "digest": "sha256:1"},
}


@contextmanager
def peer(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A web server whose POST is answered in the given way; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def reply(
    status: int, body: bytes, *, length: int | None = None, **headers: str
) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
        if length is not None:
            handler.close_connection = True

    return answer


def document(**change: object) -> bytes:
    return json.dumps(GOOD | change).encode()


def one(label: object, probabilities: object) -> list[object]:
    return [{"label": label, "probabilities": probabilities}]


def test_an_answer_is_read_with_the_model_that_speaks() -> None:
    with peer(reply(200, document())) as url:
        server = Server(url, keep=True)
        speaker, (prediction,) = server.predict(["A text."])
        server.close()
    assert (speaker.version, speaker.digest) == ("14", "sha256:1")
    assert (prediction.label, prediction.probabilities) == ("a", {"a": 0.75, "b": 0.25})


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(503, b"{}"), Silent),
        (reply(502, b"<html>"), Silent),
        (reply(429, b""), Silent),
        (reply(500, b"{}"), Refused),
        (reply(413, b"{}"), Refused),
        (reply(302, b"", Location="http://127.0.0.1:1/"), Refused),
        (reply(200, document(), length=5000), Silent),
        (reply(200, document(), Connection="close"), Silent),
        (reply(200, b"<html>hello</html>"), NotUnderstood),
        (reply(200, b"[" * 100_000), NotUnderstood),
        (reply(200, b'{"predictions": []}'), NotUnderstood),
        (reply(200, document(predictions=[])), NotUnderstood),
        (reply(200, document(predictions=one(1, {"a": 1.0}))), NotUnderstood),
        (reply(200, b" " * (9 << 20)), NotUnderstood),
        (reply(200, document(predictions=one("c", {"a": 0.5, "b": 0.5}))), NoPrediction),
        (reply(200, document(predictions=one("a", {"a": 0.5, "b": 0.6}))), NoPrediction),
        (reply(200, document(predictions=one("a", {"a": None, "b": 0.5}))), NoPrediction),
        (reply(200, document(predictions=one("a", {}))), NoPrediction),
    ],
)
def test_what_is_no_answer_is_told_apart(
    answer: Callable[[BaseHTTPRequestHandler], None], kind: type[AskError]
) -> None:
    with peer(answer) as url:
        server = Server(url, keep=True)
        with pytest.raises(AskError) as caught:
            server.predict(["A text."])
        server.close()
    assert type(caught.value) is kind


def test_nobody_there_is_silence() -> None:
    server = Server(f"http://127.0.0.1:{free_port()}", keep=True)
    with pytest.raises(Silent, match="refused the connection"):
        server.predict(["A text."])
    assert not server.ready()


def test_a_lost_connection_is_news_even_when_a_new_one_would_do() -> None:
    def once(handler: BaseHTTPRequestHandler) -> None:
        reply(200, document())(handler)
        # Without the header that announces it: what a process that is killed looks like.
        handler.close_connection = True

    with peer(once) as url:
        server = Server(url, keep=True)
        server.predict(["A text."])
        with pytest.raises(Silent, match="broke off"):
            server.predict(["A text."])
        server.predict(["A text."])
        server.close()


def test_each_request_may_have_its_own_connection() -> None:
    peers = set()

    def note(handler: BaseHTTPRequestHandler) -> None:
        peers.add(handler.client_address)
        reply(200, document())(handler)

    with peer(note) as url:
        server = Server(url, keep=False)
        for _ in range(3):
            server.predict(["A text."])
    assert len(peers) == 3


@pytest.mark.parametrize("where", ["before", "head", "body"])
def test_an_answer_that_trickles_is_cut_at_its_time(where: str) -> None:
    over = threading.Event()

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        if where == "body":
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
        elif where == "head":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        with suppress(OSError):
            while not over.wait(0.05):
                handler.wfile.write(b"" if where == "before" else b"x")

    with peer(trickle) as url:
        server = Server(url, keep=True)
        started = time.monotonic()
        with pytest.raises(Silent, match="in time"):
            server.predict(["A text."], seconds=0.5)
        assert time.monotonic() - started < 5
        over.set()


def test_requests_say_that_they_are_a_verification() -> None:
    seen = []

    def note(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Sentiment-Verification"])
        reply(200, document())(handler)

    with peer(note) as url:
        server = Server(url, keep=False)
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
