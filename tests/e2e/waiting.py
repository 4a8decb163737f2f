"""The one way to wait in these tests: for something to become true, with a deadline."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
PERIOD_SECONDS = 0.5


def eventually(look: Callable[[], Found], what: str, *, seconds: float = 90.0) -> Found:
    """Look until what is found is true, and return it.

    An AssertionError raised by ``look`` counts as "not yet", and is shown when the deadline passes.
    """
    end = time.monotonic() + seconds
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
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds:.0f} s; last seen: {last}")
        pause.wait(PERIOD_SECONDS)
