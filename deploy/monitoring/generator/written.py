"""The files that this package writes, by their paths in the repository."""

from collections.abc import Mapping
from pathlib import Path

from deploy.monitoring.generator import grafana
from deploy.monitoring.generator.dashboards import ALL
from deploy.monitoring.generator.objectives import Objectives
from deploy.monitoring.generator.pace import production
from deploy.monitoring.generator.rules import groups, prometheus_rule, rule_file

RUNBOOKS = "docs/runbooks"
"""Their folder in the repository. A fork with a web address uses `make monitoring RUNBOOKS=https://...`."""

NOTE = "# Written by `make monitoring`: change deploy/monitoring/generator instead.\n"
OBJECTIVES_NOTE = (
    f"{NOTE}# The service level objectives. An overlay with other objectives replaces this file (docs/monitoring.md).\n"
)


def files(*, runbooks: str = RUNBOOKS) -> Mapping[Path, str]:
    """Each file with its text."""
    rules = groups(production, runbooks=runbooks)
    objectives = [Objectives().group()]
    plain, operator = Path("deploy/monitoring"), Path("deploy/monitoring-operator")
    return {
        plain / "rules/objectives.yaml": OBJECTIVES_NOTE + rule_file(objectives),
        plain / "rules/sentiment.yaml": NOTE + rule_file(rules),
        operator / "objectives.yaml": OBJECTIVES_NOTE + prometheus_rule("sentiment-objectives", objectives),
        operator / "rules.yaml": NOTE + prometheus_rule("sentiment", rules),
        **{plain / f"dashboards/{one.name}.json": grafana.to_json(one) for one in ALL},
    }
