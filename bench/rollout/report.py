"""The results: kept scenario by scenario, shown as one table."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import here
from bench.rollout.scenario import Result, Scenario
from delivery.cluster import ROOT

RECORDS = ROOT / "docs" / "bench-rollout.json"
PAGE = ROOT / "docs" / "bench-rollout.md"

_HEAD = """\
# Rollouts, measured

What callers of the Service and users of `kubectl` see, on the lab's real cluster: 2 nodes, 2 replicas, 100 requests a
second from a pod of the cluster (half on kept-alive, half on fresh connections). The version is asserted in each
answer. Written by `make bench-rollout`; `ONLY=good,flipped` measures only these rows and keeps the others.

Seconds count from the patch; "in N s" ends when CI's two waits have returned. The last column has the time of the
measurement, the commit (or, with uncommitted changes, the key of the installed checkout), and the machine's load
average. One machine runs everything: cluster, load, MLflow, S3. If its load average is far above its number of cores,
seconds include the wait for a core. The counts of requests, answers and pods do not depend on the load.
"""


@dataclass(frozen=True)
class Record:
    """One row and its origin."""

    measured: str
    met: bool
    when: str
    source: str
    """The installed code: a commit, or the key of another state of a checkout."""
    load_average: str


def record(scenario: Scenario, result: Result, *, source: str) -> None:
    """Keep a row, in place of the scenario's former one."""
    kept = _records()
    kept[scenario.name] = Record(
        measured=result.measured,
        met=result.met,
        when=here.now(),
        source=source,
        load_average=here.load_average(),
    )
    RECORDS.write_text(json.dumps({name: asdict(one) for name, one in kept.items()}, indent=2) + "\n")


def write_page(scenarios: Sequence[Scenario]) -> None:
    """Write docs/bench-rollout.md; a scenario without a row is shown as "not run"."""
    PAGE.write_text(page(scenarios, _records(), machine()))


def page(scenarios: Sequence[Scenario], records: dict[str, Record], machine: str) -> str:
    """The page with all rows."""
    rows = []
    for scenario in scenarios:
        one = records.get(scenario.name)
        cells = _cells(one) if one else ("not run", "", "")
        rows.append("| " + " | ".join((scenario.title, scenario.target, *cells)) + " |\n")
    head = "| scenario | target | measured | met | when (UTC), of, load average |\n|---|---|---|---|---|\n"
    return f"{_HEAD}\nMachine: {machine}.\n\n{head}{''.join(rows)}"


def _cells(one: Record) -> tuple[str, str, str]:
    return one.measured, "yes" if one.met else "**no**", f"{one.when}, {one.source}, {one.load_average}"


def machine() -> str:
    """Cores, memory and kernel of this machine."""
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    gibibytes = int(fields["MemTotal"].split()[0]) / 1024**2
    kernel = ".".join(platform.release().split(".")[:2])
    return f"{os.cpu_count()} cores ({here.processor()}), {gibibytes:.0f} GiB, Linux {kernel}"


def _records() -> dict[str, Record]:
    if not RECORDS.is_file():
        return {}
    return {name: Record(**one) for name, one in json.loads(RECORDS.read_text()).items()}
