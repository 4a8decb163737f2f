"""Receives SIGTERM and SIGINT on a dedicated thread."""

import os
import signal
import threading
from collections.abc import Callable

_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})


class Signals:
    """Ends the process at once on SIGTERM or SIGINT, unless `handle_with` has set another action.

    A signal handler would run in the middle of other code and could deadlock on a lock that the interrupted thread
    holds; a thread cannot. The thread also receives signals in process 1 of a container, where the default action is
    to ignore them, and while the main thread is inside a download. Create it at the start of the process: a thread
    created earlier does not block the signals and may consume them.
    """

    def __init__(self) -> None:
        self._action: Callable[[int], None] = _end
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        threading.Thread(target=self._receive, name="signals", daemon=True).start()

    def handle_with(self, action: Callable[[int], None]) -> None:
        """From now on call `action` with the signal's number, on the thread that receives signals."""
        self._action = action

    def _receive(self) -> None:
        while True:
            signum = signal.sigwait(_SIGNALS)
            self._action(signum)


def _end(signum: int) -> None:
    os._exit(128 + signum)
