"""Heavy load for a long time: no errors, and memory does not grow."""

import time

from bench.serving import servers
from bench.serving.servers import Running
from bench.serving.trained import Trained
from bench.serving.wrk import CannotMeasure, finish, load, start
from bench.table import Row

SOAK_SECONDS = 600
_SHARE = 0.8
_CONNECTIONS = 64
_FLAT_BYTES = 5_000_000


def soak(trained: Trained, seconds: int = SOAK_SECONDS) -> list[Row]:
    """Load at four fifths of the capacity.

    Args:
        seconds: the duration; in a run shorter than SOAK_SECONDS the row reports that the target is not met.
    """
    with servers.ours(trained) as running:
        capacity = load(running.target, seconds=5).rate
        asking = start(running.target, seconds=seconds, connections=_CONNECTIONS, rate=_rate(running, capacity))
        memory = []
        while asking.poll() is None:
            memory.append(running.memory_bytes())
            time.sleep(seconds / 100)
        found = finish(asking)
    # During the first tenth, caches and threads' stacks fill.
    settled = memory[len(memory) // 10 :]
    grown = settled[-1] - settled[0]
    long_enough = seconds >= SOAK_SECONDS
    fine = found.failures == 0 and grown <= _FLAT_BYTES
    return [
        Row(
            f"{seconds} s at {100 * found.rate / capacity:.0f} % of the capacity"
            + ("" if long_enough else f" (shorter than the {SOAK_SECONDS} s that are the target)"),
            f"{found.requests:,} requests, {found.failures} errors; memory {settled[0] / 1e6:.1f} MB, "
            f"in the end {grown / 1e6:+.1f} MB, at most {max(memory) / 1e6:.1f} MB",
            "",
            "",
            f"{SOAK_SECONDS} s at 80 %: no error, memory flat",
            fine if long_enough or not fine else None,
        )
    ]


def _rate(running: Running, capacity: float) -> float:
    """The rate for wrk, corrected by a first try: answers take time beside wrk's pauses."""
    wanted = _SHARE * capacity
    tried = load(running.target, seconds=5, connections=_CONNECTIONS, rate=wanted).rate
    if tried <= wanted / 2:
        raise CannotMeasure(
            f"{_CONNECTIONS} connections were answered {tried:,.0f} times a second, and {wanted:,.0f} were asked for"
        )
    return 1 / (2 / wanted - 1 / tried)
