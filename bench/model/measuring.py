"""Time and memory of a piece of work, in a process of its own."""

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
    """What a piece of work took."""

    cpu_seconds: float
    """Of the process and those it started: what other work on the machine changes least."""
    wall_seconds: float
    peak_bytes: int
    """By how much the work raised the most memory that the process ever had."""
    answer: Any
    """What the work returned."""


def measured(work: Callable[..., Any], *arguments: Any) -> Cost:
    """Prepare in a fresh process, by calling `work` with its arguments; then run what that returned, by the clock."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(_child, work, arguments).result()


def _child(work: Callable[..., Any], arguments: tuple[Any, ...]) -> Cost:
    prepared = work(*arguments)
    before, cpu, wall = _peak(), _cpu(), time.perf_counter()
    answer = prepared()
    # Only what has ended counts among the children's times.
    get_reusable_executor().shutdown(wait=True)
    return Cost(_cpu() - cpu, time.perf_counter() - wall, _peak() - before, answer)


def _peak() -> int:
    """The most memory this program ever had, in bytes.

    Not `ru_maxrss`, which counts that of the process this one was spawned from.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
