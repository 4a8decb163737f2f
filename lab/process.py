"""Starting, recognising and ending the lab's own processes, and no others.

A process number alone does not identify a process, because numbers are reused. A recorded process is therefore
identified by its number, its start time and the boot of the machine. In addition, everything that a lab starts carries
the lab's state folder in its environment: this finds a process that was started but not yet recorded when `up` was
killed.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lab import atomic
from lab.wait import until

MARK = "SENTIMENT_LAB_STATE"
"""The environment variable that marks a lab's processes; its value is the state folder."""

_PROC = Path("/proc")


@dataclass(frozen=True)
class Identity:
    """One process, distinct from any later process with the same number."""

    pid: int
    started_ticks: int
    boot: str

    @staticmethod
    def of(pid: int) -> "Identity | None":
        """The process that has this number now; None if there is none, or only a zombie."""
        try:
            state, ticks = parse_stat((_PROC / str(pid) / "stat").read_text())
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if state in "ZX" else Identity(pid, ticks, boot_id())

    def alive(self) -> bool:
        return Identity.of(self.pid) == self

    def signal_group(self, number: signal.Signals) -> None:
        """Signal the group that the process leads (see `spawn`), if it is still the same process."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)


def parse_stat(text: str) -> tuple[str, int]:
    """State letter and start time (clock ticks since boot) from `/proc/PID/stat` (see proc_pid_stat(5)).

    The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
    """
    rest = text.rpartition(")")[2].split()
    return rest[0], int(rest[19])


def boot_id() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


def spawn(
    name: str, argv: Sequence[str], *, mark: Path, records: Path, log: Path, environment: Mapping[str, str]
) -> Identity:
    """Start a program that outlives this process, in its own session, and record it as `records/name`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    records.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=mark,
            env={**os.environ, **environment, MARK: str(mark)},
        )
    identity = Identity.of(child.pid)
    # A program that died at once has no identity any more: its record then matches no live process.
    identity = identity or Identity(child.pid, 0, boot_id())
    atomic.write(records / name, json.dumps(asdict(identity)))
    # The child belongs to the lab and is not waited for here. A set return code keeps Popen from warning about it.
    child.returncode = 0
    return identity


def recorded(records: Path, name: str) -> Identity | None:
    """The live process recorded under this name."""
    try:
        identity = Identity(**json.loads((records / name).read_text()))
    except FileNotFoundError:
        return None
    return identity if identity.alive() else None


def marked(mark: Path) -> Iterator[Identity]:
    """Every live process, other than this one, of the lab whose state folder is `mark`."""
    wanted = f"{MARK}={mark}".encode()
    for entry in _PROC.iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if wanted in environment.split(b"\0"):
            identity = Identity.of(int(entry.name))
            if identity:
                yield identity


def end(identity: Identity, *, grace_seconds: float = 5) -> None:
    """End a process group with SIGTERM, and with SIGKILL once the grace period is over."""
    identity.signal_group(signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while identity.alive() and time.monotonic() < deadline:
        time.sleep(0.05)
    kill_group(identity)


def kill_group(identity: Identity, *, seconds: float = 20) -> None:
    """Kill a process group and wait until its leader is gone."""
    identity.signal_group(signal.SIGKILL)
    until(f"the end of process {identity.pid}", lambda: not identity.alive(), seconds=seconds)


def kill_marked(mark: Path, *, seconds: float = 20) -> None:
    """Kill all processes that carry the mark, repeatedly until none is left (a process may fork meanwhile)."""

    def none_left() -> bool:
        doomed = list(marked(mark))
        for identity in doomed:
            if identity.alive():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(identity.pid, signal.SIGKILL)
        return not doomed

    until("the end of the lab's processes", none_left, seconds=seconds)
