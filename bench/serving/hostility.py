"""Malformed and hostile requests, and the largest bodies under a pod's memory limit."""

import http.client
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bench.serving import servers
from bench.serving.memory_group import memory_group
from bench.serving.servers import Running
from bench.serving.trained import Trained
from bench.serving.wrk import CLIENT_CORE
from bench.table import Row
from testbed import hostile_requests as hostile

TRIED = 10_000
CLIENTS = 90
_LIMIT_BYTES = 512 * 2**20
"""The operator's default for serving pods."""
_P99_SECONDS = 0.5
_CALM = 300
_SMALL = b'{"text": "A good story, and not one word too many."}'
_SEED = 7
_MARK = hostile.MARK.encode()


@dataclass
class _Found:
    """Counts of the answers and the log."""

    tried: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    tracebacks: int = 0
    echoes: int = 0


def hostility(trained: Trained) -> list[Row]:
    """Requests from a seed: damaged, deep, huge, of wrong types, in all protocols; each contains a word to look for."""
    found, crashes = _Found(), 0
    for fast_path in ("1", "0"):
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            env = {"SENTIMENT_FAST_PATH": fast_path, "LOG_LEVEL": "DEBUG"}
            with servers.ours(trained, env=env, log=log) as running:
                for method, path, body, headers in hostile.requests(_SEED, TRIED // 2):
                    _ask(running, method, path, body, headers, found)
                crashes += running.process.poll() is not None or running.status("/readyz") != 200
            lines = log.read_text().lower().splitlines()
            found.echoes += sum(hostile.MARK in line for line in lines)
            found.tracebacks += sum("traceback" in line or json.loads(line)["level"] == "error" for line in lines)
    failed = sum(count for status, count in found.statuses.items() if status >= 500)
    return [
        *largest(trained),
        Row(
            f"{found.tried:,} hostile requests, half of them by plain views",
            f"{crashes} crashes, {failed} answers of 500 or more, {found.unanswered} without an answer, "
            f"{found.tracebacks} tracebacks, {found.echoes} echoes in answers and logs",
            "",
            "",
            "0 crashes, tracebacks, echoes",
            not (crashes or failed or found.unanswered or found.tracebacks or found.echoes),
        ),
    ]


def _ask(running: Running, method: str, path: str, body: bytes, headers: dict[str, str], found: _Found) -> None:
    found.tried += 1
    connection = http.client.HTTPConnection("127.0.0.1", running.target.port, timeout=30)
    try:
        connection.request(method, path, body, headers | {"Connection": "close"})
        response = connection.getresponse()
        answer = str(response.headers).encode() + response.read()
    except (OSError, http.client.HTTPException):
        found.unanswered += 1
        return
    finally:
        connection.close()
    found.statuses[response.status] += 1
    found.tracebacks += b"Traceback" in answer
    found.echoes += _MARK in answer.lower()


def largest(trained: Trained, *, times: int = 3) -> list[Row]:
    """The largest bodies of every format under a memory limit, and single texts beside them.

    Args:
        times: how often each client sends each of them.
    """
    serve = (sys.executable, "-m", "sentiment_serving", "serve")
    with memory_group(_LIMIT_BYTES) as group, servers.ours(trained, command=(*group.command, *serve)) as running:
        calm = _p99([_single(running) for _ in range(_CALM)])
        counts: multiprocessing.Queue[Counter[int]] = multiprocessing.Queue()
        # In a process of its own: the threads of these clients would delay the single texts.
        attack = multiprocessing.Process(target=_attack, args=(running.target.port, times, counts))
        attack.start()
        waits = []
        while attack.is_alive() and running.process.poll() is None:
            waits.append(_single(running))
            time.sleep(0.01)
        statuses = Counter() if running.process.poll() is not None else counts.get(timeout=30)
        attack.kill()
        attack.join()
        alive = running.process.poll() is None and running.status("/readyz") == 200
        kills, peak = group.kills, group.peak_bytes
    p99 = _p99(waits)
    unanswered = statuses.pop(0, 0)
    answers = ", ".join(f"{count:,} x {status}" for status, count in sorted(statuses.items()))
    return [
        Row(
            f"{CLIENTS} clients with bodies of 1 MiB, {len(hostile.large())} formats, {times} times each, in 512 MiB",
            f"{kills} kills, at most {peak / 2**20:.0f} MiB; {answers}, {unanswered} without an answer",
            "",
            "",
            "no kill, no answer but 200, 413, 422 and 503",
            alive and not kills and set(statuses) <= {200, 413, 422, 503},
        ),
        Row(
            f"{len(waits):,} single texts beside them, on connections of their own",
            f"p99 {1000 * p99:.0f} ms, {waits.count(float('inf'))} not answered with 200",
            f"p99 {1000 * calm:.1f} ms when calm",
            f"{p99 / calm:.0f}x",
            f"p99 <= {1000 * _P99_SECONDS:.0f} ms, all answered with 200",
            p99 <= _P99_SECONDS and float("inf") not in waits,
        ),
    ]


def _single(running: Running) -> float:
    """Seconds until the answer to one text; infinite without a 200."""
    begun = time.monotonic()
    status = running.status("/predict", _SMALL, timeout=30)
    return time.monotonic() - begun if status == 200 else float("inf")


def _p99(waits: list[float]) -> float:
    return sorted(waits)[len(waits) * 99 // 100]


def _attack(port: int, times: int, counts: "multiprocessing.Queue[Counter[int]]") -> None:
    """Send them, all clients the same at a time; put the number of answers by status, 0 for none."""
    os.sched_setaffinity(0, {CLIENT_CORE})

    def send(large: hostile.Large) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("POST", large.path, large.body, large.headers | {"Connection": "close"})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        counts.put(Counter(pool.map(send, (one for one in hostile.large() for _ in range(CLIENTS * times)))))
