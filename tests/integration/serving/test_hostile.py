"""No request makes the server fail or take much memory, and no response contains a traceback or the request's text.

HOSTILE_REQUESTS sets the number of requests (2000 by default).
"""

import http.client
import json
import os
import random
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testbed import hostile_requests as hostile
from tests.integration.serving.process import Server, serving
from tests.unit.serving.tiny_model import write_version

pytestmark = pytest.mark.integration

COUNT = int(os.environ.get("HOSTILE_REQUESTS", "2000"))
SEED = 20
MARK = hostile.MARK.encode()


def ask(server: Server, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Status, and all that came back: status line, headers, body."""
    connection = server.connect()
    try:
        connection.request(method, path, body, headers | {"Connection": "close"})
        response = connection.getresponse()
        return response.status, str(response.headers).encode() + response.read()
    finally:
        connection.close()


def send(server: Server, data: bytes, *, half_close: bool) -> bytes:
    """The whole response, until the server closes the connection or stops sending."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.3) as client:
        response = b""
        try:
            client.sendall(data)
            if half_close:
                client.shutdown(socket.SHUT_WR)
            while piece := client.recv(65536):
                response += piece
        except OSError:
            pass
        return response


def expect_no_leak(response: bytes) -> None:
    assert MARK not in response.lower()
    assert b"Traceback" not in response
    assert b".py" not in response


@pytest.mark.parametrize("fast_path", ["1", "0"])
def test_no_request_makes_it_fail_or_leak(tmp_path: Path, fast_path: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_version(tmp_path / "model")
    env = {"SENTIMENT_FAST_PATH": fast_path, "LOG_LEVEL": "DEBUG", "MAX_TEXTS": "100"}
    codes: dict[int, int] = {}
    with (tmp_path / "log").open("w") as log, serving(tmp_path / "model", "14", env=env, stderr=log) as server:
        for method, path, body, headers in hostile.requests(SEED, COUNT // 2):
            status, response = ask(server, method, path, body, headers)
            codes[status] = codes.get(status, 0) + 1
            assert status < 500, (method, path, body[:200], headers)
            expect_no_leak(response)
        source = random.Random(SEED)
        raw = [data for data in hostile.RAW for _ in range(3)]
        for data in raw:
            cut = data if source.random() < 0.5 else data[: source.randrange(len(data))]
            expect_no_leak(send(server, cut, half_close=source.random() < 0.5))
        assert server.process.poll() is None
        assert ask(server, "POST", "/predict", b'{"text": "good"}', {"Content-Type": hostile.JSON})[0] == 200
        server.terminate()
        assert server.wait() == 0
    lines = (tmp_path / "log").read_text().splitlines()
    assert not [line for line in lines if hostile.MARK in line.lower()]
    assert not [line for line in lines if json.loads(line)["level"] == "error"]
    with capsys.disabled():
        tried = COUNT // 2 + len(raw)
        print(f"\n{tried} hostile requests, {dict(sorted(codes.items()))}: no crash, no traceback, no echo")


def test_pipelined_requests_are_answered_in_their_order(tmp_path: Path) -> None:
    write_version(tmp_path)
    bodies = [b'{"text": "good"}', b'{"text": "bad"}', b"{", b'{"text": "great"}']
    with serving(tmp_path, "14") as server, socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(
            b"".join(
                b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
                for body in bodies
            )
        )
        with client.makefile("rb") as answers:
            statuses, labels = [], []
            for _ in bodies:
                statuses.append(int(answers.readline().split()[1]))
                headers = http.client.parse_headers(answers)
                labels.append(json.loads(answers.read(int(headers["Content-Length"]))).get("label"))
    assert statuses == [200, 200, 400, 200]
    assert labels == ["positive", "negative", None, "positive"]


def test_clients_that_half_close_do_not_disturb_others(tmp_path: Path) -> None:
    """Granian takes that for the end of the connection, so they may get no answer; a part of one they never get."""
    write_version(tmp_path)
    body = b'{"text": "good"}'
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    with serving(tmp_path, "14", env={"THREADS": "1", "MAX_WAITING": "1", "MAX_SENDING": "1"}) as server:
        for _ in range(50):
            response = send(server, head % len(body) + body, half_close=True)
            assert not response or (response.startswith(b"HTTP/1.1 200") and response.endswith(b"}"))
        assert ask(server, "POST", "/predict", body, {"Content-Type": hostile.JSON})[0] == 200


def test_the_largest_bodies_of_every_format_take_little_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_version(tmp_path)
    # As many as may have a large body in memory.
    clients, good = 24, b'{"text": "good"}'
    # As in the image.
    with serving(tmp_path, "14", env={"MALLOC_ARENA_MAX": "2", "LOG_LEVEL": "ERROR"}) as server:

        def send(large: hostile.Large) -> int:
            return ask(server, "POST", large.path, large.body, large.headers)[0]

        waits = []
        with ThreadPoolExecutor(clients) as pool:
            # Those of one format at the same time.
            answers = [pool.submit(send, large) for large in hostile.large() for _ in range(8)]
            wide = next(large for large in hostile.large() if "wide" in large.name)
            answers += [pool.submit(send, wide) for _ in range(clients)]
            while not all(answer.done() for answer in answers):
                begun = time.monotonic()
                assert ask(server, "POST", "/predict", good, {"Content-Type": hostile.JSON})[0] == 200
                waits.append(time.monotonic() - begun)
        codes = Counter(answer.result() for answer in answers)
        peak = peak_memory_bytes(server.process.pid)
    assert set(codes) <= {200, 413, 422, 503}
    assert peak < 320 * 2**20
    # Decoding all of a body of half a million elements took seconds of everyone's time.
    assert sorted(waits)[len(waits) // 2] < 1
    with capsys.disabled():
        print(f"\n{len(answers)} of the largest bodies, {dict(sorted(codes.items()))}: {peak / 2**20:.0f} MiB at most")


def peak_memory_bytes(pid: int) -> int:
    """The most that was ever resident."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
