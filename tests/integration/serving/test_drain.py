"""The end of a server under load: no request is lost, and the end comes.

Two servers stand behind a stand-in for a Service: fresh connections go to the first, and a while after its SIGTERM
(endpoints take their time to spread) to the second. Clients never try anything twice: whatever is not a 200 is a loss.
"""

import http.client
import itertools
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testbed.waiting import eventually
from tests.integration.serving.process import Server, serving
from tests.unit.serving.tiny_model import write_version

pytestmark = pytest.mark.integration

BODY = b'{"text": "A good story, and not one word too many."}'
HEADERS = {"Content-Type": "application/json"}
DRAIN_SECONDS = 2.0
SPREADING_SECONDS = 0.5


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model."""
    folder = tmp_path_factory.mktemp("model")
    write_version(folder)
    return folder


@pytest.fixture
def server(model_dir: Path) -> Iterator[Server]:
    """One server that drains for a short time."""
    with serving(model_dir, env={"DRAIN_SECONDS": "0.5"}) as server:
        yield server


class Service:
    """Leads fresh connections to one server."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def connect(self) -> http.client.HTTPConnection:
        """A new connection to the current pod of the Service."""
        return self.server.connect()


class Load:
    """Clients that send requests until they are stopped."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.stopped = threading.Event()
        self.answers: Counter[str] = Counter()
        self.losses: list[str] = []
        self._lock = threading.Lock()

    def client(self, *, keep: bool, pause_seconds: float) -> None:
        """One client: keeps its connection as long as the server does, or opens one for each request."""
        connection = self.service.connect()
        for number in itertools.count():
            if self.stopped.wait(pause_seconds):
                break
            try:
                connection.request("POST", "/predict", BODY, HEADERS | ({} if keep else {"Connection": "close"}))
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                self._lose(f"request {number}, keep={keep}, pause={pause_seconds}: {error!r}")
                connection.close()
                continue
            if response.status == 200:
                with self._lock:
                    self.answers[response.headers["X-Model-Version"]] += 1
            else:
                self._lose(f"request {number}: status {response.status}")
            if response.will_close:
                connection.close()
                connection = self.service.connect()
        connection.close()

    def _lose(self, what: str) -> None:
        with self._lock:
            self.losses.append(what)


def test_a_rollout_under_load_loses_no_request(model_dir: Path) -> None:
    drain = str(DRAIN_SECONDS)
    with (
        serving(model_dir, "13", env={"DRAIN_SECONDS": drain}) as old,
        serving(model_dir, "14", env={"DRAIN_SECONDS": drain}) as new,
        ThreadPoolExecutor(16) as clients,
    ):
        service = Service(old)
        load = Load(service)
        for keep, pause_seconds in [(True, 0.0)] * 6 + [(True, 0.05)] * 4 + [(True, 0.7)] * 3 + [(False, 0.01)] * 3:
            clients.submit(load.client, keep=keep, pause_seconds=pause_seconds)
        try:
            eventually(lambda: load.answers["13"] > 500, "load on the old version")
            old.terminate()
            threading.Timer(SPREADING_SECONDS, lambda: setattr(service, "server", new)).start()
            assert old.wait() == 0
            after = load.answers["14"]
            eventually(lambda: load.answers["14"] > after + 500, "load on the new version")
        finally:
            load.stopped.set()
    assert load.losses == []
    assert set(load.answers) == {"13", "14"}


def test_draining_shows_in_readyz_and_closes_connections_after_their_answer(server: Server) -> None:
    kept = server.connect()
    kept.request("POST", "/predict", BODY, HEADERS)
    response = kept.getresponse()
    response.read()
    assert not response.will_close
    server.terminate()
    eventually(lambda: server.status("/readyz") == 503, "draining")
    kept.request("POST", "/predict", BODY, HEADERS)
    response = kept.getresponse()
    assert response.status == 200
    assert response.will_close
    response.read()
    kept.close()
    assert server.wait() == 0


def half_a_request(server: Server) -> socket.socket:
    """A connection on which a request has begun and not ended."""
    client = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    client.sendall(head.encode() + BODY[:10])
    return client


def test_a_request_under_work_is_finished_after_the_drain_is_over(server: Server) -> None:
    with half_a_request(server) as client:
        server.terminate()
        eventually(lambda: server.status("/livez") is None, "the end of accepting")
        assert server.process.poll() is None
        client.sendall(BODY[10:])
        response = http.client.HTTPResponse(client)
        response.begin()
        assert response.status == 200
        assert response.will_close
        response.read()
    assert server.wait() == 0


def test_an_idle_connection_is_closed_and_not_reset(server: Server) -> None:
    kept = server.connect()
    kept.request("POST", "/predict", BODY, HEADERS)
    kept.getresponse().read()
    server.terminate()
    assert kept.sock is not None
    assert kept.sock.recv(1) == b""
    kept.close()
    assert server.wait() == 0


def test_an_idle_connection_does_not_delay_the_end(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)):
        started = time.monotonic()
        server.terminate()
        assert server.wait() == 0
        assert time.monotonic() - started < 10


def test_a_client_that_never_finishes_cannot_hold_the_end(model_dir: Path) -> None:
    with serving(model_dir, env={"DRAIN_SECONDS": "0.2", "SHUTDOWN_SECONDS": "1.5"}) as server, half_a_request(server):
        started = time.monotonic()
        server.terminate()
        assert server.wait() == 0
        assert 1.4 < time.monotonic() - started < 6


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGTERM, signal.SIGTERM]])
def test_ctrl_c_and_a_second_signal_do_not_wait_for_the_drain(model_dir: Path, signals: list[int]) -> None:
    with serving(model_dir, env={"DRAIN_SECONDS": "15"}) as server:
        started = time.monotonic()
        for signum in signals:
            server.terminate(signum)
            eventually(lambda: server.status("/readyz") != 200, "draining")
        assert server.wait() == 0
        assert time.monotonic() - started < 10
