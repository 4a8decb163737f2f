"""docs/bench-alerts.md: every alert with its times, every panel with its series."""

import os
from collections.abc import Iterator, Sequence
from itertools import groupby

from bench import here
from bench.alerts.recorded import Drawn, Finding, Rehearsal
from delivery.cluster import ROOT
from deploy.monitoring.generator.alerts import alerts
from deploy.monitoring.generator.dashboards import ALL
from deploy.monitoring.generator.pace import Pace, production, rehearsal

PAGE = ROOT / "docs" / "bench-alerts.md"

_HEAD = """\
# Alerts and dashboards, measured

Written by `make bench-alerts`, on the lab's real cluster, Prometheus and Alertmanager. Every fault really occurs. Every
alert really reaches Alertmanager, and is resolved there when the fault ends.
"""
_ALERTS = """
## Alerts

The rules are those that ship, with the same expressions but shorter durations (windows and `for`, so that an hour takes
30 s). The seconds therefore prove that an alert works, but not how soon it fires in production. There it takes `for`
plus the time that fills the window; the third column shows `for` in production and, in parentheses, here.

| alert | severity | `for` (here) | fault | fires after | gone after |
|---|---|---|---|---|---|
"""
_PANELS = """
## Panels

Each query of each dashboard over the same minutes, and the number of series that it returned. The pictures in
docs/dashboards are drawn from these results, without Grafana.

| dashboard | panel | queries | series |
|---|---|---|---|
"""


def page(found: Rehearsal, *, source: str) -> str:
    """The page's text. `source` names the installed code."""
    rows = "".join(_alert_rows(found.findings))
    panels = "".join(_panel_rows(found.drawn))
    before = ", ".join(found.before) or "none"
    foot = (
        f"\nAlerts before the first fault, under the same traffic: {before}. Measured {here.now()} of {source}, on "
        f"{os.cpu_count()} cores at a load average of {here.load_average()}.\n"
    )
    return _HEAD + _ALERTS + rows + foot + _PANELS + panels


def _alert_rows(findings: Sequence[Finding]) -> Iterator[str]:
    lasting, here = _lasting(production), _lasting(rehearsal)
    for one in findings:
        key = one.alert, one.severity
        yield (
            f"| [{one.alert}](runbooks/{one.alert}.md) | {one.severity} | {lasting[key]} ({here[key]}) | {one.fault} "
            f"| {_seconds(one.fire_seconds)} | {_seconds(one.clear_seconds)} |\n"
        )


def _lasting(pace: Pace) -> dict[tuple[str, str], str]:
    return {(one.name, one.severity): one.lasting or "0" for one in alerts(pace)}


def _seconds(value: float | None) -> str:
    return "**never**" if value is None else f"{value:.0f} s"


def _panel_rows(drawn: Sequence[Drawn]) -> Iterator[str]:
    well = {(board.name, panel.title) for board in ALL for panel in board.panels if panel.empty_when_well}
    for (board, panel), queries in groupby(drawn, key=lambda one: (one.dashboard, one.panel)):
        counts = [len(one.series) for one in queries]
        note = " (empty when all is well)" if (board, panel) in well else ""
        yield f"| {board} | {panel}{note} | {len(counts)} | {' + '.join(map(str, counts))} |\n"
