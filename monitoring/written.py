"""The files of deploy/ that are written from this package, by their paths in the repository."""

from collections.abc import Mapping
from pathlib import Path

from monitoring import grafana
from monitoring.dashboards import ALL
from monitoring.objectives import Objectives
from monitoring.pace import production
from monitoring.rules import groups, prometheus_rule, rule_file

RUNBOOKS = "docs/runbooks"
"""Where the pages lie in the repository. In a fork with a web address: `make monitoring RUNBOOKS=https://...`."""

NOTE = "# Written by `make monitoring` from the folder monitoring/: change it there.\n"
OBJECTIVES_NOTE = (
    f"{NOTE}# What is promised. An overlay that promises something else replaces this file (docs/monitoring.md).\n"
)


def files(*, runbooks: str = RUNBOOKS) -> Mapping[Path, str]:
    """Every file and its text."""
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
