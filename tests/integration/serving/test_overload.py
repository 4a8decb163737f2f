"""Too much at once: it is refused and not piled up, probes are answered, and what is small is not kept out.

| load | claim |
|---|---|
| more requests than may work and wait | 200 or 503 with Retry-After, and nothing else |
| clients that never finish sending | others are answered while MAX_SENDING is not reached; probes are in any case |
| clients that never finish sending a large body | as many as there may be: others are answered |
| clients that send for too long | they get 408, and lose their connection if they do not close it themselves |
| large batches without end | single texts are answered, in a time of a few parts of a batch |
"""

import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from testbed.waiting import eventually
from tests.integration.serving.process import Server, serving
from tests.unit.serving.tiny_model import write_version

pytestmark = pytest.mark.integration

HEADERS = {"Content-Type": "application/json"}
SINGLE = b'{"text": "A good story, and not one word too many."}'
BATCH = json.dumps({"texts": ["A good story, and not one word too many. " * 10] * 1000}).encode()
SLOW = (
    b"POST /v2/models/reviews/infer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: 500000\r\n\r\n{"
)
HALF = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model."""
    folder = tmp_path_factory.mktemp("model")
    write_version(folder)
    return folder


class Load:
    """Clients that ask again as soon as they have their answer."""

    def __init__(self, server: Server, body: bytes, clients: int) -> None:
        self.answers: Counter[int] = Counter()
        self.without_advice = 0
        self.errors: list[str] = []
        self._server, self._body = server, body
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(clients)]

    def _ask(self) -> None:
        connection = self._server.connect()
        while not self._stopped.is_set():
            try:
                connection.request("POST", "/predict", self._body, HEADERS)
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                self.errors.append(type(error).__name__)
                return
            self.answers[response.status] += 1
            self.without_advice += response.status == 503 and "Retry-After" not in response.headers
        connection.close()

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """Until the block ends."""
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._stopped.set()
            for thread in self._threads:
                thread.join(60)


@contextmanager
def halves(server: Server, count: int) -> Iterator[None]:
    """So many clients that began a request and never end it."""
    with ExitStack() as stack:
        for _ in range(count):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            client.sendall(HALF)
        yield


@contextmanager
def slow_clients(server: Server, count: int, head: bytes, *, pause_seconds: float) -> Iterator[list[socket.socket]]:
    """So many clients that announce a body and send a byte of it after each pause."""
    over = threading.Event()
    clients = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(count)]

    def send(client: socket.socket) -> None:
        with suppress(OSError):
            while not over.wait(pause_seconds):
                client.send(b" ")

    for client in clients:
        client.sendall(head)
    threads = [threading.Thread(target=send, args=(client,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield clients
    finally:
        over.set()
        for thread, client in zip(threads, clients, strict=True):
            thread.join(30)
            client.close()


def waits(server: Server, ask: Callable[[Server], int], times: int) -> list[float]:
    """How long each of so many questions took, in seconds; all are answered with 200."""
    found = []
    for _ in range(times):
        begun = time.monotonic()
        assert ask(server) == 200
        found.append(time.monotonic() - begun)
    return sorted(found)


def probe(server: Server) -> int:
    """As the kubelet does it: on a connection of its own."""
    return server.status("/readyz") or 0


def single(server: Server) -> int:
    """One text."""
    connection = server.connect()
    connection.request("POST", "/predict", SINGLE, HEADERS | {"Connection": "close"})
    return connection.getresponse().status


def test_what_is_too_much_is_503_and_everything_else_is_answered(model_dir: Path) -> None:
    env = {"THREADS": "1", "MAX_WAITING": "2", "SENTIMENT_NATIVE": "0"}
    with serving(model_dir, env=env) as server:
        with Load(server, BATCH, 16).running() as load:
            eventually(lambda: load.answers[200] >= 3 and load.answers[503] >= 3, "both answers")
            probes = waits(server, probe, 20)
        assert load.errors == []
        assert set(load.answers) == {200, 503}
        assert load.without_advice == 0
        assert single(server) == 200
    # A busy machine adds to it; on an idle one they take a few milliseconds.
    assert probes[len(probes) // 2] < 0.1


def test_clients_that_never_finish_sending_hold_no_one_else(model_dir: Path) -> None:
    with serving(model_dir, env={"THREADS": "2", "MAX_SENDING": "8"}) as server:
        with halves(server, 7):
            assert [single(server) for _ in range(20)] == [200] * 20
            assert [probe(server) for _ in range(20)] == [200] * 20
        with halves(server, 100):
            eventually(lambda: single(server) == 503, "all places to be taken")
            assert [probe(server) for _ in range(20)] == [200] * 20
        eventually(lambda: single(server) == 200, "the places to be free again")


def test_as_many_slow_large_bodies_as_there_may_be_leave_room_for_others(model_dir: Path) -> None:
    with serving(model_dir) as server, slow_clients(server, 64, SLOW, pause_seconds=5):
        assert [single(server) for _ in range(20)] == [200] * 20
        assert [probe(server) for _ in range(20)] == [200] * 20


@pytest.mark.parametrize("fast_path", ["1", "0"])
@pytest.mark.parametrize("pause_seconds", [0.1, 60])
@pytest.mark.parametrize("head", [SLOW, HALF], ids=["large", "small"])
def test_a_body_that_takes_too_long_is_408(model_dir: Path, fast_path: str, pause_seconds: float, head: bytes) -> None:
    env = {"BODY_TIMEOUT_SECONDS": "1", "SENTIMENT_FAST_PATH": fast_path}
    with serving(model_dir, env=env) as server, slow_clients(server, 1, head, pause_seconds=pause_seconds) as (slow,):
        begun = time.monotonic()
        response = http.client.HTTPResponse(slow)
        response.begin()
        took = time.monotonic() - begun
        problem = json.loads(response.read())
        assert response.status == 408
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.headers["Connection"] == "close"
        assert response.headers["X-Request-Id"] == problem["request_id"]
        assert ("error" in problem) == (head is SLOW)
        assert 0.5 < took < 10
        route = "/v2/models/<name>/infer" if head is SLOW else "/predict"
        counted = f'sentiment_requests_total{{code="408",route="{route}"}} 1.0'
        assert counted in server.get("/metrics")
        slow.close()
        eventually(lambda: single(server) == 200, "an answer")
        assert counted in server.get("/metrics")


def test_slow_clients_that_stay_after_their_408_lose_their_connection(model_dir: Path) -> None:
    env = {"BODY_TIMEOUT_SECONDS": "1", "MAX_SENDING": "20"}
    with serving(model_dir, env=env) as server, slow_clients(server, 20, HALF, pause_seconds=60) as clients:
        eventually(lambda: 'code="408",route="/predict"} 20.0' in server.get("/metrics"), "all to be answered")
        eventually(lambda: single(server) == 200, "places to be free again")
        ended = []
        for client in clients:
            client.settimeout(0.5)
            received = b""
            try:
                while piece := client.recv(65536):
                    received += piece
                ended.append(client)
            except TimeoutError:
                pass
            assert received.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
            assert received.endswith(b"}")
        # A few are trusted to close it themselves.
        assert len(ended) >= 10


def test_large_batches_do_not_keep_single_texts_out(model_dir: Path) -> None:
    with serving(model_dir, env={"MAX_BODY_BYTES": "2000000"}) as server:
        alone = waits(server, batch, 3)[1]
        with Load(server, BATCH, 32).running() as load:
            eventually(lambda: load.answers[200] >= 5, "batches at work")
            singles = waits(server, single, 20)
    assert set(load.answers) <= {200, 503}
    assert load.errors == []
    # Were they in one queue, a single text would wait for all the batches before it.
    assert singles[len(singles) // 2] < 8 * alone


def batch(server: Server) -> int:
    """A thousand texts."""
    connection = server.connect()
    connection.request("POST", "/predict", BATCH, HEADERS | {"Connection": "close"})
    return connection.getresponse().status
