"""How far along: a bar where someone watches, a plain line now and then where a log is written."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_PLAIN_INTERVAL_SECONDS = 5.0

Advance = Callable[[int], None]


def say(message: str) -> None:
    """One plain line for the person or the log; standard output is kept for results."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def progress(title: str, total: int | None, *, in_bytes: bool = False) -> Iterator[Advance]:
    """Show the progress of one piece of work; call the yielded function with what was done since the last call."""
    console = Console(stderr=True)
    if console.is_terminal:
        count = DownloadColumn() if in_bytes else MofNCompleteColumn()
        with Progress(
            TextColumn("{task.description}"), BarColumn(), count, TimeElapsedColumn(), console=console
        ) as bar:
            task = bar.add_task(title, total=total)
            yield lambda amount: bar.advance(task, amount)
        return
    yield from _plain(title, total, in_bytes=in_bytes)


def _plain(title: str, total: int | None, *, in_bytes: bool) -> Iterator[Advance]:
    done = 0
    said = begun = time.monotonic()

    def advance(amount: int) -> None:
        nonlocal done, said
        done += amount
        if time.monotonic() - said >= _PLAIN_INTERVAL_SECONDS:
            said = time.monotonic()
            say(f"{title}: {_amount(done, in_bytes)}{'' if total is None else f' of {_amount(total, in_bytes)}'}")

    yield advance
    say(f"{title}: {_amount(done, in_bytes)} in {time.monotonic() - begun:.1f} s")


def _amount(value: int, in_bytes: bool) -> str:
    return f"{value / 1e6:.1f} MB" if in_bytes else f"{value:,}"
