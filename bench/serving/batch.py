"""A thousand reviews in one request, and in a thousand requests."""

import http.client
import json
import time
from itertools import cycle, islice

from bench.serving import servers
from bench.serving.trained import Trained
from bench.serving.wrk import load
from bench.table import Row

TEXTS = 1000
_TIMES = 5
_HEADERS = {"Content-Type": "application/json"}


def batch(trained: Trained) -> list[Row]:
    """One client on one kept-alive connection; the batch exceeds the default of MAX_BODY_BYTES."""
    texts = list(islice(cycle(trained.reviews()), TEXTS))
    whole = json.dumps({"texts": texts}).encode()
    singles = [json.dumps({"text": text}).encode() for text in texts]
    with servers.ours(trained, env={"MAX_BODY_BYTES": str(4 << 20)}) as running:
        connection = http.client.HTTPConnection("127.0.0.1", running.target.port, timeout=60)
        _ask(connection, [whole])
        together = min(_ask(connection, [whole]) for _ in range(_TIMES))
        alone = min(_ask(connection, singles) for _ in range(_TIMES))
        connection.close()
        crowd = load(running.target, seconds=5).rate
    ratio = alone / together
    many = TEXTS / crowd
    return [
        Row(
            f"{TEXTS:,} reviews in one request, against as many requests one after the other",
            f"{1000 * together:.0f} ms ({TEXTS / together:,.0f} texts/s)",
            f"{1000 * alone:.0f} ms ({TEXTS / alone:,.0f} texts/s)",
            f"{ratio:.1f}x",
            ">= 5x",
            ratio >= 5,
        ),
        Row(
            "the same against 8 connections that wrk keeps busy",
            f"{1000 * together:.0f} ms",
            f"{1000 * many:.0f} ms ({crowd:,.0f} texts/s)",
            f"{many / together:.1f}x",
            "",
            None,
        ),
    ]


def _ask(connection: http.client.HTTPConnection, bodies: list[bytes]) -> float:
    """Seconds until all requests are answered."""
    begun = time.perf_counter()
    for body in bodies:
        connection.request("POST", "/predict", body, _HEADERS)
        response = connection.getresponse()
        response.read()
        assert response.status == 200
    return time.perf_counter() - begun
