"""Steady requests from this machine, which reaches the lab's cluster addresses, with replaceable texts."""

import http.client
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle

from testbed.resource import Resource

PORT = 80
TIMEOUT_SECONDS = 5.0
HEADERS = {"Content-Type": "application/json"}


@dataclass
class Asking:
    """Sends `rate` requests a second, each with the next text, and ignores the answers."""

    host: str
    texts: Sequence[str]
    """May be replaced at any time."""
    rate: float
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        connection = http.client.HTTPConnection(self.host, PORT, timeout=TIMEOUT_SECONDS)
        texts, chosen = self.texts, cycle(self.texts)
        while not self._stop.wait(1 / self.rate):
            if texts is not self.texts:
                texts, chosen = self.texts, cycle(self.texts)
            try:
                connection.request("POST", "/predict", json.dumps({"text": next(chosen)}), HEADERS)
                connection.getresponse().read()
            except (OSError, http.client.HTTPException):
                connection.close()
        connection.close()

    def stop(self) -> None:
        self._stop.set()


@contextmanager
def asking(resource: Resource, texts: Sequence[str], *, rate: float, clients: int = 1) -> Iterator[list[Asking]]:
    """Send `rate` requests a second to a SentimentModel's Service while the block runs, from `clients` clients."""
    host = resource.get("service")["spec"]["clusterIP"]
    made = [Asking(host, texts, rate / clients) for _ in range(clients)]
    threads = [threading.Thread(target=one.run, daemon=True) for one in made]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        for one in made:
            one.stop()
        for thread in threads:
            thread.join()
