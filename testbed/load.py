"""Constant load on `POST /predict`, half on kept-alive and half on fresh connections, every answer checked.

Standard library only: it runs inside the cluster, in a pod of the serving image, from a ConfigMap. Prints one JSON
object at the end (see `Tally.summary`). It stops after --seconds, or when the file --stop-file appears.
"""

import argparse
import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

WORKERS = 20
TIMEOUT_SECONDS = 10.0
BODY = json.dumps({"text": "I liked it well enough, although the second half was slow."}).encode()
HEADERS = {"Content-Type": "application/json"}
KINDS = ("kept-alive", "fresh")


@dataclass
class Tally:
    """Counts of answers and failures, updated under a lock."""

    answered: Counter[str] = field(default_factory=Counter)
    by_version: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, str | float]] = field(default_factory=list)
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def success(self, kind: str, version: str, seconds: float) -> None:
        now = round(time.time(), 3)
        with self.lock:
            self.answered[kind] += 1
            self.by_version[version] += 1
            self.spans[version] = (self.spans.get(version, (now,))[0], now)
            self.latencies.append(seconds)

    def failure(self, kind: str, what: str) -> None:
        with self.lock:
            self.failures.append({"at": round(time.monotonic() - self.started, 3), "kind": kind, "what": what})

    def summary(self) -> dict[str, object]:
        """Counts by kind of connection and by version, failures (the first 20 in full), latencies in milliseconds.

        Also the first and last answer of each version, in seconds of Unix time.
        """
        ordered = sorted(self.latencies)

        def quantile(share: float) -> float | None:
            return round(1000 * ordered[int(share * (len(ordered) - 1))], 1) if ordered else None

        return {
            "requests": sum(self.answered.values()) + len(self.failures),
            "answered": dict(self.answered),
            "by_version": dict(self.by_version),
            "spans": dict(self.spans),
            "failed": len(self.failures),
            "failures": self.failures[:20],
            "seconds": round(time.monotonic() - self.started, 1),
            "p50_ms": quantile(0.5),
            "p99_ms": quantile(0.99),
        }


class Worker(threading.Thread):
    """One client that sends requests at a fixed rate."""

    def __init__(self, *, kind: str, host: str, port: int, period: float, offset: float, tally: Tally) -> None:
        super().__init__(daemon=True)
        self.kind, self.period, self.offset, self.tally = kind, period, offset, tally
        self.host, self.port = host, port
        self.stopping = threading.Event()

    def run(self) -> None:
        connection = self._connect()
        due = time.monotonic() + self.offset
        while not self.stopping.wait(max(0.0, due - time.monotonic())):
            due += self.period
            if self.kind == "fresh":
                connection.close()
                connection = self._connect()
            if not self._ask(connection):
                connection.close()
                connection = self._connect()
        connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT_SECONDS)

    def _ask(self, connection: http.client.HTTPConnection) -> bool:
        started = time.monotonic()
        try:
            connection.request("POST", "/predict", body=BODY, headers=HEADERS)
            response = connection.getresponse()
            payload = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.tally.failure(self.kind, f"{type(error).__name__}: {error}")
            return False
        if response.status != http.client.OK:
            self.tally.failure(self.kind, f"status {response.status}")
            return True
        version = json.loads(payload).get("model", {}).get("version")
        if not version:
            self.tally.failure(self.kind, "the answer names no version")
            return True
        self.tally.success(self.kind, version, time.monotonic() - started)
        return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="such as http://reviews.default.svc")
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second, in all")
    parser.add_argument("--seconds", type=float, default=600.0, help="at most so long")
    parser.add_argument("--stop-file", type=Path, default=Path("/tmp/stop"))  # noqa: S108
    options = parser.parse_args()
    target = urlsplit(options.url)
    tally = Tally()
    period = WORKERS / options.rate
    workers = [
        Worker(
            kind=KINDS[i % 2],
            host=target.hostname or "",
            port=target.port or 80,
            period=period,
            offset=i * period / WORKERS,
            tally=tally,
        )
        for i in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    end = time.monotonic() + options.seconds
    while time.monotonic() < end and not options.stop_file.exists():
        time.sleep(0.2)
    for worker in workers:
        worker.stopping.set()
    for worker in workers:
        worker.join(TIMEOUT_SECONDS + 1)
    print(json.dumps(tally.summary()), flush=True)


if __name__ == "__main__":
    main()
