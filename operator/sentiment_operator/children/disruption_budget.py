"""The PodDisruptionBudget: node drains evict one serving pod at a time."""

from typing import Any

from sentiment_operator.api.names import selector_labels
from sentiment_operator.api.resource import SentimentModel
from sentiment_operator.children.metadata import metadata


def disruption_budget(model: SentimentModel) -> dict[str, Any] | None:
    """The budget; None for a single pod, where a budget would only block drains."""
    if model.spec.min_replicas <= 1:
        return None
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(model),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": selector_labels(model.name)},
            # A pod that is not ready serves no requests, so a drain need not wait for it.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
