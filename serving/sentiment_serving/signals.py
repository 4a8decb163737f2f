"""SIGTERM and SIGINT, received by a thread of their own."""

import os
import signal
import threading
from collections.abc import Callable

_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})


class Signals:
    """Ends the process at once on SIGTERM or SIGINT, until something better is to be done.

    No handler runs in the middle of other code, where any lock it needs may be held by the thread it interrupted; and
    the signal is noticed as process 1 of a container, where the default action is to ignore it, and while the main
    thread is inside a download. Make one at the start of the process: threads made before it may swallow a signal.
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
