"""The results: durations per alert, and the series that each panel's queries returned."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple


class Series(NamedTuple):
    """One series of a query: its labels, and (Unix time in seconds, value) in their order."""

    labels: Mapping[str, str]
    values: list[tuple[float, float]]


@dataclass(frozen=True)
class Finding:
    """One alert under the fault that was made for it."""

    alert: str
    severity: str
    fault: str
    fire_seconds: float | None
    """Seconds from the fault to the alert in Alertmanager; None: it did not fire."""
    clear_seconds: float | None
    """Seconds from the end of the fault until Alertmanager drops the alert; None: it did not clear."""


@dataclass(frozen=True)
class Drawn:
    """One query of a panel, with what it returned."""

    dashboard: str
    panel: str
    legend: str
    expr: str
    series: Sequence[Series]


@dataclass(frozen=True)
class Rehearsal:
    findings: Sequence[Finding]
    drawn: Sequence[Drawn]
    before: Sequence[str]
    """Alerts that fired before any fault was made."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def read(path: Path) -> Rehearsal:
    """What `Rehearsal.to_json` wrote."""
    found = json.loads(path.read_text())
    drawn = [
        Drawn(**{**one, "series": [Series(labels, [(at, value) for at, value in values])
                                   for labels, values in one["series"]]})
        for one in found["drawn"]
    ]  # fmt: skip
    return Rehearsal([Finding(**one) for one in found["findings"]], drawn, found["before"])
