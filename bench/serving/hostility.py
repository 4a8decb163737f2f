"""Malformed and hostile requests."""

import http.client
import json
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench.serving import servers
from bench.serving.servers import Running
from bench.serving.trained import Trained
from bench.table import Row
from testbed import hostile_requests as hostile

TRIED = 10_000
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
        Row(
            f"{found.tried:,} hostile requests, half of them by plain views",
            f"{crashes} crashes, {failed} answers of 500 or more, {found.unanswered} without an answer, "
            f"{found.tracebacks} tracebacks, {found.echoes} echoes in answers and logs",
            "",
            "",
            "0 crashes, tracebacks, echoes",
            not (crashes or failed or found.unanswered or found.tracebacks or found.echoes),
        )
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
