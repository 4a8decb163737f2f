"""An event loop whose clock jumps to the next timer, and threads that work in that time: an hour takes milliseconds."""

import asyncio
import selectors
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class _Clock(selectors.DefaultSelector):
    """Waits for nothing: advances the time by the timeout instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "nothing is left to wait for"
        self.now += max(timeout, 0.0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = _Clock()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` on a loop of its own, in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


class Threads(Executor):
    """As many threads as given. Each call takes the seconds that `duration` returns; None: it never ends."""

    def __init__(self, count: int, duration: Callable[..., float | None]) -> None:
        self._free = count
        self._duration = duration
        self._queue: deque[Callable[[], None]] = deque()

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def start() -> None:
            if not future.set_running_or_notify_cancel():
                return
            self._free -= 1
            seconds = self._duration(*args)
            if seconds is not None:
                asyncio.get_running_loop().call_later(seconds, end)

        def end() -> None:
            self._free += 1
            try:
                future.set_result(function(*args, **kwargs))
            except Exception as error:
                future.set_exception(error)
            self._work()

        self._queue.append(start)
        self._work()
        return future

    def _work(self) -> None:
        while self._free > 0 and self._queue:
            self._queue.popleft()()
