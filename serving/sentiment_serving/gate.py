"""How many requests are at work at a time, how many wait for that, and in which order."""

from collections import deque
from threading import Lock


class Full(Exception):
    """More wait than may wait: answer 503."""


class Gate:
    """Lets requests in one after the other, in their order, and refuses those that would wait too long.

    Args:
        places: how many may be at work at the same time.
        waiting: how many may wait for a place.
        large: how many of those at work and waiting may be large. Others then always find room to wait, and a large one
            lets them pass between its parts (`give_way`), so that no load of large requests keeps small ones out.
    """

    def __init__(self, *, places: int, waiting: int, large: int) -> None:
        self._lock = Lock()
        self._free = places
        self._places = places
        self._turns: deque[Lock] = deque()
        self._waiting_most = waiting
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
        """Take a place, once it is one's turn; `leave` gives it back.

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
        turn.acquire()

    def leave(self, *, large: bool = False) -> None:
        """Give one's place back."""
        with self._lock:
            self._large -= large
            if self._turns:
                self._turns.popleft().release()
            else:
                self._free += 1

    def give_way(self) -> None:
        """Let all who wait now go first, and come back."""
        with self._lock:
            if not self._turns:
                return
            turn = self._queue()
            self._turns.popleft().release()
        turn.acquire()

    def _queue(self) -> Lock:
        turn = Lock()
        turn.acquire()
        self._turns.append(turn)
        return turn
