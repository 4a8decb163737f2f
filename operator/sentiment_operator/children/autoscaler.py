"""The HorizontalPodAutoscaler of the serving pods."""

from typing import Any

from sentiment_operator.api.resource import SentimentModel
from sentiment_operator.children.metadata import metadata


def autoscaler(model: SentimentModel) -> dict[str, Any] | None:
    """The autoscaler; None if the spec sets a fixed number of pods."""
    scaling = model.spec.autoscaling
    if scaling is None:
        return None
    target = {"type": "Utilization", "averageUtilization": scaling.target_cpu_percent}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(model),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": model.name},
            "minReplicas": scaling.min_replicas,
            "maxReplicas": scaling.max_replicas,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }
