"""A work queue of keys: one run per key at a time, again if it changed meanwhile, later if it failed.

Keys that have changed go before keys that are due for another look: a resync of thousands must not delay a change that
a user waits for.

Knows neither kopf nor Kubernetes. Everything runs on one event loop; the only awaits are in the work itself.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

K = TypeVar("K", bound=Hashable)

Work = Callable[[K], Awaitable[float | None]]
"""Works on a key; returns the seconds until the next look, or None if the key is gone."""


FAIRNESS = 8
"""At least one key in this many is one that is due, even while others change all the time."""


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Pauses after failures: doubling from `first_seconds` to `max_seconds`, each shortened at random by up to a half.

    Without the jitter, keys that failed together would be retried together.
    """

    first_seconds: float = 1.0
    max_seconds: float = 120.0

    def seconds(self, failures: int) -> float:
        pause = min(self.first_seconds * 2.0 ** min(failures - 1, 32), self.max_seconds)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not cryptography


class WorkQueue(Generic[K]):
    """The queue and its workers. Call `add` from the loop's thread only."""

    def __init__(
        self,
        work: Work[K],
        *,
        workers: int = 4,
        backoff: Backoff | None = None,
        expected: tuple[type[Exception], ...] = (),
    ) -> None:
        """Exceptions of the `expected` types are logged as one line, others with their traceback."""
        self._work = work
        self._expected = expected
        self._workers = workers
        self._backoff = backoff or Backoff()
        # In the order of service; the value is the time since when a key waits.
        self._changed: dict[K, float] = {}
        self._due: dict[K, float] = {}
        self._turn = 0
        self._running: dict[K, float] = {}
        self._dirty: set[K] = set()
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._failures: dict[K, int] = {}
        self._wake = asyncio.Event()

    def add(self, key: K) -> None:
        """Work on `key` as soon as possible; if it is being worked on, once more after the present run."""
        self._cancel_timer(key)
        if key in self._running:
            self._dirty.add(key)
        elif key not in self._changed:
            self._changed[key] = self._due.pop(key, asyncio.get_running_loop().time())
            self._wake.set()

    def add_after(self, key: K, seconds: float) -> None:
        """Work on `key` in `seconds`, unless it is scheduled sooner."""
        if key in self._changed or key in self._due:
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + max(seconds, 0.0)
        timer = self._timers.get(key)
        if timer is None or due < timer.when():
            self._cancel_timer(key)
            self._timers[key] = loop.call_at(due, self._fire, key)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._workers):
                group.create_task(self._worker())

    @property
    def depth(self) -> int:
        """How many keys wait for a worker."""
        return len(self._changed) + len(self._due)

    @property
    def oldest_wait_seconds(self) -> float:
        """How long the oldest of them has waited."""
        return max(self._age(self._changed), self._age(self._due))

    @property
    def longest_run_seconds(self) -> float:
        """How long the longest of the present runs has taken."""
        return self._age(self._running)

    def stuck(self, *, run_bound_seconds: float, wait_bound_seconds: float = 30.0) -> str | None:
        """Why the queue is stuck, if it is: a run past its bound, or keys that wait while workers are idle."""
        if self.longest_run_seconds > run_bound_seconds:
            return f"a run has taken {self.longest_run_seconds:.0f} s, the limit is {run_bound_seconds:.0f} s"
        if len(self._running) < self._workers and self.oldest_wait_seconds > wait_bound_seconds:
            return f"a key has waited {self.oldest_wait_seconds:.0f} s while workers are idle"
        return None

    def _age(self, since: dict[K, float]) -> float:
        return asyncio.get_running_loop().time() - min(since.values()) if since else 0.0

    def _fire(self, key: K) -> None:
        """A timer has fired. A key that has one is not in the queue."""
        del self._timers[key]
        if key in self._running:
            self._dirty.add(key)
        else:
            self._due[key] = asyncio.get_running_loop().time()
            self._wake.set()

    def _cancel_timer(self, key: K) -> None:
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()

    async def _worker(self) -> None:
        while True:
            while not (self._changed or self._due):
                self._wake.clear()
                await self._wake.wait()
            await self._run(self._next())

    def _next(self) -> K:
        self._turn = (self._turn + 1) % FAIRNESS
        due_first = self._due and (self._turn == 0 or not self._changed)
        waiting = self._due if due_first else self._changed
        key = next(iter(waiting))
        del waiting[key]
        return key

    async def _run(self, key: K) -> None:
        self._running[key] = asyncio.get_running_loop().time()
        try:
            again = await self._work(key)
        except Exception as error:
            # Whatever it was, the other keys must go on, and this one is retried.
            failures = self._failures[key] = self._failures.get(key, 0) + 1
            again = self._backoff.seconds(failures)
            unexpected = not isinstance(error, self._expected)
            text = "reconcile of %s failed, attempt %d, next in %.1f s: %s"
            seconds = round(asyncio.get_running_loop().time() - self._running[key], 3)
            fields = {"key": str(key), "decision": "Failed", "seconds": seconds}
            logger.error(text, key, failures, again, error, exc_info=unexpected, extra=fields)
        else:
            self._failures.pop(key, None)
        finally:
            del self._running[key]
        if key in self._dirty:
            self._dirty.discard(key)
            self.add(key)
        elif again is not None:
            self.add_after(key, again)


async def cancelled(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
