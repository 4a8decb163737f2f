"""The one way to wait in tests: for something to become true, with a deadline."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.02, 0.5


def eventually(look: Callable[[], Found], what: str, *, seconds: float = 90.0) -> Found:
    """Look until what is found is true, and return it.

    An AssertionError raised by `look` counts as "not yet", and is shown when the deadline passes. The pause between
    two looks is a tenth of the time waited so far, within bounds: a short state is seen, a long wait costs little.
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
