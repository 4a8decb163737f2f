"""Everything that a lab could leave behind on a machine, as comparable text."""

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
    """What exists now, by kind.

    Processes count if `state` is in their environment, command line or mounts. Anything that carries the name of
    another running lab is left out, and so are the shared folders of image builds: other labs and builds may start and
    end meanwhile.
    """
    others = _marks_of_other_labs(state)

    def ours(found: Iterable[str]) -> set[str]:
        return {line for line in found if not any(mark in line for mark in others)}

    return {
        "processes": set(_processes(state)),
        "mounts": ours(line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()),
        "links": ours(link["ifname"] for link in json.loads(_output("ip", "-json", "link"))),
        "routes": ours(f"{route['dst']} {route['dev']}" for route in json.loads(_output("ip", "-json", "route"))),
        "firewall": ours(line for table in ("filter", "nat", "mangle") for line in _rules(table)),
        "cgroups": ours(str(path) for path in _top_cgroups()),
        "namespaces": {str(path) for path in Path("/run/netns").glob("*")},
        "folders": ours(
            str(path) for folder in ("/var/lib", "/var/log", "/run", "/etc") for path in Path(folder).iterdir()
        ),
        "state": {str(state)} if state.exists() else set(),
    }


def left_behind(before: dict[str, set[str]], after: dict[str, set[str]]) -> dict[str, set[str]]:
    """What exists after and did not exist before."""
    return {kind: found for kind in before if (found := after[kind] - before[kind])}


def network_namespaces(of: Callable[[Path], bool]) -> set[str]:
    """The network namespaces of the processes that `of` selects, for example with `belongs_to`."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or may not be read
            if of(process):
                found.add(str((process / "ns/net").readlink()))
    return found


def belongs_to(state: Path) -> Callable[[Path], bool]:
    """Whether a process (its folder under /proc) has the lab's folder in its environment, command line or mounts.

    The test's own process has it nowhere. A pod's process may be unreadable; the control groups show that it has ended,
    because one with a process in it cannot be removed.
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
    """Names that identify others' things: links, groups and rules of running labs, and folders of image builds."""
    marks = {f"{Settings().cache}/images", "/run/sentimentmodel-images"}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it or its lab has ended meanwhile
            variables = (process / "environ").read_text(errors="replace").split("\0")
            for found in (line.removeprefix(f"{MARK}=") for line in variables if line.startswith(f"{MARK}=")):
                if Path(found) != state:
                    other = noted_settings(replace(Settings(), state=Path(found)))
                    marks |= {other.bridge, f"/{other.name}-node", f"sentiment-lab:{other.name}:"}
    return marks


def _rules(table: str) -> list[str]:
    return [f"{table} {line}" for line in _output("iptables", "-w", "-t", table, "-S").splitlines()]


def _top_cgroups() -> Iterator[Path]:
    for line in Path("/proc/mounts").read_text().splitlines():
        _, target, kind, *_ = line.split()
        if kind in {"cgroup", "cgroup2"}:
            yield from (path for path in Path(target).iterdir() if path.is_dir())


def _output(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
