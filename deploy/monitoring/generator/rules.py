"""Rule groups for both kinds of installation: a rule file of Prometheus, a resource of the Prometheus operator."""

from collections.abc import Sequence
from typing import Any

import yaml

from deploy.monitoring.generator.alerts import Alert, alerts
from deploy.monitoring.generator.pace import Pace
from deploy.monitoring.generator.ratios import recordings

Group = dict[str, Any]


def groups(pace: Pace, *, runbooks: str, interval: str = "") -> list[Group]:
    """Recording rules and alerts.

    Args:
        pace: Maps the durations that ship to those to use.
        runbooks: The folder or URL that holds the runbooks which alerts link to.
        interval: How often the rules are evaluated; empty: Prometheus' default.
    """
    every = {"interval": interval} if interval else {}
    # One group: its rules are evaluated in order, so alerts see the new recordings.
    rules = [*recordings(pace), *(_rule(alert, runbooks) for alert in alerts(pace))]
    return [{"name": "sentiment", **every, "rules": rules}]


def _rule(alert: Alert, runbooks: str) -> dict[str, Any]:
    named = {"model": "{{ $labels.name }}"} if alert.about == "name" else {}
    return {
        "alert": alert.name,
        "expr": alert.expr,
        **({"for": alert.lasting} if alert.lasting else {}),
        "labels": {"severity": alert.severity, **named},
        "annotations": {"summary": alert.summary, "runbook_url": f"{runbooks}/{alert.name}.md"},
    }


def rule_file(rule_groups: Sequence[Group]) -> str:
    """A rule file of Prometheus."""
    return dump({"groups": list(rule_groups)})


def prometheus_rule(name: str, rule_groups: Sequence[Group]) -> str:
    """A PrometheusRule."""
    return dump(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": name},
            "spec": {"groups": list(rule_groups)},
        }
    )


class _Dumper(yaml.SafeDumper):
    """Keeps the line breaks of expressions, and writes no anchors."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _string)


def dump(document: object) -> str:
    """Readable YAML."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)
