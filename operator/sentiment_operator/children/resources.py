"""Resources of the serving container: those of the spec, defaults for the others, and always a memory limit."""

from collections.abc import Mapping
from typing import Any

from sentiment_operator.observed.quantity import quantity

DEFAULT_REQUESTS = {"cpu": "100m", "memory": "128Mi"}
DEFAULT_MEMORY_LIMIT = "512Mi"


def serving_resources(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Requests and limits. A default never contradicts the spec: no request exceeds its limit."""
    requests = {name: str(value) for name, value in (asked.get("requests") or {}).items()}
    limits = {name: str(value) for name, value in (asked.get("limits") or {}).items()}
    if "memory" not in limits:
        limits["memory"] = max(requests.get("memory", "0"), DEFAULT_MEMORY_LIMIT, key=quantity)
    for name, default in DEFAULT_REQUESTS.items():
        if name not in requests:
            requests[name] = min(default, limits.get(name, default), key=quantity)
    # The API server derives these by default; owned by the operator, they are removed together with the limits.
    requests = {**limits, **requests}
    return {"requests": requests, "limits": limits}
