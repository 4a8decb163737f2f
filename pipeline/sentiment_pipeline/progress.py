"""Progress on standard error: a bar on a terminal, otherwise a plain line every few seconds."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sentiment_pipeline.text import console_line

_PLAIN_INTERVAL_SECONDS = 5.0

Advance = Callable[[int], None]


def result_line(message: str) -> None:
    """Print a line of the result to standard output. It may quote text of others."""
    print(console_line(message), flush=True)


def log_line(message: str) -> None:
    """Print a line to standard error; standard output is kept for results. It may quote text of others."""
    print(console_line(message), file=sys.stderr, flush=True)


@contextmanager
def progress(title: str, total: int | None, *, in_bytes: bool = False) -> Iterator[Advance]:
    """Show the progress of a task.

    Args:
        title: what the task does.
        total: the amount of work, None if it is not known.
        in_bytes: whether amounts are bytes; otherwise they are items.

    Returns:
        A context manager that yields a function: call it with the amount of work done since its last call.
    """
    console = Console(stderr=True)
    if console.is_terminal:
        count = DownloadColumn() if in_bytes else MofNCompleteColumn()
        with Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), count, TimeElapsedColumn(), console=console
        ) as bar:
            task = bar.add_task(console_line(title), total=total)
            yield lambda amount: bar.advance(task, amount)
        return
    yield from _plain(title, total, in_bytes=in_bytes)


def _plain(title: str, total: int | None, *, in_bytes: bool) -> Iterator[Advance]:
    done = 0
    logged = begun = time.monotonic()

    def advance(amount: int) -> None:
        nonlocal done, logged
        done += amount
        if time.monotonic() - logged >= _PLAIN_INTERVAL_SECONDS:
            logged = time.monotonic()
            log_line(f"{title}: {_amount(done, in_bytes)}{'' if total is None else f' of {_amount(total, in_bytes)}'}")

    yield advance
    log_line(f"{title}: {_amount(done, in_bytes)} in {time.monotonic() - begun:.1f} s")


def _amount(value: int, in_bytes: bool) -> str:
    return f"{value / 1e6:.1f} MB" if in_bytes else f"{value:,}"
