"""What a lab could leave behind on a machine, as text that can be compared."""

import contextlib
import json
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from lab.lab import noted_settings
from lab.process import MARK
from lab.settings import Settings


def snapshot(state: Path) -> dict[str, set[str]]:
    """What is there now, by kind.

    Of processes, those that have to do with `state`: in its environment, its command line or its files. What carries
    the name of another lab that runs is left out, and so is what image builds leave to each other:
    whether others on the machine start or end something meanwhile makes no difference.
    """
    others = _marks_of_other_labs(state)

    def ours(found: Iterable[str]) -> set[str]:
        return {line for line in found if not any(mark in line for mark in others)}

    return {
        "processes": set(_processes(state)),
        "mounts": ours(line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()),
        "links": ours(link["ifname"] for link in json.loads(_said("ip", "-json", "link"))),
        "routes": ours(f"{route['dst']} {route['dev']}" for route in json.loads(_said("ip", "-json", "route"))),
        "firewall": ours(line for table in ("filter", "nat", "mangle") for line in _rules(table)),
        "cgroups": ours(str(path) for path in _top_cgroups()),
        "namespaces": {str(path) for path in Path("/run/netns").glob("*")},
        "folders": ours(
            str(path) for folder in ("/var/lib", "/var/log", "/run", "/etc") for path in Path(folder).iterdir()
        ),
        "state": {str(state)} if state.exists() else set(),
    }


def left_behind(before: dict[str, set[str]], after: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is there after and was not before."""
    return {kind: found for kind in before if (found := after[kind] - before[kind])}


def network_namespaces(of: Callable[[Path], bool]) -> set[str]:
    """The network namespaces of processes, such as of those that `belongs_to` a lab."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or is not to be looked at
            if of(process):
                found.add(str((process / "ns/net").readlink()))
    return found


def belongs_to(state: Path) -> Callable[[Path], bool]:
    """Whether a process (its folder under /proc) has the lab's folder in its environment, command line or mounts.

    Who runs the test has it nowhere. A pod's process may be closed to us; that those have ended is seen by the
    control groups: one with a process in it cannot be removed.
    """
    text = str(state).encode()

    def belongs(process: Path) -> bool:
        try:
            return any(text in (process / file).read_bytes() for file in ("environ", "cmdline", "mounts"))
        except OSError:
            return False

    return belongs


def _processes(state: Path) -> Iterator[str]:
    belongs = belongs_to(state)
    for process in Path("/proc").glob("[0-9]*"):
        if belongs(process):
            yield process.name


def _marks_of_other_labs(state: Path) -> set[str]:
    """By what one sees whose it is: names of links, groups and rules of labs that run; folders of image builds."""
    marks = {f"{Settings().cache}/images", "/run/sentimentmodel-images"}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile, or its lab has
            variables = (process / "environ").read_text(errors="replace").split("\0")
            for found in (line.removeprefix(f"{MARK}=") for line in variables if line.startswith(f"{MARK}=")):
                if Path(found) != state:
                    other = noted_settings(replace(Settings(), state=Path(found)))
                    marks |= {other.bridge, f"/{other.name}-node", f"sentiment-lab:{other.name}:"}
    return marks


def _rules(table: str) -> list[str]:
    return [f"{table} {line}" for line in _said("iptables", "-w", "-t", table, "-S").splitlines()]


def _top_cgroups() -> Iterator[Path]:
    for line in Path("/proc/mounts").read_text().splitlines():
        _, target, kind, *_ = line.split()
        if kind in {"cgroup", "cgroup2"}:
            yield from (path for path in Path(target).iterdir() if path.is_dir())


def _said(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
