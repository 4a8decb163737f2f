"""Each node's control group, on cgroup v1, hybrid and v2 hosts.

Version 1 has one tree per set of controllers, and the node gets a group in each; a new cpuset group is unusable
until cpus and mems are set. Version 2 has one tree: a group has only the controllers that its parent delegates
through `cgroup.subtree_control`, and a group that delegates controllers may not contain processes. The
node's group therefore stays empty, and the kubelet (with the cgroupfs driver) makes the pods' groups below it.
See the kernel's admin-guide/cgroup-v1/cpusets.rst and admin-guide/cgroup-v2.rst.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from lab.errors import RequirementError
from lab.wait import until

_DELEGATED = ("cpu", "cpuset", "hugetlb", "io", "memory", "pids")
"""The controllers that the kubelet needs in a version 2 group, if the kernel has them."""


@dataclass(frozen=True)
class Hierarchies:
    """Where this machine's control groups are mounted."""

    v1: tuple[Path, ...]
    v2: Path | None

    @property
    def version(self) -> int:
        """2 only if there are no version 1 trees: on a hybrid host version 1 has the controllers."""
        return 1 if self.v1 else 2

    def groups(self, name: str) -> list[Path]:
        """The group of this name in every tree."""
        return [root / name for root in (*self.v1, *([self.v2] if self.v2 else []))]


def parse_mounts(mounts: str) -> Hierarchies:
    """Find the trees in the text of /proc/mounts (see proc_pid_mounts(5)); the first mount of a tree counts."""
    v1: dict[str, Path] = {}
    v2: Path | None = None
    for line in mounts.splitlines():
        _, target, kind, options, *_ = line.split(" ")
        if kind == "cgroup":
            v1.setdefault(options, Path(target))
        elif kind == "cgroup2" and v2 is None:
            v2 = Path(target)
    return Hierarchies(tuple(v1.values()), v2)


def hierarchies() -> Hierarchies:
    return parse_mounts(Path("/proc/mounts").read_text())


def create(trees: Hierarchies, name: str) -> None:
    """Make the group in every tree, ready for the kubelet."""
    for group in trees.groups(name):
        group.mkdir(exist_ok=True)
        for file in ("cpuset.cpus", "cpuset.mems"):
            if group.parent in trees.v1 and (group / file).exists():
                (group / file).write_text((group.parent / file).read_text())
    if trees.version == 2 and trees.v2:
        for parent in (trees.v2, trees.v2 / name):
            delegate(parent)


def delegate(parent: Path) -> None:
    """Enable a version 2 group's own controllers for its children."""
    available = (parent / "cgroup.controllers").read_text().split()
    for controller in delegable(available):
        try:
            (parent / "cgroup.subtree_control").write_text(f"+{controller}")
        except OSError as err:
            raise RequirementError(
                f"the control group {parent} cannot delegate the {controller} controller ({err.strerror}): "
                "is this a container, or is a process with real-time priority running?"
            ) from err


def delegable(available: list[str]) -> list[str]:
    return [controller for controller in _DELEGATED if controller in available]


def remove(trees: Hierarchies, name: str, *, seconds: float = 30) -> None:
    """Remove the group and all groups below it, once the last process in them has ended."""
    for group in trees.groups(name):
        until(f"the end of what runs in {group}", lambda group=group: _removed(group), seconds=seconds)  # type: ignore[misc]


def _removed(group: Path) -> bool:
    if not group.exists():
        return True
    below = [path for path in group.rglob("*") if path.is_dir()]
    for path in [*sorted(below, key=lambda p: len(p.parts), reverse=True), group]:
        with contextlib.suppress(OSError):  # busy while a process is still ending, or gone already
            path.rmdir()
    return not group.exists()


def with_prefix(trees: Hierarchies, prefix: str) -> set[str]:
    """Names of the groups directly below a root that start with `prefix`."""
    roots = [*trees.v1, *([trees.v2] if trees.v2 else [])]
    return {path.name for root in roots for path in root.glob(f"{prefix}*") if path.is_dir()}
