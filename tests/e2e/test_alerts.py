"""Real faults until Alertmanager has their alerts, ended until it drops them; and the dashboards' queries meanwhile.

Covers: every shipped alert at each severity, with shortened durations and its own expression; none fires under ordinary
traffic before the faults; every panel returns data, except those that are empty when all is well. The tests stop MLflow
and the operator.
"""

from pathlib import Path

import pytest

from bench.alerts.page import page
from bench.alerts.pictures import draw
from bench.alerts.recorded import Rehearsal, read
from bench.alerts.rehearsal import rehearse
from bench.rollout.stage import Stage
from delivery.cluster import Cluster
from deploy.monitoring.generator.alerts import alerts
from deploy.monitoring.generator.dashboards import ALL
from deploy.monitoring.generator.pace import production
from deploy.monitoring.generator.panels import Dashboard
from testbed.audit import AuditLog
from testbed.prepare import Prepared
from testbed.versions import Registry

pytestmark = [pytest.mark.e2e, pytest.mark.disruptive]

SHIPPED = tuple((one.name, one.severity) for one in alerts(production))


@pytest.fixture(scope="module")
def found(cluster: Cluster, prepared: Prepared, registry: Registry, audit: AuditLog) -> Rehearsal:
    """The results of all faults, made in parallel once for the tests of this file."""
    return rehearse(Stage(cluster=cluster, prepared=prepared, registry=registry, audit=audit))


def test_ordinary_traffic_raises_no_alert(found: Rehearsal) -> None:
    assert list(found.before) == []


@pytest.mark.parametrize(("alert", "severity"), SHIPPED)
def test_an_alert_reaches_alertmanager_and_goes_with_its_fault(found: Rehearsal, alert: str, severity: str) -> None:
    (finding,) = (one for one in found.findings if (one.alert, one.severity) == (alert, severity))
    assert finding.fire_seconds is not None, f"{finding.fault}: nothing reached Alertmanager"
    assert finding.clear_seconds is not None, f"{finding.fault}: ended, and still in Alertmanager"


@pytest.mark.parametrize("dashboard", ALL, ids=lambda one: one.name)
def test_every_panel_returns_data_under_traffic(found: Rehearsal, dashboard: Dashboard) -> None:
    empty = {
        (panel.title, one.expr)
        for panel in dashboard.panels
        if not panel.empty_when_well
        for one in found.drawn
        if (one.dashboard, one.panel) == (dashboard.name, panel.title) and not one.series
    }
    assert empty == set()


def test_what_was_found_can_be_shown(found: Rehearsal, tmp_path: Path) -> None:
    kept = tmp_path / "found.json"
    kept.write_text(found.to_json())
    again = read(kept)
    assert again.findings == found.findings
    assert page(again, source="this checkout").count("\n| [Sentiment") == len(SHIPPED)
    draw(ALL[-1], again.drawn, tmp_path / "dashboard.png")
    assert (tmp_path / "dashboard.png").read_bytes().startswith(b"\x89PNG")
