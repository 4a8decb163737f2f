"""The demo's output: numbered steps, the output of commands indented below, a table of durations at the end."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table


class StepFailed(RuntimeError):
    """A step of the demo failed; its output was shown."""


@dataclass
class Story:
    """The steps and their durations. `run` shows a command as a person would type it, and streams its output."""

    steps: int
    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    times: list[tuple[str, float]] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step, and record the duration of the block."""
        self.console.print(f"\n[bold cyan]\\[{len(self.times) + 1}/{self.steps}] {escape(title)}[/]")
        begun = time.monotonic()
        yield
        self.times.append((title, time.monotonic() - begun))

    def report(self, line: str) -> None:
        """Print one line below the step's title."""
        self.console.print(f"    {escape(line)}")

    def run(self, *command: str, cwd: Path, environment: Mapping[str, str], shown: str | None = None) -> str:
        """Run a command and print its output line by line.

        Returns:
            Its output (standard output and error).

        Raises:
            StepFailed: the command's exit code was not zero.
        """
        self.console.print(f"    [dim]$ {escape(shown or ' '.join(command))}[/]")
        lines = []
        with subprocess.Popen(
            command, cwd=cwd, env=dict(environment), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if line.strip():
                    self.report(line.rstrip())
        if process.returncode != 0:
            raise StepFailed(f"`{shown or ' '.join(command)}` failed with exit code {process.returncode}")
        return "".join(lines)

    def table(self) -> None:
        """Print the duration of each step."""
        table = Table(title="Wall time", title_justify="left", show_footer=True)
        table.add_column("step", footer="total")
        table.add_column("seconds", justify="right", footer=f"{time.monotonic() - self.started:.0f}")
        for title, seconds in self.times:
            table.add_row(title, f"{seconds:.0f}")
        self.console.print()
        self.console.print(table)
