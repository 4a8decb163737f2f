"""Overload: requests are answered or refused, probes are answered, and the server recovers when the load ends."""

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

from bench.serving import servers
from bench.serving.servers import Running
from bench.serving.trained import Trained
from bench.serving.wrk import finish, load, start
from bench.table import Row

SECONDS = 60
_CONNECTIONS, _SLOW = 512, 51
_SECONDS_A_BYTE = 0.05
_BODY = b'{"text": "' + b"slow " * 20 + b'"}'
_HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
    _BODY
)
_PROBE_SECONDS, _RECOVERY_SECONDS = 0.1, 2.0
_IN_A_ROW = 20


def overload(trained: Trained) -> list[Row]:
    """512 connections, each of which sends its next request after an answer; a tenth of them send slowly."""
    with servers.ours(trained) as running:
        alone = load(running.target, seconds=3)
        fast = _CONNECTIONS - _SLOW
        before = running.cpu_seconds()
        asking = start(running.target, seconds=SECONDS, connections=fast, codes=True, timeout=30)
        with _slow_clients(running) as slow:
            probes = list(_probes(running, seconds=SECONDS - 2))
            found = finish(asking)
        share = (running.cpu_seconds() - before) / SECONDS
        recovered = _recovery(running)
    fast_answers = Counter({int(status): count for status, count in found.codes.items()})
    good = fast_answers[200] / found.seconds
    lost = found.broken + found.timeouts + slow[0]
    answered = {*fast_answers, *slow} - {0}
    return [
        Row(
            f"{_CONNECTIONS} connections in a closed loop for {SECONDS} s, {_SLOW} of them a byte each "
            f"{1000 * _SECONDS_A_BYTE:.0f} ms",
            f"{_statuses(fast_answers)}; the slow ones: {_statuses(slow)}; without an answer {found.broken} "
            f"(broken connections), {found.timeouts} (in 30 s) and {slow[0]} (slow ones)",
            f"{alone.rate:,.0f}/s with 8 connections",
            f"{good / alone.rate:.2f}x of that are answered with 200",
            "every answer 200 or 503",
            answered <= {200, 503} and not lost,
        ),
        Row(
            f"{len(probes)} probes meanwhile, on connections of their own",
            f"slowest {1000 * max(probes):.0f} ms, median {1000 * sorted(probes)[len(probes) // 2]:.1f} ms",
            f"the server had {100 * share:.0f} % of a core",
            "",
            "each within 100 ms",
            max(probes) <= 0.1,
        ),
        Row(
            f"from its end to {_IN_A_ROW} answers in a row within 100 ms",
            f"{recovered:.2f} s",
            "",
            "",
            f"<= {_RECOVERY_SECONDS:g} s",
            recovered <= _RECOVERY_SECONDS,
        ),
    ]


@contextmanager
def _slow_clients(running: Running) -> Iterator[Counter[int]]:
    """Run slow clients until the block ends; yields their answers by status, 0 for none."""
    over = threading.Event()
    counts: list[Counter[int]] = [Counter() for _ in range(_SLOW)]
    total: Counter[int] = Counter()

    def ask(count: Counter[int]) -> None:
        while not over.is_set():
            status = _ask_slowly(running.target.port, over)
            if status is not None:
                count[status] += 1

    threads = [threading.Thread(target=ask, args=(count,), daemon=True) for count in counts]
    for thread in threads:
        thread.start()
    try:
        yield total
    finally:
        over.set()
        for thread in threads:
            thread.join(30)
        for count in counts:
            total.update(count)


def _ask_slowly(port: int, over: threading.Event) -> int | None:
    """The status of the answer; 0 without one; None if the load ended before the request was sent."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
            client.sendall(_HEAD)
            for byte in _BODY:
                if over.wait(_SECONDS_A_BYTE):
                    return None
                client.sendall(bytes([byte]))
            response = http.client.HTTPResponse(client)
            response.begin()
            response.read()
            return response.status
    except (OSError, http.client.HTTPException):
        return 0


def _probes(running: Running, *, seconds: float) -> Iterator[float]:
    """Seconds that each probe took; infinite without a 200."""
    end = time.monotonic() + seconds
    for path in cycle(("/livez", "/readyz")):
        begun = time.monotonic()
        if begun > end:
            return
        status = running.status(path)
        took = time.monotonic() - begun
        yield took if status == 200 else float("inf")
        time.sleep(max(0.0, _PROBE_SECONDS - took))


def _recovery(running: Running) -> float:
    """Seconds until several answers in a row are as fast as usual."""
    begun = time.monotonic()
    body = _BODY
    first, row = begun, 0
    while row < _IN_A_ROW and time.monotonic() - begun < 60:
        asked = time.monotonic()
        if running.status("/predict", body) == 200 and time.monotonic() - asked <= 0.1:
            first = first if row else asked
            row += 1
        else:
            row = 0
    return first - begun if row else float("inf")


def _statuses(counts: Counter[int]) -> str:
    return ", ".join(f"{count:,} x {status}" for status, count in sorted(counts.items()) if status) or "none"
