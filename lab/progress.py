"""Progress on standard error: an animated line on a terminal, plain lines in a log."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

_REMINDER_SECONDS = 30.0


class Step:
    """A step that is running."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.detail = ""
        self.started = time.monotonic()

    def note(self, detail: str) -> None:
        """Set the detail that the line shows, for example `1,204 of 2,816 packages`."""
        self.detail = detail

    def line(self) -> str:
        detail = f", {self.detail}" if self.detail else ""
        return f"{self.title} ({elapsed(time.monotonic() - self.started)}{detail})"


class Progress:
    """Prints steps and their durations to standard error: standard output is for results."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True)

    def report(self, text: str) -> None:
        """Print one line."""
        self.console.print(text, markup=False)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show a step while the block runs: an animated line on a terminal; otherwise a line every half minute.

        Prints the duration at the end.
        """
        step = Step(title)
        over = threading.Event()
        show = self._animate if self.console.is_terminal else self._remind
        if not self.console.is_terminal:
            self.report(f"{title} ...")
        display = threading.Thread(target=show, args=(step, over), daemon=True)
        display.start()
        outcome = "failed:"
        try:
            yield step
            outcome = "done:"
        finally:
            over.set()
            display.join()
            self.report(f"{outcome} {title} ({elapsed(time.monotonic() - step.started)})")

    def _animate(self, step: Step, over: threading.Event) -> None:
        with Status(step.line(), console=self.console) as status:
            while not over.wait(0.25):
                status.update(step.line())

    def _remind(self, step: Step, over: threading.Event) -> None:
        while not over.wait(_REMINDER_SECONDS):
            self.report(f"  still: {step.line()}")


def elapsed(seconds: float) -> str:
    """`3.2 s` or `2 min 33 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
