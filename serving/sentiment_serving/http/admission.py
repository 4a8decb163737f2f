"""Admission control: how many requests are at work at a time, how many wait, and in which order."""

import time
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock

_PAUSE_SECONDS = 0.001
"""Shortest time between two places that are handed to a waiting request. See `Admission`."""


class QueueFull(Exception):
    """No more requests may wait: respond with 503."""


class _Turn:
    """A request that waits."""

    def __init__(self) -> None:
        self.calls: SimpleQueue[None] = SimpleQueue()
        self.has_place = False


class Admission:
    """Admits a number of requests at a time; the others wait in a queue.

    A thread that has finished a request usually takes the next one from the server and finds its own place free. A
    place is handed to a waiting request only once per `_PAUSE_SECONDS`: a place that is handed over stays idle until
    the other thread has woken up and holds the interpreter's lock, which takes longer than a short text. The first
    request in the queue also polls for a free place, because every other thread may have gone idle.

    Args:
        places: how many requests may be at work at the same time.
        waiting: how many may wait for a place.
        large: how many of those at work or waiting may be large. A large request lets the waiting ones pass between
            its parts (`yield_to_waiting`), so that large requests never keep small ones out.
    """

    def __init__(self, *, places: int, waiting: int, large: int) -> None:
        self._lock = Lock()
        self._places = self._free = places
        self._waiting_most = waiting
        self._turns: deque[_Turn] = deque()
        self._handed_over = 0.0
        self._large = 0
        self._large_most = large

    @property
    def working(self) -> int:
        """Requests at work now."""
        return self._places - self._free

    @property
    def waiting(self) -> int:
        """Requests that wait now."""
        return len(self._turns)

    def enter(self, *, large: bool = False) -> None:
        """Wait for a place and take it; `leave` returns it.

        Raises:
            QueueFull: no more requests may wait.
        """
        with self._lock:
            if large and self._large >= self._large_most:
                raise QueueFull
            if self._free:
                self._free -= 1
                self._large += large
                return
            if len(self._turns) >= self._waiting_most:
                raise QueueFull
            self._large += large
            turn = self._queue()
        self._await(turn)

    def leave(self, *, large: bool = False) -> None:
        """Return the place."""
        with self._lock:
            self._large -= large
            if self._turns and time.monotonic() - self._handed_over >= _PAUSE_SECONDS:
                self._hand_over()
            else:
                self._free += 1

    def yield_to_waiting(self) -> None:
        """Return the place, and take one again after all requests that wait now."""
        with self._lock:
            if not self._turns:
                return
            turn = self._queue()
            self._hand_over()
        self._await(turn)

    def _queue(self) -> _Turn:
        turn = _Turn()
        self._turns.append(turn)
        return turn

    def _hand_over(self) -> None:
        self._handed_over = time.monotonic()
        first = self._turns[0]
        self._leave_queue()
        first.has_place = True
        first.calls.put(None)

    def _leave_queue(self) -> None:
        self._turns.popleft()
        if self._turns:
            # It is first now, so it polls.
            self._turns[0].calls.put(None)

    def _await(self, turn: _Turn) -> None:
        while True:
            with self._lock:
                if turn.has_place:
                    return
                is_first = self._turns[0] is turn
                if is_first and self._free:
                    self._free -= 1
                    self._leave_queue()
                    return
            with suppress(Empty):
                turn.calls.get(timeout=_PAUSE_SECONDS if is_first else None)
