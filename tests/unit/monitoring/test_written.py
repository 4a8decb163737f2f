"""deploy/ holds what deploy/monitoring/generator writes; every alert has its runbook and its promtool test."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.cluster import ROOT
from deploy.monitoring.generator.alerts import Alert, alerts
from deploy.monitoring.generator.dashboards import ALL
from deploy.monitoring.generator.objectives import Objectives
from deploy.monitoring.generator.pace import production, rehearsal
from deploy.monitoring.generator.panels import Dashboard, chosen
from deploy.monitoring.generator.rules import groups
from deploy.monitoring.generator.written import RUNBOOKS, files
from sentiment_serving.http.metrics import Metrics
from sentiment_serving.identity import ModelIdentity

SHIPPED = tuple(alerts(production))
PROOFS: dict[str, Any] = yaml.safe_load((ROOT / "tests/data/monitoring/alerts.yaml").read_text())


@pytest.mark.parametrize("path", files(), ids=str)
def test_the_written_files_are_up_to_date(path: Path) -> None:
    assert (ROOT / path).read_text() == files()[path], "run `make monitoring`"


def test_each_kustomization_names_all_that_was_written() -> None:
    named = {
        (folder / name).resolve()
        for folder in (ROOT / "deploy/monitoring/rules", ROOT / "deploy/monitoring/dashboards")
        for generator in yaml.safe_load((folder / "kustomization.yaml").read_text())["configMapGenerator"]
        for name in generator["files"]
    }
    operator = ROOT / "deploy/monitoring-operator"
    named |= {operator / name for name in yaml.safe_load((operator / "kustomization.yaml").read_text())["resources"]}
    assert {ROOT / path for path in files()} <= named


@pytest.mark.parametrize("alert", SHIPPED, ids=lambda alert: f"{alert.name} {alert.severity}")
def test_an_alert_has_a_page_and_is_proven_to_fire_and_not_to(alert: Alert) -> None:
    page = (ROOT / RUNBOOKS / f"{alert.name}.md").read_text()
    assert page.startswith(f"# {alert.name}\n")
    assert [line for line in page.splitlines() if line.startswith("## ")] == ["## Meaning", "## First look", "## Fix"]
    wanted = f'alertname="{alert.name}", severity="{alert.severity}"'
    proven = {
        any(wanted in sample["labels"] for sample in look["exp_samples"])
        for test in PROOFS["tests"]
        for look in test["promql_expr_test"]
    }
    assert proven == {True, False}


def test_no_page_is_about_an_alert_that_is_gone() -> None:
    pages = {path.stem for path in (ROOT / RUNBOOKS).glob("Sentiment*.md")}
    assert pages == {alert.name for alert in SHIPPED}


def test_an_alert_leads_to_its_page_wherever_the_pages_are() -> None:
    (group,) = groups(production, runbooks="https://example.org/runbooks")
    leads = {rule["alert"]: rule["annotations"]["runbook_url"] for rule in group["rules"] if "alert" in rule}
    assert leads["SentimentStalled"] == "https://example.org/runbooks/SentimentStalled.md"


def test_a_rehearsal_has_the_same_rules_with_shorter_durations() -> None:
    (shipped,), (short,) = (groups(pace, runbooks=RUNBOOKS) for pace in (production, rehearsal))
    assert [rule.get("alert") for rule in short["rules"]] == [rule.get("alert") for rule in shipped["rules"]]
    assert short != shipped


def test_the_objective_for_latency_is_a_boundary_of_the_histogram() -> None:
    live = Metrics(ModelIdentity(name="m", version="1", digest=""), ("a", "b"))
    live.answered(route="/predict", code=200, seconds=0.01, request_id="1")
    assert f'le="{Objectives().latency_seconds}"' in live.exposition()[0].decode()


@pytest.mark.parametrize("dashboard", ALL, ids=lambda dashboard: dashboard.name)
def test_a_dashboard_is_what_grafana_provisions(dashboard: Dashboard) -> None:
    found = json.loads((ROOT / f"deploy/monitoring/dashboards/{dashboard.name}.json").read_text())
    assert found["uid"] == f"sentiment-{dashboard.name}"
    shown = [panel for panel in found["panels"] if panel["type"] != "row"]
    assert [panel["title"] for panel in shown] == [panel.title for panel in dashboard.panels]
    assert {panel["datasource"]["uid"] for panel in shown} == {"${datasource}"}
    assert [target["expr"] for panel in shown for target in panel["targets"]] == [
        query.expr for panel in dashboard.panels for query in panel.queries
    ]
    places = [(p["gridPos"]["x"], p["gridPos"]["y"], p["gridPos"]["w"], p["gridPos"]["h"]) for p in found["panels"]]
    assert len(set(places)) == len(places)
    assert all(x + width <= 24 for x, _, width, _ in places)
    assert [mark["name"] for mark in found["annotations"]["list"]] == ["Rollouts"]
    assert {variable["name"] for variable in found["templating"]["list"]} == {"datasource", *dashboard.variables}


def test_the_variables_of_a_query_are_filled_in() -> None:
    filled = chosen('rate(x{namespace=~"$namespace", version=~"$version"}[$__rate_interval])', namespace="shop")
    assert filled == 'rate(x{namespace=~"shop", version=~".+"}[1m])'
