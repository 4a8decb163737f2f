"""Time and memory of a function, measured in its own process."""

import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joblib.externals.loky import get_reusable_executor


@dataclass(frozen=True)
class Cost:
    """The cost of one call."""

    cpu_seconds: float
    """CPU time of the process and its children, which other work on the machine changes least."""
    wall_seconds: float
    peak_bytes: int
    """By how much the work raised the process's peak memory."""
    answer: Any
    """The work's return value."""


def measured(work: Callable[..., Any], *arguments: Any) -> Cost:
    """Call `work` with its arguments in a fresh process to prepare, then measure a call of the function it returns."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(_child, work, arguments).result()


def _child(work: Callable[..., Any], arguments: tuple[Any, ...]) -> Cost:
    prepared = work(*arguments)
    before, cpu, wall = _peak(), _cpu(), time.perf_counter()
    answer = prepared()
    # Only ended processes count among the children's times.
    get_reusable_executor().shutdown(wait=True)
    return Cost(_cpu() - cpu, time.perf_counter() - wall, _peak() - before, answer)


def _peak() -> int:
    """The peak memory of this process, in bytes.

    Not `ru_maxrss`, which counts that of the process this one was spawned from.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
