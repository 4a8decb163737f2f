"""The service level that is promised: the numbers that an operator of this service sets.

They are rules themselves, in a file of their own (deploy/monitoring/rules/objectives.yaml): whoever promises something
else replaces that one file, and no expression has to be touched.
"""

from dataclasses import dataclass
from typing import Any

ERROR_BUDGET = "sentiment:objective_error_budget:ratio"
LATENCY_BUDGET = "sentiment:objective_latency_budget:ratio"
DRIFT_DISTANCE = "sentiment:objective_drift:distance"


@dataclass(frozen=True, kw_only=True)
class Objectives:
    """What ships."""

    error_budget: float = 0.001
    """Share of requests that may fail (5xx): 99.9 % are answered."""

    latency_seconds: str = "0.1"
    """A boundary of the histogram `sentiment_request_duration_seconds`, as Prometheus writes it in `le`."""

    latency_budget: float = 0.01
    """Share of requests that may take longer: 99 % are faster."""

    drift_distance: float = 0.25
    """How far a live distribution may be from the one at training time: the largest difference between their
    cumulative shares (Kolmogorov and Smirnov's distance), 0 to 1."""

    def group(self) -> dict[str, Any]:
        """The rule group that says them."""
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
