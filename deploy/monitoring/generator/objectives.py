"""Service level objectives, as recording rules in a separate file (deploy/monitoring/rules/objectives.yaml).

To change an objective, replace that file: no alert expression has to be edited.
"""

from dataclasses import dataclass
from typing import Any

ERROR_BUDGET = "sentiment:objective_error_budget:ratio"
LATENCY_BUDGET = "sentiment:objective_latency_budget:ratio"
DRIFT_DISTANCE = "sentiment:objective_drift:distance"


@dataclass(frozen=True, kw_only=True)
class Objectives:
    """The defaults."""

    error_budget: float = 0.001
    """Share of requests that may fail (5xx): 99.9 % must be answered."""

    latency_seconds: str = "0.1"
    """A boundary of the histogram `sentiment_request_duration_seconds`, as Prometheus writes it in `le`."""

    latency_budget: float = 0.01
    """Share of requests that may take longer: 99 % must be faster."""

    drift_distance: float = 0.25
    """How far a live distribution may be from the one at training time: the largest difference between their
    cumulative shares (the Kolmogorov-Smirnov distance), 0 to 1."""

    def group(self) -> dict[str, Any]:
        """The rule group that records them."""
        return {
            "name": "sentiment-objectives",
            "rules": [
                {"record": ERROR_BUDGET, "expr": f"vector({self.error_budget:g})"},
                {
                    "record": LATENCY_BUDGET,
                    "expr": f"vector({self.latency_budget:g})",
                    "labels": {"le": self.latency_seconds},
                },
                {"record": DRIFT_DISTANCE, "expr": f"vector({self.drift_distance:g})"},
            ],
        }
