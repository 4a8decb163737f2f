"""Waiting for a condition, with a deadline."""

import time
from collections.abc import Callable

from lab.errors import LabError


def until(what: str, condition: Callable[[], bool], *, seconds: float, interval_seconds: float = 0.1) -> None:
    """Return once `condition()` holds.

    Raises:
        LabError: it did not hold within `seconds`.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise LabError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(interval_seconds)
