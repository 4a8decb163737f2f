"""Resources of the serving container: what the spec says, defaults for the rest, a memory limit always."""

from collections.abc import Mapping
from typing import Any

from sentiment_operator.observed.quantity import quantity

DEFAULT_REQUESTS = {"cpu": "100m", "memory": "128Mi"}
DEFAULT_MEMORY_LIMIT = "512Mi"


def serving_resources(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Requests and limits; a default never contradicts what was asked (no request above a limit)."""
    requests = {name: str(value) for name, value in (asked.get("requests") or {}).items()}
    limits = {name: str(value) for name, value in (asked.get("limits") or {}).items()}
    if "memory" not in limits:
        limits["memory"] = max(requests.get("memory", "0"), DEFAULT_MEMORY_LIMIT, key=quantity)
    for name, default in DEFAULT_REQUESTS.items():
        if name not in requests:
            requests[name] = min(default, limits.get(name, default), key=quantity)
    # As the API server does by default, but owned by the operator: so they go when the limits go.
    requests = {**limits, **requests}
    return {"requests": requests, "limits": limits}
