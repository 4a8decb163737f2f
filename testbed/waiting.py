"""Waiting in tests: for a condition, with a deadline."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.02, 0.5


def eventually(look: Callable[[], Found], what: str, *, seconds: float = 90.0) -> Found:
    """Call `look` until it returns a true value, and return that value.

    An AssertionError raised by `look` counts as "not yet". The pause between two calls is a tenth of the time waited so
    far, within bounds: short states are observed, and long waits cost little.

    Raises:
        AssertionError: the deadline has passed; the message quotes the last value or error.
    """
    start = time.monotonic()
    pause = threading.Event()
    last: object = None
    while True:
        try:
            found = look()
            if found:
                return found
            last = found
        except AssertionError as error:
            last = error
        waited = time.monotonic() - start
        if waited > seconds:
            raise AssertionError(f"{what}: not within {seconds:.0f} s; last seen: {last}")
        pause.wait(min(LONGEST_PAUSE_SECONDS, max(SHORTEST_PAUSE_SECONDS, waited / 10)))
