"""A control group with a memory limit, as the container of a pod has one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.serving.wrk import CannotMeasure
from testbed.waiting import eventually


@dataclass(frozen=True)
class MemoryGroup:
    """A group and the names of its files, which differ between versions 1 and 2 of control groups."""

    path: Path
    peak: str
    events: str

    @property
    def command(self) -> tuple[str, ...]:
        """Put before a command, starts it in the group."""
        return ("sh", "-c", f'echo $$ >{self.path}/cgroup.procs && exec "$@"', "sh")

    @property
    def peak_bytes(self) -> int:
        """The most that was in use, including the page cache."""
        return int((self.path / self.peak).read_text())

    @property
    def kills(self) -> int:
        """Processes that the kernel killed at the limit."""
        events = dict(line.split() for line in (self.path / self.events).read_text().splitlines())
        return int(events["oom_kill"])


@contextmanager
def memory_group(limit_bytes: int) -> Iterator[MemoryGroup]:
    """A new group, removed at the end.

    Raises:
        CannotMeasure: not on Linux, not root, or in a container that may not make groups.
    """
    try:
        group = _create(f"sentiment-bench-{os.getpid()}", limit_bytes)
    except (OSError, StopIteration) as error:
        raise CannotMeasure(f"a control group with a memory limit needs Linux and root ({error!r})") from error
    try:
        yield group
    finally:
        eventually(lambda: not (group.path / "cgroup.procs").read_text(), "the group's last process to end")
        group.path.rmdir()


def _create(name: str, limit_bytes: int) -> MemoryGroup:
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    v1 = [Path(where) for _, where, kind, options, *_ in mounts if kind == "cgroup" and "memory" in options.split(",")]
    if v1:
        group = MemoryGroup(v1[0] / name, "memory.max_usage_in_bytes", "memory.oom_control")
        group.path.mkdir()
        limit = "memory.limit_in_bytes"
    else:
        root = next(Path(where) for _, where, kind, *_ in mounts if kind == "cgroup2")
        (root / "cgroup.subtree_control").write_text("+memory")
        group = MemoryGroup(root / name, "memory.peak", "memory.events")
        group.path.mkdir()
        limit = "memory.max"
    (group.path / limit).write_text(str(limit_bytes))
    return group
