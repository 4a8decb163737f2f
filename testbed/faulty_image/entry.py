"""Entry point of the faulty image: the serving image's commands; the file `behaviour` names the fault of `serve`.
`fetch` and `verify` work as usual. The faults (`NAME` or `NAME:AMOUNT`) start anew in every process:

    crash-after-first-answer:S   ends S seconds after the first request for a prediction
    crash-at-request:N           ends at the N-th request for a prediction, not counting those of a candidate's verifier
    grow-memory                  from the first prediction on, takes memory until there is none left
    never-ready                  answers every request, but is never ready
    on-demand                    misbehaves while a file exists in /tmp: `fail` (predictions end with an error), `slow`
                                 (they take longer), `grow` (the process takes as many bytes as the file's number),
                                 `crash` (the process ends, and each one after it)
"""

import importlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

EXIT_CODE = 70
GROWTH_BYTES = 4 * 1024 * 1024
GROWTH_PAUSE_SECONDS = 0.05
ON_DEMAND = "on-demand"
ORDERS = Path("/tmp")  # noqa: S108 (a volume of the pod: orders outlast the process)
ORDERS_PAUSE_SECONDS = 0.2
SLOW_SECONDS = 0.3
PREDICTING = ("predict", "predict_many", "explain")
VERIFICATION = "HTTP_SENTIMENT_VERIFICATION"
"""The header that marks requests of a candidate's verifier, by its WSGI name."""


class Faulty:
    """WSGI middleware that makes a server misbehave."""

    def __init__(self, app: "WSGIApplication", behaviour: str) -> None:
        """Parse the behaviour.

        Raises:
            ValueError: the behaviour is not known.
        """
        name, _, amount = behaviour.partition(":")
        self._app = app
        self._lock = threading.Lock()
        self._asked = self._asked_by_others = 0
        self._never_ready = name == "never-ready"
        self._end_at = int(amount) if name == "crash-at-request" else None
        self._at_first: Callable[[], None] | None = None
        if name == "crash-after-first-answer":
            seconds = float(amount)
            self._at_first = lambda: _end(after_seconds=seconds)
        elif name == "grow-memory":
            self._at_first = _grow
        elif not (self._never_ready or self._end_at):
            raise ValueError(f"the behaviour is {behaviour!r}, which is none of those in {__file__}")

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            self._count(by_verifier=VERIFICATION in environ)
        elif self._never_ready and environ["PATH_INFO"] == "/readyz":
            start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"never\n"]
        return self._app(environ, start_response)

    def _count(self, *, by_verifier: bool) -> None:
        with self._lock:
            self._asked += 1
            self._asked_by_others += not by_verifier
            is_first, is_last = self._asked == 1, self._asked_by_others == self._end_at
        if is_first and self._at_first:
            threading.Thread(target=self._at_first, daemon=True).start()
        if is_last and not by_verifier:
            _end()


class OnDemandScorer:
    """A scorer that is slow or fails while a file orders it."""

    def __init__(self, scorer: Any, orders: Path) -> None:
        self._scorer = scorer
        self._orders = orders

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._scorer, name)
        if name not in PREDICTING:
            return found

        def predicting(*args: Any, **options: Any) -> Any:
            if (self._orders / "slow").exists():
                time.sleep(SLOW_SECONDS)
            if (self._orders / "fail").exists():
                raise RuntimeError("a prediction was asked to fail")
            return found(*args, **options)

        return predicting


def _follow_orders(orders: Path) -> None:
    """End the process, or hold memory, while a file orders it."""
    held = b""
    while True:
        if (orders / "crash").exists():
            _end()
        try:
            wanted = int((orders / "grow").read_text() or 0)
        except FileNotFoundError:
            wanted = 0
        if len(held) != wanted:
            held = b"\xff" * wanted
        time.sleep(ORDERS_PAUSE_SECONDS)


def _end(*, after_seconds: float = 0.0) -> None:
    """End as a fault in native code would: at once, without finishing any request."""
    time.sleep(after_seconds)
    os._exit(EXIT_CODE)


def _grow() -> None:
    taken = []
    while True:
        # The bytes must be written, otherwise the kernel provides no memory.
        taken.append(b"\xff" * GROWTH_BYTES)
        time.sleep(GROWTH_PAUSE_SECONDS)


def main() -> None:
    from sentiment_serving import cli

    behaviour = Path(__file__).with_name("behaviour").read_text()
    if sys.argv[1:2] == ["serve"] and behaviour == ON_DEMAND:
        threading.Thread(target=_follow_orders, args=[ORDERS], daemon=True).start()
        opening: Any = importlib.import_module("sentiment_serving.from_environ")
        open_model = opening.open_model
        opening.open_model = lambda path: OnDemandScorer(open_model(path), ORDERS)
    elif sys.argv[1:2] == ["serve"]:
        from sentiment_serving.http import server

        serve = server.serve

        def misbehaving(app: Any, **options: Any) -> None:
            app.wsgi_app = Faulty(app.wsgi_app, behaviour)
            serve(app, **options)

        server.serve = misbehaving
    cli.main()


if __name__ == "__main__":
    main()
