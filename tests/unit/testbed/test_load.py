"""The load generator counts what callers see, and hides nothing."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from testbed.load import Tally, Worker


class Answering(BaseHTTPRequestHandler):
    """Answers like the serving pods, with the server's `status` and `version`."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Backend)
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"label": "positive", "model": {"version": server.version}}).encode()
        self.send_response(server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


class Backend(ThreadingHTTPServer):
    daemon_threads = True
    status = 200
    version: str | None = "7"


@contextmanager
def backend() -> Iterator[Backend]:
    with Backend(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server: Backend, kind: str, *, at_least: int = 5) -> Tally:
    tally = Tally()
    worker = Worker(kind=kind, host="127.0.0.1", port=server.server_address[1], period=0.001, offset=0.0, tally=tally)
    worker.start()
    pause = threading.Event()
    while sum(tally.answered.values()) + len(tally.failures) < at_least:
        pause.wait(0.005)
    worker.stopping.set()
    worker.join()
    return tally


def test_answers_are_counted_by_kind_and_version() -> None:
    with backend() as server:
        for kind in ("kept-alive", "fresh"):
            tally = ask(server, kind)
            assert tally.failures == []
            assert set(tally.answered) == {kind}
            assert set(tally.by_version) == {"7"}


def test_an_error_status_is_a_failure() -> None:
    with backend() as server:
        server.status = 503
        assert {f["what"] for f in ask(server, "fresh").failures} == {"status 503"}


def test_an_answer_without_a_version_is_a_failure() -> None:
    with backend() as server:
        server.version = None
        assert {f["what"] for f in ask(server, "kept-alive").failures} == {"the answer names no version"}


def test_a_refused_connection_is_a_failure() -> None:
    with backend() as server:
        port = server.server_address
    with Backend(port, Answering, bind_and_activate=False) as closed:
        closed.server_address = port
        assert all("Refused" in str(f["what"]) for f in ask(closed, "fresh").failures)


def test_the_summary_adds_up() -> None:
    tally = Tally()
    tally.success("fresh", "1", 0.010)
    tally.success("kept-alive", "2", 0.030)
    tally.failure("fresh", "status 500")
    summary = tally.summary()
    assert (summary["requests"], summary["failed"]) == (3, 1)
    assert summary["by_version"] == {"1": 1, "2": 1}
