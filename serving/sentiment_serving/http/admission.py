"""How many requests are at work at a time, how many wait, and in which order."""

import time
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock

_PAUSE_SECONDS = 0.001
"""Between two places that are handed to one who waits. See `Gate`."""


class Full(Exception):
    """More wait than may wait: answer 503."""


class _Turn:
    """One who waits."""

    def __init__(self) -> None:
        self.calls: SimpleQueue[None] = SimpleQueue()
        self.has_place = False


class Gate:
    """Lets so many requests work at a time; those who wait are let in one after the other, in their order.

    A thread that is done with a request takes up the next one, and finds the place free that it has just left: a
    place is handed to one who waits only now and then. Handed over each time, it would be free while the other thread
    wakes up and gets the interpreter's lock, which takes longer than a short text. Who is first in the queue looks for
    a free place by himself, lest there be nobody to hand him one.

    Args:
        places: how many may be at work at the same time.
        waiting: how many may wait for a place.
        large: how many of those at work and waiting may be large. Others then find room to wait, and a large one lets
            them pass between its parts (`give_way`), so that no load of large requests keeps small ones out.
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
        """How many are at work now."""
        return self._places - self._free

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return len(self._turns)

    def enter(self, *, large: bool = False) -> None:
        """Take a place, once there is one; `leave` gives it back.

        Raises:
            Full: there is no room to wait.
        """
        with self._lock:
            if large and self._large >= self._large_most:
                raise Full
            if self._free:
                self._free -= 1
                self._large += large
                return
            if len(self._turns) >= self._waiting_most:
                raise Full
            self._large += large
            turn = self._queue()
        self._await(turn)

    def leave(self, *, large: bool = False) -> None:
        """Give one's place back."""
        with self._lock:
            self._large -= large
            if self._turns and time.monotonic() - self._handed_over >= _PAUSE_SECONDS:
                self._hand_over()
            else:
                self._free += 1

    def give_way(self) -> None:
        """Let all who wait now go first, and come back."""
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
            # It is first now, and looks by itself.
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
