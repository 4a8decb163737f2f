"""An API server that refuses, fails, hangs, cuts or talks nonsense: one kind of error, in bounded time, and a new try.

Covers: 429 with and without Retry-After, 500, 503, a proxy's page, an answer cut short, silence, a closed port; the
queue that goes on until it gets through.
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from kubernetes import client

from sentiment_operator.api.errors import ClusterError
from sentiment_operator.api.names import Key
from sentiment_operator.cluster import KubernetesCluster
from sentiment_operator.workqueue import Backoff, WorkQueue
from testbed.servers import free_port

pytestmark = pytest.mark.integration

KEY = Key("shop", "reviews")
MANIFEST = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "reviews", "namespace": "shop"}}
TIMEOUT_SECONDS = 0.5

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Gives the answers of its server in their order, the last one again and again."""

    protocol_version = "HTTP/1.1"
    answers: tuple[Answer, ...]
    asked: list[str]
    ended: threading.Event

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        number = len(self.asked)
        self.asked.append(self.command)
        self.answers[min(number, len(self.answers) - 1)](self)

    do_GET = do_PATCH = do_POST = do_DELETE = _answer  # noqa: N815 - the names are http.server's

    def log_message(self, format: str, *args: object) -> None:
        return


def status(code: int, body: str = "", **headers: str) -> Answer:
    """An answer with that status."""

    def send(handler: Handler) -> None:
        content = (body or json.dumps({"kind": "Status", "message": "Because.", "code": code})).encode()
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return send


def cut_short(handler: Handler) -> None:
    """Half of what was promised, and the end of the connection."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"kind": "Sent')
    handler.close_connection = True


def silence(handler: Handler) -> None:
    """Nothing at all, until the test is over."""
    handler.ended.wait(30)
    handler.close_connection = True


@contextmanager
def api_server(*answers: Answer) -> Iterator[tuple[KubernetesCluster, list[str]]]:
    """The adapter on a server with these answers, and the requests that it got."""
    asked: list[str] = []
    ended = threading.Event()
    handler = type("Answering", (Handler,), {"answers": answers, "asked": asked, "ended": ended})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield adapter(server.server_address[1]), asked
    finally:
        ended.set()
        server.shutdown()
        server.server_close()


def adapter(port: int) -> KubernetesCluster:
    configuration = client.Configuration(host=f"http://127.0.0.1:{port}")
    configuration.retries = 1
    return KubernetesCluster(client.ApiClient(configuration), TIMEOUT_SECONDS)


@pytest.mark.parametrize(
    "answer",
    [
        status(429),
        status(500),
        status(503),
        status(502, "<html>Bad Gateway</html>"),
        status(200, "<html>Please log in</html>"),
        status(200, "[]"),
        cut_short,
        silence,
    ],
    ids=["429", "500", "503", "a proxy's error", "a proxy's page", "no object", "cut short", "silence"],
)
def test_every_failure_is_one_kind_of_error_in_bounded_time(answer: Answer) -> None:
    with api_server(answer) as (cluster, asked):
        calls: tuple[Callable[[], object], ...] = (lambda: cluster.get(KEY), lambda: cluster.apply(MANIFEST))
        for call in calls:
            start = time.monotonic()
            with pytest.raises(ClusterError):
                call()
            assert time.monotonic() - start < 10
    assert len(asked) <= 4, "one more try at most: the queue knows better when to come back"


def test_an_overloaded_server_is_given_the_second_it_asks_for() -> None:
    with api_server(status(429, Retry_After="1"), status(404)) as (cluster, asked):
        start = time.monotonic()
        assert cluster.get(KEY) is None
        assert time.monotonic() - start >= 1
    assert asked == ["GET", "GET"]


def test_a_write_is_not_repeated_behind_the_back_of_the_reconcile() -> None:
    answers = (status(503, Retry_After="1"), status(200, "{}"))
    with api_server(*answers) as (cluster, asked), pytest.raises(ClusterError, match="503"):
        cluster.apply(MANIFEST)
    assert asked == ["PATCH"]


def test_an_unreachable_server_is_a_cluster_error() -> None:
    with pytest.raises(ClusterError, match="cannot be reached"):
        adapter(free_port()).get(KEY)


def test_the_queue_gets_through_when_the_server_recovers() -> None:
    outages = (status(500), status(429), cut_short, status(503), status(404))
    with api_server(*outages) as (cluster, asked), ThreadPoolExecutor(1) as pool:

        async def until_answered() -> None:
            answered = asyncio.Event()

            async def work(key: Key) -> float | None:
                await asyncio.get_running_loop().run_in_executor(pool, cluster.get, key)
                answered.set()
                return None

            backoff = Backoff(first_seconds=0.01, max_seconds=0.1)
            queue: WorkQueue[Key] = WorkQueue(work, backoff=backoff, expected=(ClusterError,))
            running = asyncio.create_task(queue.run())
            queue.add(KEY)
            await asyncio.wait_for(answered.wait(), 10)
            running.cancel()

        asyncio.run(until_answered())
    assert len(asked) >= len(outages)
